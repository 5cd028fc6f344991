//! The values of a HelmRelease as layers for the renderer, which merges them: those of the references in order, then the
//! inline ones. Nothing of them is parsed here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_api::HelmReleaseSpec;
use sluice_api::helm_release::ValuesReference;
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::{Object, ObjectId};

/// Key of values where a reference names none.
const KEY: &str = "values.yaml";
/// Parts of a Secret that are shorter are no secret that could be told from other text.
const LEAST_SECRET: usize = 4;

/// Values of a reference cannot be used. Texts never hold a value.
#[derive(Debug, thiserror::Error)]
#[error("could not resolve{} {kind} chart values reference '{namespace}/{name}' with key '{key}': {why}",
    if *.optional { " optional" } else { "" })]
pub(super) struct ValuesError {
    kind: String,
    namespace: String,
    name: String,
    key: String,
    optional: bool,
    why: Why,
}

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("unsupported values reference kind")]
    Kind,
    #[error("key not found")]
    NoKey,
    #[error("it is not UTF-8")]
    NotText,
    #[error("{0}")]
    Read(ClusterError),
}

/// The layers, and texts of Secrets that must not be told.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    /// As the renderer takes them.
    pub(super) layers: Vec<Value>,
    secrets: Vec<String>,
}

impl Layers {
    /// A text without what Secrets hold.
    pub(super) fn mask(&self, text: &str) -> String {
        if self.secrets.is_empty() {
            return text.to_owned();
        }
        sluice_cluster::mask::mask(text, &self.secrets)
    }

    /// Takes values of a release for secret: they may come of Secrets that the spec names no more.
    pub(super) fn conceal(&mut self, values: &Value) {
        match values {
            Value::Object(map) => map.values().for_each(|value| self.conceal(value)),
            Value::Array(items) => items.iter().for_each(|value| self.conceal(value)),
            Value::String(text) => self.secrets.extend(parts(text)),
            Value::Number(number) => self.secrets.extend(parts(&number.to_string())),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn add(&mut self, reference: &ValuesReference, inline: Option<&Value>, text: &str) {
        let Some(path) = reference.target_path.as_deref().filter(|path| !path.is_empty()) else {
            self.layers.push(json!({ "yaml": text }));
            return;
        };
        // Flux lays the inline values below each path and once more above everything
        self.layers
            .extend(inline.map(|inline| json!({ "object": inline })));
        self.layers.push(if reference.literal == Some(true) {
            json!({ "setString": format!("{path}={}", escaped(text)) })
        } else if let Some(quoted) = unquoted(text) {
            json!({ "setString": format!("{path}={quoted}") })
        } else {
            json!({ "set": format!("{path}={text}") })
        });
    }
}

/// What stands between quotes; none where there are none.
fn unquoted(text: &str) -> Option<&str> {
    let is_quoted = |quote| text.starts_with(quote) && text.ends_with(quote);
    (is_quoted('\'') || is_quoted('"')).then(|| text.trim_matches(['\'', '"']))
}

/// With nothing special left in it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\\' | ',' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Reads the references of a spec, always in the object's own namespace (T1).
///
/// # Errors
/// A reference that is not optional does not exist or lacks its key, or any that cannot be read.
pub(super) async fn layers(
    cluster: &Cluster,
    namespace: &str,
    spec: &HelmReleaseSpec,
) -> Result<Layers, ValuesError> {
    layers_of(Some(cluster), namespace, spec).await
}

/// As [`layers`]; without a cluster the references are left out.
pub(super) async fn layers_of(
    cluster: Option<&Cluster>,
    namespace: &str,
    spec: &HelmReleaseSpec,
) -> Result<Layers, ValuesError> {
    let inline = spec.values.as_ref().filter(|values| values.is_object());
    let mut layers = Layers::default();
    let mut seen: Vec<((String, String), Option<Object>)> = Vec::new();
    for reference in &spec.values_from {
        let Some(cluster) = cluster else { break };
        let kind = reference.kind.to_string();
        if kind != "Secret" && kind != "ConfigMap" {
            return Err(error(namespace, reference, Why::Kind));
        }
        let name = (kind, reference.name.clone());
        let known = seen.iter().find(|(known, _)| *known == name);
        let object = match known {
            Some((_, object)) => object.clone(),
            None => {
                let object = read(cluster, namespace, reference).await?;
                seen.push((name, object.clone()));
                object
            }
        };
        let Some(object) = object else { continue };
        if let Some(text) = text(&object, namespace, reference)? {
            if reference.kind.as_str() == "Secret" {
                layers.secrets.extend(parts(&text));
            }
            layers.add(reference, inline, &text);
        }
    }
    layers
        .layers
        .extend(inline.map(|inline| json!({ "object": inline })));
    Ok(layers)
}

fn error(namespace: &str, reference: &ValuesReference, why: Why) -> ValuesError {
    ValuesError {
        kind: reference.kind.to_string(),
        namespace: namespace.to_owned(),
        name: reference.name.clone(),
        key: key(reference).to_owned(),
        optional: reference.optional == Some(true),
        why,
    }
}

fn key(reference: &ValuesReference) -> &str {
    reference
        .values_key
        .as_deref()
        .filter(|key| !key.is_empty())
        .unwrap_or(KEY)
}

async fn read(
    cluster: &Cluster,
    namespace: &str,
    reference: &ValuesReference,
) -> Result<Option<Object>, ValuesError> {
    let id = ObjectId {
        namespace: namespace.to_owned(),
        name: reference.name.clone(),
        group: String::new(),
        kind: reference.kind.to_string(),
    };
    match cluster.get(&id, "v1").await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_absent() && reference.optional == Some(true) => Ok(None),
        Err(cause) => Err(error(namespace, reference, Why::Read(cause))),
    }
}

fn text(
    object: &Object,
    namespace: &str,
    reference: &ValuesReference,
) -> Result<Option<String>, ValuesError> {
    let stored = object.0.get("data").and_then(|data| data.get(key(reference)));
    let Some(stored) = stored.and_then(Value::as_str) else {
        return match reference.optional {
            Some(true) => Ok(None),
            _ => Err(error(namespace, reference, Why::NoKey)),
        };
    };
    if object.kind() != "Secret" {
        return Ok(Some(stored.to_owned()));
    }
    let plain = STANDARD
        .decode(stored)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    plain
        .map(Some)
        .ok_or_else(|| error(namespace, reference, Why::NotText))
}

/// The text, its lines, and what follows a colon in each.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![text.trim().to_owned()];
    for line in text.lines() {
        let line = line.trim().trim_start_matches("- ");
        let value = line.split_once(": ").map_or(line, |(_, value)| value);
        parts.push(value.trim().trim_matches(['\'', '"']).to_owned());
    }
    parts.retain(|part| part.len() >= LEAST_SECRET);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(value: Value) -> ValuesReference {
        serde_json::from_value(value).expect("a reference")
    }

