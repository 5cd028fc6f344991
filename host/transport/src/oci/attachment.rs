//! What is attached to an artifact of a registry: the image under cosign's tag, and the artifacts that refer to it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use sluice_model::Digest;
use sluice_model::port::EndpointError;

use super::component::{Descriptor, MANIFEST_TYPE, MAX_MANIFEST};
use super::registry::Registry;

/// Most artifacts that refer to one, and most layers of each, that are looked at.
const MAX_ATTACHED: usize = 100;

/// A blob that is attached to an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its media type.
    pub media_type: String,
    /// Of its descriptor.
    pub annotations: BTreeMap<String, String>,
    /// Checked against its digest.
    pub bytes: Bytes,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(flatten)]
    descriptor: Descriptor,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    if bytes.len() > MAX_MANIFEST {
        return Err("the manifest is larger than 4 MiB".into());
    }
    serde_json::from_slice(bytes).map_err(|error| format!("the manifest is malformed: {error}"))
}

impl Registry {
    /// The blobs of at most `max_bytes` whose media type `wanted` takes: of the image under the tag
    /// `<algorithm>-<hex>.<suffix>` (where cosign keeps signatures), and of the artifacts that refer to this one (OCI
    /// distribution 1.1, and its tag schema). What is larger or malformed is left out, as it is whoever can write there
    /// who put it there.
    ///
    /// # Errors
    /// The registry cannot be asked.
    pub async fn attachments(
        &self,
        artifact: &Digest,
        suffix: &str,
        wanted: &(dyn Fn(&str) -> bool + Sync),
        max_bytes: u64,
    ) -> Result<Vec<Attachment>, EndpointError> {
        let tag = format!("{}.{suffix}", artifact.to_string().replace(':', "-"));
        let mut manifests = Vec::new();
        match self.manifest_under(&tag).await {
            Ok(manifest) => manifests.push(manifest),
            Err(EndpointError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        for digest in self.referrers(artifact).await? {
            manifests.push(self.manifest(&digest).await?);
        }
        let mut attached = Vec::new();
        for manifest in manifests {
            let Ok(manifest) = parse(&manifest) else {
                continue;
            };
            for layer in manifest.layers.into_iter().take(MAX_ATTACHED) {
                let Descriptor {
                    media_type,
                    digest,
                    size,
                } = layer.descriptor;
                if !wanted(&media_type) || size > max_bytes || digest.parse::<Digest>().is_err() {
                    continue;
                }
                attached.push(Attachment {
                    bytes: self.blob(&digest, size).await?,
                    annotations: layer.annotations,
                    media_type,
                });
            }
        }
        Ok(attached)
    }

    /// The image manifests that refer to an artifact. Registries differ in what they tell of their types, so all are given.
    async fn referrers(&self, artifact: &Digest) -> Result<Vec<Digest>, EndpointError> {
        let index = self.referrers_index(artifact).await?;
        let images = index.manifests.iter().filter(|it| it.media_type == MANIFEST_TYPE);
        let small = images.filter(|it| usize::try_from(it.size).is_ok_and(|size| size <= MAX_MANIFEST));
        let digests = small.filter_map(|it| it.digest.parse::<Digest>().ok());
        Ok(digests.take(MAX_ATTACHED).collect())
    }
}
