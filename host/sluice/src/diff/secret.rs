//! Takes the values of Secrets out of a comparison (L3): a mark stands for a value, equal marks for equal values.

use std::hash::{BuildHasher as _, RandomState};

use serde_json::{Map, Value};
use sluice_model::Object;

use crate::preview::is_masked;

/// Written by kubectl; holds all values once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Makes marks. They are keyed anew in each run, so that a mark in a log tells nothing about the value.
#[derive(Default)]
pub struct Marks(RandomState);

impl Marks {
    fn of(&self, value: &Value) -> Value {
        let hash = self.0.hash_one(value.to_string());
        Value::from(format!("*** ({:08x})", hash >> 32))
    }

    /// Replaces the values of a Secret by marks; other objects stay as they are.
    pub fn put(&self, object: &mut Object) {
        if !sluice_cluster::mask::is_secret(object) {
            return;
        }
        for field in ["data", "stringData"] {
            let map = object.0.get_mut(field).and_then(Value::as_object_mut);
            map.into_iter()
                .flat_map(Map::values_mut)
                .for_each(|value| *value = self.of(value));
        }
        if object.annotation(LAST_APPLIED).is_some() {
            let mark = self.of(&Value::from(object.annotation(LAST_APPLIED)));
            object.set_annotation(LAST_APPLIED, mark.as_str().unwrap_or_default());
        }
    }
}

/// A value that SOPS encrypted is not known here: the one that stands is taken for right, so that only keys count.
pub fn assume_encrypted(live: &Object, merged: &mut Object) {
    let known = live
        .0
        .get("data")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let data = merged.0.get_mut("data").and_then(Value::as_object_mut);
    for (key, value) in data.into_iter().flatten() {
        if let Some(stands) = known.get(key).filter(|_| is_masked(value)) {
            *value = stands.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[allow(clippy::needless_pass_by_value, reason = "callers write json!")]
    fn secret(data: Value) -> Object {
        Object::from_value(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a",
            "annotations": {LAST_APPLIED: "aHVudGVyMg=="}}, "data": data}),
        )
        .expect("a map")
    }

    /// L3: a preview of a Secret shows marks only.
    #[test]
    fn no_value_of_a_secret_is_shown() {
        let marks = Marks::default();
        let (mut one, mut other) = (
            secret(json!({"p": "aHVudGVyMg=="})),
            secret(json!({"p": "aHVudGVyMg==", "q": "eA=="})),
        );
        marks.put(&mut one);
        marks.put(&mut other);
        assert_eq!(one.0["data"]["p"], other.0["data"]["p"]);
        assert_ne!(other.0["data"]["p"], other.0["data"]["q"]);
        assert!(
            !serde_json::to_string(&one).expect("JSON").contains("aHVudGVyMg"),
            "{one:?}"
        );
        let mut config_map =
            Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}))
                .expect("a map");
        marks.put(&mut config_map);
        assert_eq!(config_map.0["data"]["a"], "b");
    }

    #[test]
    fn an_encrypted_value_is_no_difference_but_its_key_is() {
        let live = secret(json!({"a": "eA=="}));
        let mut merged = secret(json!({"a": "KipTT1BTKio=", "b": "KipTT1BTKio="}));
        assume_encrypted(&live, &mut merged);
        assert_eq!(merged.0["data"], json!({"a": "eA==", "b": "KipTT1BTKio="}));
    }
}
