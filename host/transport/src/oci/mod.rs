//! OCI registries: WebAssembly components in the layout of the CNCF, and the artifacts of sources, pulled by digest only.

mod attachment;
mod checking_proxy;
mod component;
mod endpoint;
mod login;
mod read;
mod reference;
mod registry;

pub use attachment::{Attachment, Attachments, MAX_ATTACHED, Wanted};
pub use component::{Component, PulledComponent};
pub(crate) use endpoint::RegistryEndpoint;
pub use reference::{ReferenceError, RegistryReference, Version};
pub use registry::{Registry, RegistryTarget};
