//! OCI registries: WebAssembly components in the layout of the CNCF, pulled by digest only.

mod checking_proxy;
mod component;
mod login;
mod reference;
mod registry;

pub use component::{Component, PulledComponent};
pub use reference::{ReferenceError, RegistryReference, Version};
pub use registry::{Registry, RegistryTarget};
