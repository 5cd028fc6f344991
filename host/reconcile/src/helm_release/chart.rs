//! The chart of a release before it is rendered: its metadata and the digest of the values, as the renderer reads them.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sluice_model::digest::DigestBuilder;
use sluice_model::port::Bindings;
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_model::{Artifact, Digest, TreeRead};
use sluice_release::config_digest;
use sluice_sandbox::{Call, CallObject, Entropy, Extra, Form, Limits, Plugin, RenderOutcome, RenderRequest};
use sluice_semver::Version;

use super::failure::Failure;
use super::values::Layers;
use crate::engine::Engine;
use crate::key::ObjectKey;

/// The plugin that renders charts.
pub(super) const RENDERER: &str = "render-helm";
/// Name of the packed chart in the renderer's tree.
const PACKED: &str = "chart.tgz";
/// Of a digest in a chart's version.
const SHORT_DIGEST: usize = 12;

/// What is known of a chart with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loaded {
    /// Of everything that it was made of.
    pub(super) key: Digest,
    /// The chart's name.
    pub(super) name: String,
    /// Its version; with the digest of its artifact where that is tracked.
    pub(super) version: String,
    /// Version of what it installs.
    pub(super) app_version: String,
    /// Of the values.
    pub(super) config_digest: String,
    /// Of the artifact, where it is tracked.
    pub(super) oci_digest: Option<String>,
}

/// A call of a renderer for one object.
pub(super) fn call(engine: &Engine, plugin: &str, key: &ObjectKey) -> Call {
    call_within(key, engine.limits_of(plugin, Limits::RENDER))
}

