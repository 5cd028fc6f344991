//! Git over http(s) and ssh: references, single objects and whole trees, moved by libgit2 into a bare repository that
//! is kept for each object, so that the next commit moves only what changed.

mod compact;
mod credentials;
mod fetch;
mod handles;
mod known_hosts;
mod remote;
mod repository;
mod smart_http;
mod snapshot;
mod ssh;
mod url;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use sluice_model::SecretData;

pub(crate) use handles::Handles;
pub use known_hosts::{KeyVerdict, KnownHosts, KnownHostsError};
pub(crate) use remote::GitRemote;
pub(crate) use repository::{Repository, blob_source};

/// One Git repository of an object with its credentials.
#[derive(Clone)]
pub struct GitTarget {
    /// `http`, `https` or `ssh`.
    pub url: String,
    /// With Flux's keys: `username`, `password`, `bearerToken`, `ca.crt`, `tls.crt`, `tls.key` for http(s);
    /// `identity`, `known_hosts`, `password` for ssh.
    pub secret: Option<SecretData>,
    /// `address`, `username`, `password` of a proxy.
    pub proxy: Option<SecretData>,
    /// Of each operation.
    pub timeout: Duration,
    /// The bare repository that is kept for this object; made when missing.
    pub repository: PathBuf,
}