    #[test]
    fn a_path_is_set_as_helm_sets_it() {
        let layer = |literal: bool, text: &str| {
            let mut layers = Layers::default();
            let it =
                reference(json!({"kind": "Secret", "name": "s", "targetPath": "a.b", "literal": literal}));
            layers.add(&it, None, text);
            layers.layers.remove(0)
        };
        assert_eq!(layer(false, "1"), json!({"set": "a.b=1"}));
        assert_eq!(layer(false, "'1'"), json!({"setString": "a.b=1"}));
        assert_eq!(layer(false, "\"x,y\""), json!({"setString": "a.b=x,y"}));
        assert_eq!(layer(true, "x,{y}"), json!({"setString": "a.b=x\\,\\{y\\}"}));
    }

    /// What a release was made with is as secret as the Secrets that it came of.
    #[test]
    fn values_of_a_release_are_masked_one_by_one() {
        let mut layers = Layers::default();
        layers.conceal(&json!({"db": {"password": "hunter2hunter2", "pins": [12345678]}, "on": true}));
        let masked = layers.mask("bad hunter2hunter2 or 12345678, true");
        assert!(
            !masked.contains("hunter2") && !masked.contains("1234567"),
            "{masked}"
        );
        assert!(
            masked.starts_with("bad ") && masked.ends_with(", true"),
            "{masked}"
        );
    }

    #[test]
    fn what_secrets_hold_is_masked() {
        let layers = Layers {
            secrets: parts("password: hunter2hunter2\nlist:\n- topsecret\nn: 1\n"),
            ..Layers::default()
        };
        let masked = layers.mask("values: hunter2hunter2 is not topsecret, 1");
        assert!(
            !masked.contains("hunter2") && !masked.contains("topsecret") && masked.ends_with(", 1"),
            "{masked}"
        );
    }
}
