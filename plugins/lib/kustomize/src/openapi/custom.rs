//! An OpenAPI document that a kustomization names. It is never fetched: the path is a file of the source.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::{Error, Result};

/// `$ref` may lead to `$ref`; real documents do it once.
const MAX_REFERENCES: usize = 16;

/// Definitions by name, and names by kind.
#[derive(Debug)]
pub(crate) struct Document {
    definitions: serde_json::Map<String, Value>,
    kinds: HashMap<(String, String), String>,
}

impl Document {
    /// Reads a document in JSON or YAML.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self> {
        let wrong = |reason: String| Error::Config {
            what: "schema file",
            file: file.into(),
            field: "openapi.path".into(),
            reason,
        };
        let limits = sluice_yaml::Limits::default();
        let value =
            sluice_yaml::read_value(bytes, false, &limits).map_err(|error| wrong(error.to_string()))?;
        let Value::Object(mut root) = value else {
            return Err(wrong("an OpenAPI document is an object".into()));
        };
        let Some(Value::Object(definitions)) = root.remove("definitions") else {
            return Ok(Self {
                definitions: serde_json::Map::new(),
                kinds: HashMap::new(),
            });
        };
        let kinds = kinds_of(&definitions);
        Ok(Self { definitions, kinds })
    }

    /// The schema of a kind.
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<Value> {
        let name = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        self.definitions.get(name).cloned()
    }

    /// The schema of a property, or of all values of a map.
    pub fn field(&self, schema: &Value, name: &str) -> Option<Value> {
        let property = schema
            .get("properties")
            .and_then(|properties| properties.get(name));
        let found = property.or_else(|| {
            schema
                .get("additionalProperties")
                .filter(|values| values.is_object())
        })?;
        self.resolve(found)
    }

    /// The schema of the elements of an array.
    pub fn elements(&self, schema: &Value) -> Option<Value> {
        if schema.get("type").and_then(Value::as_str) != Some("array") {
            return None;
        }
        self.resolve(schema.get("items")?)
    }

    fn resolve(&self, schema: &Value) -> Option<Value> {
        let mut schema = schema;
        for _ in 0..MAX_REFERENCES {
            let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
                return Some(schema.clone());
            };
            schema = self.definitions.get(target.strip_prefix("#/definitions/")?)?;
        }
        None
    }
}

fn kinds_of(definitions: &serde_json::Map<String, Value>) -> HashMap<(String, String), String> {
    let mut kinds = HashMap::new();
    for (name, definition) in definitions {
        let list = definition
            .get("x-kubernetes-group-version-kind")
            .and_then(Value::as_array);
        for gvk in list.into_iter().flatten() {
            let text = |field: &str| gvk.get(field).and_then(Value::as_str).unwrap_or("");
            let (group, version) = (text("group"), text("version"));
            let api_version = if group.is_empty() {
                version.to_owned()
            } else {
                format!("{group}/{version}")
            };
            kinds.insert((api_version, text("kind").to_owned()), name.clone());
        }
    }
    kinds
}

/// The merge keys of a list with the patch strategy `merge`.
pub(super) fn merge_keys(schema: &Value) -> Option<Vec<String>> {
    let strategy = schema
        .get("x-kubernetes-patch-strategy")
        .and_then(Value::as_str)?;
    if !strategy.split(',').any(|part| part == "merge") {
        return None;
    }
    if let Some(keys) = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array) {
        return Some(keys.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let key = schema.get("x-kubernetes-patch-merge-key").and_then(Value::as_str);
    Some(key.map(str::to_owned).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"{"definitions": {
      "a.Kind": {"x-kubernetes-group-version-kind": [{"group": "a", "version": "v1", "kind": "Kind"}],
        "properties": {"spec": {"$ref": "#/definitions/a.Spec"}}},
      "a.Spec": {"properties": {"items": {"type": "array", "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "id", "items": {"$ref": "#/definitions/a.Spec"}}}},
      "a.Loop": {"properties": {"x": {"$ref": "#/definitions/a.Ring"}}},
      "a.Ring": {"$ref": "#/definitions/a.Ring"}}}"##;

    #[test]
    fn finds_keys_through_references() {
        let document = Document::parse(TEXT.as_bytes(), "schema.json").expect("valid");
        let kind = document.of_kind("a/v1", "Kind").expect("known");
        let items = document
            .field(&kind, "spec")
            .and_then(|spec| document.field(&spec, "items"))
            .expect("typed");
        assert_eq!(merge_keys(&items), Some(vec!["id".into()]));
        assert!(document.elements(&items).is_some());
    }

    #[test]
    fn rings_of_references_end_r14() {
        let document = Document::parse(TEXT.as_bytes(), "schema.json").expect("valid");
        assert!(document.field(&document.definitions["a.Loop"], "x").is_none());
    }
}