/// The same within limits that no engine sets.
pub(super) fn call_within(key: &ObjectKey, limits: Limits) -> Call {
    Call {
        object: CallObject {
            kind: "HelmRelease".into(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
        },
        limits,
        bindings: Bindings::default(),
    }
}

/// The tree that holds the packed chart, and its path in it.
pub(super) fn packed(bytes: Bytes) -> Result<(Arc<dyn TreeRead>, String), String> {
    let mut builder = TreeBuilder::default();
    builder
        .add(PACKED, Node::File(File::inline(bytes, false)))
        .map_err(|error| error.to_string())?;
    Ok((Arc::new(builder.build()), PACKED.to_owned()))
}

/// What a load depends on.
pub(super) fn key(artifact: &Artifact, layers: &Layers, tracked: bool, plugin: &Plugin) -> Digest {
    let mut builder = DigestBuilder::default();
    builder
        .piece(artifact.digest.as_bytes())
        .piece(artifact.revision.as_bytes())
        .piece(plugin.digest().as_bytes())
        .piece(&[u8::from(tracked)])
        .piece(json!(layers.layers).to_string().as_bytes());
    builder.finish()
}

/// Loads the packed chart and merges the values in the sandbox, with those of a release below them where one is given
/// ([`super::reuse::input`]).
pub(super) async fn load(
    plugin: &Plugin,
    call: &Call,
    bytes: Bytes,
    layers: &Layers,
    reuse: Option<&Value>,
) -> Result<(Map<String, Value>, Map<String, Value>), Failure> {
    let failed = |text: String| {
        let text = format!("Could not load chart: {}", layers.mask(&text));
        Failure::retry(sluice_model::condition::reasons::ARTIFACT_FAILED, text)
    };
    let (tree, root) = packed(bytes).map_err(failed)?;
    let mut config = json!({"release": {}, "values": layers.layers, "loadOnly": true});
    if let Some(reuse) = reuse {
        config["reuse"] = reuse.clone();
    }
    let request = RenderRequest {
        config: config.to_string(),
        root,
        inputs: vec![("source".into(), tree)],
        want: Form::Objects,
        entropy: Entropy::fresh(),
    };
    let outcome = plugin.render(call, request).await;
    let outcome = outcome.map_err(|error| {
        let said = error
            .guest()
            .map_or_else(|| error.to_string(), ToString::to_string);
        if is_of_values(&said) {
            return Failure::retry("ValuesError", layers.mask(&said));
        }
        failed(said)
    })?;
    let mut chart = extra_chart(outcome).ok_or_else(|| failed("the renderer gave no chart".into()))?;
    let mut take = |name: &str| match chart.remove(name) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    Ok((take("metadata"), take("config")))
}

/// The renderer's words for values that it cannot merge.
fn is_of_values(said: &str) -> bool {
    said.starts_with("failed parsing --set") || said.starts_with("failed to parse values")
}

fn extra_chart(outcome: RenderOutcome) -> Option<Map<String, Value>> {
    let text = outcome.extras.into_iter().find_map(|extra| match extra {
        Extra::Chart(text) => Some(text),
        _ => None,
    })?;
    match serde_json::from_str(&text).ok()? {
        Value::Object(chart) => Some(chart),
        _ => None,
    }
}

/// What the metadata and the values say, with the digest of the artifact in the version where it is tracked.
pub(super) fn loaded(
    key: Digest,
    (metadata, config): (&Map<String, Value>, &Map<String, Value>),
    artifact: &Artifact,
    tracked: Option<bool>,
) -> Result<Loaded, Failure> {
    let text = |field: &str| {
        metadata
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let version = text("version");
    let (version, oci_digest) = match tracked {
        None => (version, None),
        Some(in_version) => {
            let (carried, digest) = with_digest(&version, &artifact.revision)
                .map_err(|text| Failure::retry("ChartMutateError", text).quiet())?;
            (if in_version { carried } else { version }, Some(digest))
        }
    };
    Ok(Loaded {
        key,
        name: text("name"),
        version,
        app_version: text("appVersion"),
        config_digest: config_digest(config),
        oci_digest,
    })
}

/// The version with the digest of a revision as build metadata, and the digest. A revision `tag@digest` whose tag is a
/// version must name the chart's version.
fn with_digest(version: &str, revision: &str) -> Result<(String, String), String> {
    let parsed = Version::parse(version).map_err(|_| format!("invalid chart version {version}"))?;
    let digest = match revision.split_once('@') {
        Some((tag, digest)) => match Version::parse_tag(&tag.replace('_', "+")) {
            Ok(tagged) if tagged == parsed => digest,
            Ok(_) => {
                return Err(format!(
                    "artifact revision {tag} does not match chart version {version}"
                ));
            }
            Err(_) => revision,
        },
        None => revision,
    };
    let hex = digest.rsplit_once(':').map(|(_, hex)| hex);
    let hex = hex.filter(|hex| hex.len() >= SHORT_DIGEST && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let hex = hex.ok_or_else(|| format!("artifact revision {revision} names no digest"))?;
    let text = parsed.to_string();
    let base = text.split('+').next().unwrap_or_default();
    Ok((format!("{base}+{}", &hex[..SHORT_DIGEST]), digest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 7, item 14: a tag that is pushed again is another version.
    #[test]
    fn a_tracked_digest_is_part_of_the_version() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let with = |version: &str, revision: &str| with_digest(version, revision);
        let carried = ("1.2.3+abababababab".to_owned(), digest.clone());
        assert_eq!(with("1.2.3", &format!("1.2.3@{digest}")), Ok(carried.clone()));
        assert_eq!(
            with("1.2.3+old", &format!("latest@{digest}")).map(|it| it.0),
            Ok(carried.0.clone())
        );
        assert_eq!(with("1.2.3", &digest).map(|it| it.0), Ok(carried.0));
        let other = with("1.2.3", &format!("1.2.4@{digest}")).expect_err("another version");
        assert_eq!(
            other,
            "artifact revision 1.2.4 does not match chart version 1.2.3"
        );
        assert!(with("1.2.3", "main@nothing").is_err());
    }
}
