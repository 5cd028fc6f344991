//! The artifact of a component (CNCF TAG Runtime, Wasm OCI artifact layout): a config that lists what the component
//! exports and imports, and one layer with its bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_model::Digest;

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const LAYER_TYPE: &str = "application/wasm";
const ARCHITECTURE: &str = "wasm";
const OS: &str = "wasip2";
/// Largest manifest.
pub(crate) const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// A component to push.
#[derive(Debug, Clone)]
pub struct Component {
    /// The binary.
    pub bytes: Bytes,
    /// Names of what it exports, with versions.
    pub exports: Vec<String>,
    /// Names of what it imports, with versions.
    pub imports: Vec<String>,
    /// RFC 3339; now when not set.
    pub created: Option<String>,
    /// Of the manifest, for example `org.opencontainers.image.source`.
    pub annotations: BTreeMap<String, String>,
}

/// A component that was pulled and checked.
#[derive(Debug, Clone)]
pub struct PulledComponent {
    /// Of the manifest: what is pinned.
    pub digest: Digest,
    /// The binary.
    pub bytes: Bytes,
    /// Of the manifest.
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub media_type: String,
    pub digest: String,
    pub size: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    created: &'a str,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [String; 1],
    component: Exchange<'a>,
}

#[derive(Debug, Serialize)]
struct Exchange<'a> {
    exports: &'a [String],
    imports: &'a [String],
}

/// What a push uploads.
pub(crate) struct Upload {
    pub manifest: Vec<u8>,
    pub config: Vec<u8>,
    pub config_digest: String,
    pub layer_digest: String,
}

/// The config and manifest of a component.
///
/// # Errors
/// They cannot be written as JSON.
pub(crate) fn compose(component: &Component, now: &str) -> Result<Upload, serde_json::Error> {
    let layer_digest = Digest::of(&component.bytes).to_string();
    let config = serde_json::to_vec(&Config {
        created: component.created.as_deref().unwrap_or(now),
        architecture: ARCHITECTURE,
        os: OS,
        layer_digests: [layer_digest.clone()],
        component: Exchange {
            exports: &component.exports,
            imports: &component.imports,
        },
    })?;
    let config_digest = Digest::of(&config).to_string();
    let descriptor = |media_type: &str, digest: &str, size: usize| Descriptor {
        media_type: media_type.into(),
        digest: digest.into(),
        size: size as u64,
    };
    let manifest = serde_json::to_vec(&Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.into()),
        config: descriptor(CONFIG_TYPE, &config_digest, config.len()),
        layers: vec![descriptor(LAYER_TYPE, &layer_digest, component.bytes.len())],
        annotations: component.annotations.clone(),
    })?;
    Ok(Upload {
        manifest,
        config,
        config_digest,
        layer_digest,
    })
}

/// The layer and annotations of a manifest, when it is that of a component of at most `max_bytes`.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn inspect(
    manifest: &[u8],
    max_bytes: u64,
) -> Result<(Descriptor, BTreeMap<String, String>), String> {
    if manifest.len() > MAX_MANIFEST {
        return Err("the manifest is larger than 4 MiB".into());
    }
    let manifest: Manifest =
        serde_json::from_slice(manifest).map_err(|error| format!("the manifest is malformed: {error}"))?;
    let known = manifest
        .media_type
        .as_deref()
        .is_none_or(|kind| kind == MANIFEST_TYPE);
    if manifest.schema_version != 2 || !known {
        return Err("the manifest is no OCI image manifest".into());
    }
    if manifest.config.media_type != CONFIG_TYPE {
        return Err(format!(
            "no WebAssembly artifact: the config is {:?}",
            manifest.config.media_type
        ));
    }
    let [layer] = manifest.layers.as_slice() else {
        return Err(format!(
            "a component has one layer, this artifact has {}",
            manifest.layers.len()
        ));
    };
    if layer.media_type != LAYER_TYPE {
        return Err(format!(
            "no WebAssembly artifact: the layer is {:?}",
            layer.media_type
        ));
    }
    if layer.digest.parse::<Digest>().is_err() {
        return Err("the layer has no sha256 digest".into());
    }
    if layer.size > max_bytes {
        return Err(format!(
            "the component has {} bytes, at most {max_bytes} are allowed",
            layer.size
        ));
    }
    Ok((layer.clone(), manifest.annotations))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component() -> Component {
        Component {
            bytes: Bytes::from_static(b"\0asm"),
            exports: vec!["sluice:plugin/meta@0.1.0".into()],
            imports: vec!["sluice:plugin/log@0.1.0".into()],
            created: Some("2026-01-01T00:00:00Z".into()),
            annotations: BTreeMap::from([("a".into(), "b".into())]),
        }
    }

    #[test]
    fn composes_the_layout_of_the_cncf() {
        let upload = compose(&component(), "now").expect("composes");
        let config: serde_json::Value = serde_json::from_slice(&upload.config).expect("JSON");
        assert_eq!(config["architecture"], "wasm");
        assert_eq!(config["os"], "wasip2");
        assert_eq!(config["created"], "2026-01-01T00:00:00Z");
        assert_eq!(config["layerDigests"][0], Digest::of(b"\0asm").to_string());
        assert_eq!(config["component"]["exports"][0], "sluice:plugin/meta@0.1.0");
        let (layer, annotations) = inspect(&upload.manifest, 4).expect("a component");
        assert_eq!((layer.size, layer.digest), (4, upload.layer_digest));
        assert_eq!(annotations["a"], "b");
    }

    /// O5, P10: other artifacts, indexes and large ones are refused before a byte of them is read.
    #[test]
    fn o5_refuses_other_artifacts() {
        let upload = compose(&component(), "now").expect("composes");
        assert!(inspect(&upload.manifest, 3).is_err_and(|text| text.contains("4 bytes")));
        let text = String::from_utf8(upload.manifest).expect("text");
        for (from, to) in [
            (
                "application/vnd.wasm.config.v0+json",
                "application/vnd.oci.image.config.v1+json",
            ),
            (
                "\"application/wasm\"",
                "\"application/vnd.oci.image.layer.v1.tar+gzip\"",
            ),
            ("\"schemaVersion\":2", "\"schemaVersion\":1"),
            (MANIFEST_TYPE, "application/vnd.oci.image.index.v1+json"),
            (
                "\"layers\":[",
                "\"layers\":[{\"mediaType\":\"application/wasm\",\"digest\":\"x\",\"size\":1},",
            ),
            ("\"digest\":\"sha256:", "\"digest\":\"sha512:"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            assert!(inspect(changed.as_bytes(), 100).is_err(), "{to}");
        }
        assert!(inspect(b"{}", 100).is_err());
    }
}
