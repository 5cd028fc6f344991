//! The index of a HelmRepository.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use sluice_api::HelmRepositorySpec;
use sluice_model::TreeRead as _;
use sluice_sandbox::{Call, Limits, Plugin, SourceRevision};
use sluice_transport::Transport;

use super::repository::{bind_http, timeout};
use super::{HelmFetchError, HelmFetchOptions, INDEX};

/// One fetch of a repository's index.
pub struct IndexFetch {
    plugin: Arc<Plugin>,
    call: Call,
    config: String,
}

impl IndexFetch {
    /// Checks the spec and makes the endpoint; nothing is sent yet.
    ///
    /// # Errors
    /// A field of the spec or a Secret cannot be used.
    pub fn new(
        spec: &HelmRepositorySpec,
        plugin: Arc<Plugin>,
        transport: &Transport,
        options: HelmFetchOptions,
    ) -> Result<Self, HelmFetchError> {
        let bindings = bind_http(spec, transport, &options)?;
        let limits = Limits {
            wall: options.limits.wall.max(timeout(spec)?),
            ..options.limits
        };
        Ok(Self {
            plugin,
            config: json!({"from": "index", "maxIndex": options.sizes.index}).to_string(),
            call: Call::new(options.object, limits).with_bindings(bindings),
        })
    }

    /// The digest of the index as it is now; its bytes are kept for [`fetch`](Self::fetch).
    ///
    /// # Errors
    /// The repository cannot be asked.
    pub async fn resolve(&self) -> Result<SourceRevision, HelmFetchError> {
        let resolved = self.plugin.resolve(&self.call, &self.config, None, &[]).await;
        resolved.map_err(HelmFetchError::Index)
    }

    /// The index as it is stored: JSON, checked and sorted.
    ///
    /// # Errors
    /// It is none, or larger than allowed.
    pub async fn fetch(&self, revision: &SourceRevision) -> Result<Bytes, HelmFetchError> {
        let fetched = self.plugin.fetch(&self.call, &self.config, revision, &[]).await;
        let (tree, _) = fetched.map_err(HelmFetchError::Index)?;
        tree.read(INDEX)
            .map_err(|error| HelmFetchError::Output(error.to_string()))
    }
}
