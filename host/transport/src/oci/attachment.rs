//! What is attached to an artifact of a registry: the image under cosign's tag, and the artifacts that refer to it. All of it
//! was put there by whoever can write there, so it comes one by one and in bounded numbers.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use sluice_model::Digest;
use sluice_model::port::EndpointError;

use super::component::{Descriptor, MANIFEST_TYPE, MAX_MANIFEST};
use super::read::INDEX_TYPE;
use super::registry::Registry;

/// Most artifacts that refer to one, and most blobs of all of them, that are read: the newest, where the registry keeps their
/// order.
pub const MAX_ATTACHED: usize = 100;
/// What registries say of an artifact whose type they do not know.
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

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

/// Which attachments are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Ending of the tag `<algorithm>-<hex>.<suffix>` of an image with attachments (where cosign keeps signatures).
    pub suffix: &'a str,
    /// Takes the media types of blobs, and the types of artifacts that are looked at first.
    pub kind: &'a (dyn Fn(&str) -> bool + Sync),
    /// Largest blob in bytes.
    pub max_bytes: u64,
}

/// The attachments of an artifact, one after the other.
pub struct Attachments<'a> {
    registry: &'a Registry,
    artifact: Digest,
    wanted: Wanted<'a>,
    stage: Stage,
    images: Vec<Digest>,
    layers: Vec<Blob>,
    left: usize,
    has_more: bool,
}

/// What comes when nothing waits any more.
enum Stage {
    Tag,
    Referrers,
    End,
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

/// A blob that is to be read.
struct Blob {
    media_type: String,
    digest: Digest,
    size: u64,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Referrer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referrer {
    #[serde(flatten)]
    descriptor: Descriptor,
    artifact_type: Option<String>,
}

impl Registry {
    /// What is attached to an artifact: under cosign's tag, then by reference (OCI distribution 1.1, or its tag schema).
    pub fn attachments<'a>(&'a self, artifact: Digest, wanted: Wanted<'a>) -> Attachments<'a> {
        Attachments {
            registry: self,
            artifact,
            wanted,
            stage: Stage::Tag,
            images: Vec::new(),
            layers: Vec::new(),
            left: MAX_ATTACHED,
            has_more: false,
        }
    }

    /// The index of what refers to an artifact; none where the registry has none.
    async fn referrers(&self, artifact: &Digest) -> Result<Option<Bytes>, EndpointError> {
        let by_reference = format!("referrers/{artifact}");
        let by_tag = self.manifest_path(&tag_of(artifact))?;
        let read = async {
            // registries without the endpoint say so in many ways
            let answer = self.get(&by_reference, INDEX_TYPE).await?;
            if answer.status == 200 && answer.media_type == INDEX_TYPE {
                return Ok(Some(answer.body));
            }
            if !matches!(answer.status, 200 | 400 | 404 | 405 | 406 | 501) {
                return answer.accepted().map(|_| None);
            }
            self.find(&by_tag, INDEX_TYPE).await
        };
        self.timed(read).await.map_err(|error| self.named(error))
    }

    /// The image under cosign's tag; none where there is none.
    async fn tagged(&self, artifact: &Digest, suffix: &str) -> Result<Option<Bytes>, EndpointError> {
        let path = self.manifest_path(&format!("{}.{suffix}", tag_of(artifact)))?;
        let read = self.find(&path, MANIFEST_TYPE);
        self.timed(read).await.map_err(|error| self.named(error))
    }
}

/// The tag that stands for a digest.
fn tag_of(artifact: &Digest) -> String {
    artifact.to_string().replace(':', "-")
}

impl Attachments<'_> {
    /// The next attachment; an error is that of one of them, and others may follow. What is malformed, too large, or gone
    /// is left out; bytes that are not what their digest says are an error.
    pub async fn next(&mut self) -> Option<Result<Attachment, EndpointError>> {
        loop {
            if let Some(layer) = self.layers.pop() {
                if self.left == 0 {
                    self.has_more = true;
                    return None;
                }
                self.left -= 1;
                match self.read(layer).await {
                    Err(EndpointError::NotFound(_)) => continue,
                    other => return Some(other),
                }
            }
            if let Some(image) = self.images.pop() {
                match self.registry.manifest(&image).await {
                    Ok(manifest) => self.open(&manifest),
                    Err(EndpointError::NotFound(_)) => {}
                    Err(error) => return Some(Err(error)),
                }
                continue;
            }
            if let Err(error) = self.go_on().await? {
                return Some(Err(error));
            }
        }
    }

    /// Whether there were more than [`MAX_ATTACHED`].
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Goes to the next place; none after the last one.
    async fn go_on(&mut self) -> Option<Result<(), EndpointError>> {
        match self.stage {
            Stage::Tag => {
                self.stage = Stage::Referrers;
                let tagged = self.registry.tagged(&self.artifact, self.wanted.suffix).await;
                Some(tagged.map(|manifest| manifest.iter().for_each(|it| self.open(it))))
            }
            Stage::Referrers => {
                self.stage = Stage::End;
                let index = self.registry.referrers(&self.artifact).await;
                Some(index.map(|index| index.iter().for_each(|it| self.list(it))))
            }
            Stage::End => None,
        }
    }

    /// Takes up the blobs of an image.
    fn open(&mut self, manifest: &[u8]) {
        let Ok(manifest) = serde_json::from_slice::<Manifest>(manifest) else {
            return;
        };
        let Wanted { kind, max_bytes, .. } = self.wanted;
        let wanted = manifest.layers.into_iter().filter_map(|layer| {
            let Descriptor {
                media_type,
                digest,
                size,
            } = layer.descriptor;
            let blob = Blob {
                // no text of others becomes a part of an address
                digest: digest.parse().ok()?,
                size,
                media_type,
                annotations: layer.annotations,
            };
            (kind(&blob.media_type) && size <= max_bytes).then_some(blob)
        });
        self.layers.extend(wanted);
    }

    /// Takes up the images of an index. Registries differ in what they say of types, and so do those who sign: a type that is
    /// known not to be wanted comes last.
    fn list(&mut self, index: &[u8]) {
        let Ok(index) = serde_json::from_slice::<Index>(index) else {
            return;
        };
        let small = |it: &Referrer| it.descriptor.size <= MAX_MANIFEST as u64;
        let images = index.manifests.into_iter().filter(small);
        let images = images.filter(|it| it.descriptor.media_type == MANIFEST_TYPE);
        let may_hold = |it: &Referrer| {
            let kind = it.artifact_type.as_deref().unwrap_or_default();
            kind.is_empty() || kind == EMPTY_TYPE || (self.wanted.kind)(kind)
        };
        let (likely, others): (Vec<Referrer>, Vec<Referrer>) = images.partition(may_hold);
        let all = others.iter().chain(&likely);
        let digests: Vec<Digest> = all.filter_map(|it| it.descriptor.digest.parse().ok()).collect();
        self.has_more |= digests.len() > MAX_ATTACHED;
        let first = digests.len().saturating_sub(MAX_ATTACHED);
        self.images.extend(&digests[first..]);
    }

    async fn read(&self, blob: Blob) -> Result<Attachment, EndpointError> {
        Ok(Attachment {
            bytes: self.registry.blob(&blob.digest, blob.size).await?,
            annotations: blob.annotations,
            media_type: blob.media_type,
        })
    }
}
