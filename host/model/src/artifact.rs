//! The artifact of a source, as it stands in `status.artifact` of Flux's source kinds.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Describes a stored artifact (Flux `meta.Artifact`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// `<kind>/<namespace>/<name>/<file>` below the storage root.
    pub path: String,
    /// Where it is served.
    pub url: String,
    /// For example `main@sha1:4f3c…`.
    pub revision: String,
    /// Of the file that is served.
    pub digest: Digest,
    /// RFC 3339, seconds.
    pub last_update_time: String,
    /// Bytes of the file that is served.
    pub size: u64,
    /// Copied from the source (OCI annotations).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metadata: IndexMap<String, String>,
}
