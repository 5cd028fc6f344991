//! Tables out of OpenAPI definitions of custom resources (`crds:`).

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpec, Reason, merge_one};
use crate::resid::Gvk;

use super::{BackReference, TransformerConfig, merge_references};

/// Definitions may refer to each other in circles; real ones are not this deep.
const MAX_DEPTH: usize = 64;

/// Reads a file of `crds`.
pub(crate) fn from_crds(bytes: &[u8], file: &str, limits: &sluice_yaml::Limits) -> Result<TransformerConfig> {
    let wrong = |reason: String| Error::Config {
        what: "open API definition",
        file: file.into(),
        field: String::new(),
        reason,
    };
    let value = sluice_yaml::read_value(bytes, false, limits).map_err(|error| wrong(error.to_string()))?;
    let Value::Object(definitions) = value else {
        return Err(wrong(
            "json: cannot unmarshal into Go value of type accumulator.nameToApiMap".into(),
        ));
    };
    definitions.values().try_for_each(check).map_err(wrong)?;
    let mut config = TransformerConfig::default();
    for (name, definition) in &definitions {
        if !looks_like_a_kind(definition) {
            continue;
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let gvk = Gvk::owned(String::new(), String::new(), kind.to_owned());
        let mut path = Vec::new();
        load(&mut config, &gvk, &definitions, name, &mut path).map_err(wrong)?;
    }
    Ok(config)
}

/// A definition and its schema are maps.
fn check(definition: &Value) -> std::result::Result<(), String> {
    let is_map = |value: &Value| value.is_object() || value.is_null();
    if !is_map(definition) {
        return Err("json: cannot unmarshal into Go value of type accumulator.OpenAPIDefinition".into());
    }
    match field(definition, "Schema") {
        Some(schema) if !is_map(schema) => Err("json: cannot unmarshal into Go struct field .Schema".into()),
        _ => Ok(()),
    }
}

fn properties(definition: &Value) -> Option<&Map<String, Value>> {
    let schema = field(definition, "Schema")?;
    schema.get("properties")?.as_object()
}

/// Go reads field names regardless of case.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let map = value.as_object()?;
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

fn looks_like_a_kind(definition: &Value) -> bool {
    properties(definition).is_some_and(|map| {
        ["kind", "apiVersion", "metadata"]
            .iter()
            .all(|name| map.contains_key(*name))
    })
}

fn load(
    config: &mut TransformerConfig,
    gvk: &Gvk,
    definitions: &Map<String, Value>,
    name: &str,
    path: &mut Vec<String>,
) -> Result<(), Reason> {
    if path.len() > MAX_DEPTH {
        return Err(format!(
            "definition {name} refers to itself or nests more than {MAX_DEPTH} deep"
        ));
    }
    let Some(map) = definitions.get(name).and_then(properties) else {
        return Ok(());
    };
    for (property_name, property) in map {
        path.push(property_name.clone());
        add_marks(config, gvk, property, path)?;
        if let Some(target) = property.get("$ref").and_then(Value::as_str) {
            load(config, gvk, definitions, target, path)?;
        }
        path.pop();
    }
    Ok(())
}

fn add_marks(
    config: &mut TransformerConfig,
    gvk: &Gvk,
    property: &Value,
    path: &[String],
) -> Result<(), Reason> {
    let text = |name: &str| property.get(name).and_then(Value::as_str);
    let spec = || FieldSpec::new(gvk.clone(), path.join("/"), false);
    if text("x-kubernetes-annotation").is_some() {
        merge_one(&mut config.common_annotations, &spec())?;
    }
    if text("x-kubernetes-label-selector").is_some() {
        merge_one(&mut config.common_labels, &spec())?;
    }
    if text("x-kubernetes-identity").is_some() {
        merge_one(&mut config.name_prefix, &spec())?;
    }
    let (Some(version), Some(kind)) = (
        text("x-kubernetes-object-ref-api-version"),
        text("x-kubernetes-object-ref-kind"),
    ) else {
        return Ok(());
    };
    let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
    let referrer = FieldSpec::new(gvk.clone(), format!("{}/{key}", path.join("/")), false);
    let target = Gvk::owned(String::new(), version.to_owned(), kind.to_owned());
    merge_references(
        &mut config.name_reference,
        &[BackReference {
            target,
            referrers: vec![referrer],
        }],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
      "a.b.MyKind": {"Schema": {"properties": {
        "apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "a.b.Spec"}}}},
      "a.b.Spec": {"Schema": {"properties": {
        "secretRef": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret"}}}}
    }"#;

    #[test]
    fn follows_references() {
        let config = from_crds(TEXT.as_bytes(), "crd.json", &sluice_yaml::Limits::default()).expect("valid");
        assert_eq!(config.name_reference[0].referrers[0].path, "spec/secretRef/name");
    }

    #[test]
    fn circles_end_r2() {
        let text = TEXT.replace(
            "\"secretRef\": {",
            "\"loop\": {\"$ref\": \"a.b.Spec\"}, \"secretRef\": {",
        );
        assert!(from_crds(text.as_bytes(), "crd.json", &sluice_yaml::Limits::default()).is_err());
    }
}
