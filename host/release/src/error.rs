//! Why a release could not be read or written.

use sluice_cluster::ClusterError;
use thiserror::Error;

/// A failure of Helm's storage.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The Secret's text is no release.
    #[error("failed to decode release Secret {secret:?}: {reason}")]
    Decode {
        /// Name of the Secret.
        secret: String,
        /// What is wrong, without the content.
        reason: String,
    },
    /// The release cannot be written as a Secret.
    #[error("failed to encode release {release:?}: {reason}")]
    Encode {
        /// `name.vN`.
        release: String,
        /// What is wrong.
        reason: String,
    },
    /// Another client made this revision meanwhile.
    #[error("release {release:?} was made by another client meanwhile")]
    Exists {
        /// `name.vN`.
        release: String,
    },
    /// The API server refused.
    #[error("failed to {operation} release {release:?}: {error}")]
    Api {
        /// `list`, `create`, `update` or `delete`.
        operation: &'static str,
        /// Name of the release, or `name.vN`.
        release: String,
        /// Its answer.
        error: Box<ClusterError>,
    },
}
