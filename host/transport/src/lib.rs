//! Git, OCI and HTTP transport under the one egress policy.
//!
//! [`Transport`] makes endpoints: each is one address of one object with that object's credentials, behind the ports of
//! `sluice_model::port`. Credentials stay here; a plugin sees the port only.

mod call;
mod client;
mod download;
pub mod egress;
pub mod git;
mod helm_repository;
pub mod http;
pub mod oci;
mod proxy;
mod redact;
mod sign;
mod tls;
mod transport;

pub use call::HostCall;
pub use egress::{EgressError, EgressPolicy};
pub use git::GitTarget;
pub use helm_repository::HelmRepositoryTarget;
pub use http::{HttpAuth, HttpTarget};
pub use transport::{Transport, TransportOptions};
