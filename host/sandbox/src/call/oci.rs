//! Interface `oci`: the repository that is bound to the object. The host moves and verifies the bytes.

use sluice_model::port::OciEndpoint;
use std::sync::Arc;
use wasmtime::component::Resource;

use super::files::TreeHandle;
use super::{bound, endpoint_error};
use crate::bindings::imports::sluice::plugin::oci::{Host, ImageManifest, Layer};
use crate::bindings::imports::sluice::plugin::types::Error;
use crate::store::CallState;

const RESOLVE: &str = "sluice:plugin/oci.resolve";
const TAGS: &str = "sluice:plugin/oci.tags";
const MANIFEST: &str = "sluice:plugin/oci.manifest";
const BLOB: &str = "sluice:plugin/oci.blob";
const UNPACK: &str = "sluice:plugin/oci.unpack";

impl CallState {
    fn oci(&self, binding: &str) -> Result<Arc<dyn OciEndpoint>, Error> {
        bound(&self.bindings.oci, binding).cloned()
    }
}

impl Host for CallState {
    async fn resolve(
        &mut self,
        binding: String,
        reference: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        let endpoint = match self.oci(&binding) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(RESOLVE);
        let digest = endpoint.resolve(reference).await;
        self.import = None;
        Ok(digest.map_err(endpoint_error))
    }

    async fn tags(&mut self, binding: String) -> wasmtime::Result<Result<Vec<String>, Error>> {
        let endpoint = match self.oci(&binding) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(TAGS);
        let tags = endpoint.tags().await;
        self.import = None;
        Ok(tags.map_err(endpoint_error))
    }

    async fn manifest(
        &mut self,
        binding: String,
        digest: String,
    ) -> wasmtime::Result<Result<ImageManifest, Error>> {
        let endpoint = match self.oci(&binding) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(MANIFEST);
        let manifest = endpoint.manifest(digest).await;
        self.import = None;
        Ok(manifest.map(contract).map_err(endpoint_error))
    }

    async fn blob(&mut self, binding: String, digest: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let endpoint = match self.oci(&binding) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(BLOB);
        let blob = endpoint.blob(digest).await;
        self.import = None;
        let limit = self.limits.output;
        match blob {
            Ok(blob) if blob.len() as u64 > limit => Ok(Err(Error::Failed(format!(
                "the blob has {} bytes, more than {limit}",
                blob.len()
            )))),
            blob => Ok(blob.map(Into::into).map_err(endpoint_error)),
        }
    }

    async fn unpack(
        &mut self,
        binding: String,
        digest: String,
    ) -> wasmtime::Result<Result<Resource<TreeHandle>, Error>> {
        let endpoint = match self.oci(&binding) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(UNPACK);
        let tree = endpoint.unpack(digest).await;
        self.import = None;
        match tree {
            Ok(tree) => Ok(Ok(self.keep_tree(TreeHandle::Snapshot(tree))?)),
            Err(error) => Ok(Err(endpoint_error(error))),
        }
    }
}

fn contract(manifest: sluice_model::port::OciManifest) -> ImageManifest {
    let layers = manifest.layers.into_iter();
    ImageManifest {
        media_type: manifest.media_type,
        config_media_type: manifest.config_media_type,
        annotations: manifest.annotations,
        layers: layers
            .map(|layer| Layer {
                media_type: layer.media_type,
                digest: layer.digest,
                size: layer.size,
            })
            .collect(),
    }
}
