//! A real control plane, git servers, a registry and a webhook receiver on loopback, for tests, benches and the demo.
//!
//! Nothing here is a fake: the programs are built from their Go modules by `tests/controlplane/build`. Every child
//! ends with its owner, also when the owner is killed (see [`process`]).

pub mod certificates;
pub mod checkout;
pub mod cluster;
pub mod control_plane;
pub mod files;
pub mod git_http;
pub mod git_ssh;
pub mod helm;
mod http_server;
pub mod metrics;
pub mod oci_layout;
pub mod pods;
pub mod process;
pub mod programs;
pub mod receiver;
pub mod registry;
pub mod repository;
pub mod runtime;
pub mod sluice;
pub mod sops;
pub mod vault;
pub mod wait;

pub use checkout::Checkout;
pub use cluster::Cluster;
pub use control_plane::ControlPlane;
pub use files::FileServer;
pub use git_http::GitHttpServer;
pub use git_ssh::GitSshServer;
pub use helm::{ChartServer, Helm};
pub use kube;
pub use metrics::Metrics;
pub use receiver::{Delivery, Receiver};
pub use registry::Registry;
pub use repository::{Change, Repository};
pub use sluice::{SluiceOptions, SluiceProcess, compile_plugins, crds};
pub use sops::AgeKey;
pub use vault::Vault;
pub use wait::{eventually, eventually_ok};
