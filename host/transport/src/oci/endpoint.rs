//! A registry's repository as a port: what plugins resolve, read and pull through the host.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use serde::Deserialize;
use sluice_model::port::{EndpointError, OciEndpoint, OciLayer, OciManifest};
use sluice_model::{Digest, Tree};

use crate::oci::component::{Descriptor, MANIFEST_TYPE, MAX_MANIFEST};
use crate::oci::reference::Version;
use crate::oci::registry::Registry;

/// Most layers of one manifest (O5).
const MAX_LAYERS: usize = 1000;

/// A repository for one reconciliation. Only blobs that a manifest read through it lists are pulled, so that a plugin
/// cannot ask for others.
pub(crate) struct RegistryEndpoint {
    registry: Registry,
    max_blob: u64,
    only: Option<Digest>,
    listed: Mutex<HashMap<String, u64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: Option<String>,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

impl RegistryEndpoint {
    pub(crate) fn new(registry: Registry, max_blob: u64) -> Self {
        Self {
            registry,
            max_blob,
            only: None,
            listed: Mutex::default(),
        }
    }

    /// Gives this artifact and nothing else: what a tag led to when its signature was verified.
    pub(crate) fn only(self, artifact: Digest) -> Self {
        Self {
            only: Some(artifact),
            ..self
        }
    }

    fn refused(&self, reason: String) -> EndpointError {
        self.registry.named(EndpointError::Denied(reason))
    }
}

fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    if bytes.len() > MAX_MANIFEST {
        return Err("the manifest is larger than 4 MiB".into());
    }
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| format!("the manifest is malformed: {error}"))?;
    let known = manifest
        .media_type
        .as_deref()
        .is_none_or(|kind| kind == MANIFEST_TYPE);
    if manifest.schema_version != 2 || !known {
        return Err("the manifest is no OCI image manifest".into());
    }
    if manifest.layers.len() > MAX_LAYERS {
        return Err(format!("the manifest has more than {MAX_LAYERS} layers"));
    }
    Ok(manifest)
}

#[async_trait]
impl OciEndpoint for RegistryEndpoint {
    async fn resolve(&self, reference: String) -> Result<String, EndpointError> {
        if let Some(only) = self.only {
            return Ok(only.to_string());
        }
        let version = match reference.parse::<Digest>() {
            Ok(digest) => Version::Digest(digest),
            Err(_) => Version::Tag(reference),
        };
        Ok(self.registry.resolve(&version).await?.to_string())
    }

    async fn tags(&self) -> Result<Vec<String>, EndpointError> {
        self.registry.tags().await
    }

    async fn manifest(&self, digest: String) -> Result<OciManifest, EndpointError> {
        let digest: Digest = digest
            .parse()
            .map_err(|_| self.refused("the manifest's digest is no sha256 digest".into()))?;
        if self.only.is_some_and(|only| only != digest) {
            return Err(self.refused(format!("{digest} is not the artifact that was verified")));
        }
        let bytes = self.registry.manifest(&digest).await?;
        let manifest = parse(&bytes).map_err(|reason| self.refused(reason))?;
        let mut listed = self.listed.lock();
        for layer in &manifest.layers {
            listed.insert(layer.digest.clone(), layer.size);
        }
        let layer = |layer: Descriptor| OciLayer {
            media_type: layer.media_type,
            digest: layer.digest,
            size: layer.size,
        };
        Ok(OciManifest {
            media_type: MANIFEST_TYPE.into(),
            config_media_type: manifest.config.media_type,
            annotations: manifest.annotations.unwrap_or_default().into_iter().collect(),
            layers: manifest.layers.into_iter().map(layer).collect(),
        })
    }

    async fn blob(&self, digest: String) -> Result<Bytes, EndpointError> {
        let size = self.listed.lock().get(&digest).copied();
        let size = size.ok_or_else(|| self.refused("no manifest that was read lists this blob".into()))?;
        if size > self.max_blob {
            let max = self.max_blob;
            return Err(self.refused(format!("the layer has {size} bytes, at most {max} are allowed")));
        }
        let digest = digest
            .parse()
            .map_err(|_| self.refused("the layer has no sha256 digest".into()))?;
        self.registry.blob(&digest, size).await
    }

    async fn unpack(&self, _digest: String) -> Result<Tree, EndpointError> {
        Err(self.refused("layers are given as bytes only in this version of Sluice".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O5: what is no image manifest is refused before anything of it is pulled.
    #[test]
    fn o5_refuses_other_manifests() {
        let layer = r#"{"mediaType":"a","digest":"sha256:00","size":1}"#;
        let manifest = |head: &str, layers: usize| {
            let layers = vec![layer; layers].join(",");
            format!(r#"{{{head},"config":{layer},"layers":[{layers}]}}"#)
        };
        assert!(parse(manifest("\"schemaVersion\":2", 2).as_bytes()).is_ok());
        for text in [
            manifest("\"schemaVersion\":1", 1),
            manifest(
                "\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\"",
                1,
            ),
            manifest("\"schemaVersion\":2", 1001),
            "{}".into(),
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(80)]);
        }
    }
}
