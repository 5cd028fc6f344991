//! Kubernetes objects as values, and ordered sets of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::{Digest, DigestBuilder};
use crate::inventory::ObjectId;

/// A Kubernetes object as JSON; always a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// The object in a value, or none when it is no map.
    pub fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self(map)),
            _ => None,
        }
    }

    /// As a plain value.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// `metadata`, when it is a map.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.0.get("metadata").and_then(Value::as_object)
    }

    /// `metadata`, made when it is missing or no map.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        child(&mut self.0, "metadata")
    }

    fn metadata_text(&self, key: &str) -> &str {
        self.metadata()
            .and_then(|metadata| metadata.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// For example `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.text("apiVersion")
    }

    /// For example `Deployment`.
    pub fn kind(&self) -> &str {
        self.text("kind")
    }

    /// Empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Without the group.
    pub fn version(&self) -> &str {
        self.api_version()
            .rsplit_once('/')
            .map_or(self.api_version(), |(_, version)| version)
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.metadata_text("name")
    }

    /// `metadata.namespace`, empty when there is none.
    pub fn namespace(&self) -> &str {
        self.metadata_text("namespace")
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata()?.get("labels")?.get(key)?.as_str()
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata()?.get("annotations")?.get(key)?.as_str()
    }

    /// Sets a label.
    pub fn set_label(&mut self, key: &str, value: &str) {
        child(self.metadata_mut(), "labels").insert(key.into(), value.into());
    }

    /// Sets an annotation.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        child(self.metadata_mut(), "annotations").insert(key.into(), value.into());
    }

    /// Its id in an inventory.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            namespace: self.namespace().into(),
            name: self.name().into(),
            group: self.group().into(),
            kind: self.kind().into(),
        }
    }
}

fn child<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let slot = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(map) => map,
        _ => unreachable!("was made a map above"),
    }
}

/// Rendered objects in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifests {
    /// In render order.
    pub objects: Vec<Object>,
}

impl Manifests {
    /// The digest of all objects in their order, keys as they stand.
    pub fn digest(&self) -> Digest {
        let mut builder = DigestBuilder::default();
        for object in &self.objects {
            builder.piece(&serde_json::to_vec(object).unwrap_or_default());
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_and_sets_metadata() {
        let mut object = Object::from_value(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "b", "labels": null}}))
        .expect("a map");
        assert_eq!((object.group(), object.version()), ("apps", "v1"));
        object.set_label("x", "y");
        assert_eq!(object.label("x"), Some("y"));
        assert_eq!(object.id().to_string(), "b_a_apps_Deployment");
    }
}
