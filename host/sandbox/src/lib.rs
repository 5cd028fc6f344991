//! Runs plugins: the wasmtime engine, limits, grants, the store of components and the host side of the WIT contract.
//!
//! [`Sandbox::load`] checks, compiles and describes a component; [`Plugin`] calls it. Every call has a store and an instance
//! of its own, so nothing of one call is left for the next: a crash, a loop or a bomb is an error of that call alone.
//! [`PluginStore`] keeps plugins by name.

#[allow(unsafe_code)]
mod bindings;
mod cache;
mod call;
mod compile;
mod compile_process;
mod component;
mod describe;
mod engine;
mod error;
mod grants;
mod inspect;
mod limits;
mod metrics;
mod permits;
mod plugin;
mod plugin_store;
mod sandbox;
mod schema;
mod session;
mod store;
mod text;
mod wasi;
mod world;

pub use call::log::{LogLevel, LogLine};
pub use call::{Call, CallObject, Entropy, Lookup};
pub use compile_process::REFUSED as COMPILE_REFUSED;
pub use describe::Description;
pub use engine::TICK;
pub use error::{CallError, Clock, Failure, GuestError, ImportRefusal, LoadError, LoadFailure, SandboxError};
pub use grants::{Grants, Interface, UnknownGrant};
pub use inspect::{Inspection, Sizes, inspect};
pub use limits::Limits;
pub use metrics::{BUCKETS, CallCount, CallKey, Metrics};
pub use permits::Budget;
pub use plugin::{Plugin, RenderOutcome};
pub use plugin_store::{PluginInfo, PluginSource, PluginStore};
pub use sandbox::{Embedded, Sandbox, SandboxConfig};
pub use session::CallStats;
pub use world::World;
pub use world::receiver::v0_1::{ReceiveRequest, Trigger};
pub use world::renderer::v0_1::{Extra, Form, RenderRequest, RenderedObject};
pub use world::source::v0_1::{SourceMetadata, SourceRevision};
