//! Whether the object that an apply would give differs from the one that stands.

use serde_json::{Map, Value};
use sluice_model::Object;

/// Compares labels, annotations, and everything but metadata and status.
pub(crate) fn drifted(live: &Object, merged: &Object) -> bool {
    for field in ["labels", "annotations"] {
        if entries(live, field) != entries(merged, field) {
            return true;
        }
    }
    let content = |object: &Object| -> Vec<(String, Value)> {
        let mut rest: Vec<_> = object
            .0
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        rest.sort_by(|left, right| left.0.cmp(&right.0));
        rest
    };
    content(live) != content(merged)
}

fn entries<'a>(object: &'a Object, field: &str) -> Option<&'a Map<String, Value>> {
    let map = object.metadata()?.get(field)?.as_object()?;
    (!map.is_empty()).then_some(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("a map")
    }

    #[test]
    fn metadata_beyond_labels_and_annotations_is_no_drift() {
        let live = object(
            json!({"kind": "A", "metadata": {"resourceVersion": "1", "labels": {}, "finalizers": ["x"]},
            "spec": {"a": 1, "b": [1, 2]}, "status": {"x": 1}}),
        );
        let same =
            object(json!({"kind": "A", "metadata": {"resourceVersion": "1"}, "spec": {"b": [1, 2], "a": 1}}));
        assert!(!drifted(&live, &same));
        let labelled =
            object(json!({"kind": "A", "metadata": {"labels": {"a": "b"}}, "spec": {"a": 1, "b": [1, 2]}}));
        assert!(drifted(&live, &labelled));
        let other = object(json!({"kind": "A", "metadata": {}, "spec": {"a": 1, "b": [2, 1]}}));
        assert!(drifted(&live, &other));
        let data = object(json!({"kind": "A", "metadata": {}, "spec": {"a": 1, "b": [1, 2]}, "data": {}}));
        assert!(drifted(&live, &data));
    }
}
