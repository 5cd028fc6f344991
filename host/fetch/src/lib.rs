//! Source kinds: what a source plugin resolved becomes a tree.
//!
//! The plugin decides which revision is current and which files belong to it; the host moves the bytes through the
//! binding `target`, which this stage makes of the object's spec and Secrets.

mod error;
pub mod git;
pub mod helm;
mod remote_base;

pub use error::FetchError;
pub use git::{GitFetch, GitFetchOptions};
pub use remote_base::{RemoteBases, single};

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// As it stands in `status.artifact.revision`.
    pub revision: String,
    /// The files of the artifact.
    pub tree: sluice_model::Tree,
    /// One line for the event.
    pub summary: String,
    /// For `status.artifact.metadata`.
    pub annotations: Vec<(String, String)>,
}
