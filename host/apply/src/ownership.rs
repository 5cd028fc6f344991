//! Takes fields over that kubectl and the like wrote, so that what is removed from the source is removed from the object.
//!
//! The entries of the matching managers in `metadata.managedFields` are joined into our own apply entry (field sets
//! as in Kubernetes' FieldsV1), in one JSON patch that fails when the object has changed since it was read.

use serde_json::{Map, Value, json};
use sluice_model::Object;

use crate::options::{FieldManager, Operation};

const ANNOTATIONS: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
];
const LABELS: [&str; 1] = ["fluxcd.io/sync-gc-mark"];

/// The JSON patch, or none when there is nothing to take over.
pub(crate) fn takeover(live: &Object, manager: &str, taken: &[FieldManager]) -> Option<Value> {
    let mut patch = Vec::new();
    for (field, keys) in [("annotations", &ANNOTATIONS[..]), ("labels", &LABELS[..])] {
        let present = live
            .metadata()
            .and_then(|metadata| metadata.get(field))
            .and_then(Value::as_object);
        for key in keys
            .iter()
            .filter(|key| present.is_some_and(|present| present.contains_key(**key)))
        {
            let path = format!("/metadata/{field}/{}", key.replace('~', "~0").replace('/', "~1"));
            patch.push(json!({"op": "remove", "path": path}));
        }
    }
    if let Some(entries) = joined(live, manager, taken) {
        patch.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": entries}));
    }
    if patch.is_empty() {
        return None;
    }
    let version = live
        .metadata()
        .and_then(|metadata| metadata.get("resourceVersion"))?;
    patch.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
    Some(Value::Array(patch))
}

fn joined(live: &Object, manager: &str, taken: &[FieldManager]) -> Option<Vec<Value>> {
    let entries = live.metadata()?.get("managedFields")?.as_array()?;
    let mut own = entries
        .iter()
        .find(|entry| is(entry, manager, Operation::Apply))
        .cloned();
    let mut others = Vec::new();
    let mut changed = false;
    for entry in entries {
        if is(entry, manager, Operation::Apply) {
            continue;
        }
        if !taken.iter().any(|taken| matches(entry, taken)) {
            others.push(entry.clone());
            continue;
        }
        changed = true;
        match &mut own {
            Some(own) => own["fieldsV1"] = union(&own["fieldsV1"], &entry["fieldsV1"]),
            None => {
                let mut renamed = entry.clone();
                renamed["manager"] = json!(manager);
                renamed["operation"] = json!("Apply");
                own = Some(renamed);
            }
        }
    }
    others.extend(own);
    changed.then_some(others)
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    }
}

fn is(entry: &Value, manager: &str, by: Operation) -> bool {
    text(entry, "manager") == manager
        && text(entry, "operation") == operation(by)
        && text(entry, "subresource").is_empty()
}

fn matches(entry: &Value, taken: &FieldManager) -> bool {
    text(entry, "manager").starts_with(&taken.prefix)
        && text(entry, "operation") == operation(taken.operation)
        && text(entry, "subresource").is_empty()
}

/// The union of two field sets. `{}` is a field itself; beside children the field itself is the child `.`.
fn union(left: &Value, right: &Value) -> Value {
    let (Some(left), Some(right)) = (left.as_object(), right.as_object()) else {
        return if left.is_null() {
            right.clone()
        } else {
            left.clone()
        };
    };
    let mut all = left.clone();
    for (key, value) in right {
        let joined = match all.get(key) {
            Some(known) => join(known, value),
            None => value.clone(),
        };
        all.insert(key.clone(), joined);
    }
    sorted(all)
}

fn join(left: &Value, right: &Value) -> Value {
    let empty = |value: &Value| value.as_object().is_none_or(Map::is_empty);
    let itself = json!({".": {}});
    match (empty(left), empty(right)) {
        (true, true) => json!({}),
        (true, false) => union(&itself, right),
        (false, true) => union(left, &itself),
        (false, false) => union(left, right),
    }
}

fn sorted(map: Map<String, Value>) -> Value {
    let mut entries: Vec<(String, Value)> = map.into_iter().collect();
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    Value::Object(entries.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> Vec<FieldManager> {
        let manager = |prefix: &str, operation| FieldManager {
            prefix: prefix.into(),
            operation,
        };
        vec![
            manager("kubectl", Operation::Apply),
            manager("kubectl", Operation::Update),
            manager("ours", Operation::Update),
        ]
    }

    fn entry(manager: &str, operation: &str, subresource: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "subresource": subresource, "fieldsV1": fields})
    }

    fn live(entries: Vec<Value>) -> Object {
        Object::from_value(
            json!({"metadata": {"resourceVersion": "7", "managedFields": entries,
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "x"}}}),
        )
        .expect("a map")
    }

    /// Section 7, 13: prefixes match, subresources do not, and our own set is kept in the union.
    #[test]
    fn kubectls_fields_become_ours() {
        let object = live(vec![
            entry("ours", "Apply", "", json!({"f:spec": {"f:a": {}}})),
            entry(
                "kubectl-edit",
                "Update",
                "",
                json!({"f:spec": {"f:a": {"f:b": {}}, "f:c": {}}}),
            ),
            entry("kubectl", "Update", "status", json!({"f:status": {}})),
            entry("hpa", "Update", "", json!({"f:spec": {"f:replicas": {}}})),
        ]);
        let patch = takeover(&object, "ours", &taken()).expect("something to take");
        assert_eq!(
            patch[0],
            json!({"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"})
        );
        assert_eq!(
            patch[2],
            json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"})
        );
        let entries = patch[1]["value"].as_array().expect("entries");
        let managers: Vec<&str> = entries.iter().map(|entry| text(entry, "manager")).collect();
        assert_eq!(managers, ["kubectl", "hpa", "ours"]);
        assert_eq!(
            entries[2]["fieldsV1"],
            json!({"f:spec": {"f:a": {".": {}, "f:b": {}}, "f:c": {}}})
        );
    }

    #[test]
    fn the_first_taken_entry_is_renamed_when_we_have_none() {
        let object = live(vec![
            entry(
                "kubectl-client-side-apply",
                "Update",
                "",
                json!({"f:data": {"f:a": {}}}),
            ),
            entry("ours", "Update", "", json!({"f:data": {"f:b": {}}})),
        ]);
        let patch = takeover(&object, "ours", &taken()).expect("something to take");
        assert_eq!(
            patch[1]["value"],
            json!([entry(
                "ours",
                "Apply",
                "",
                json!({"f:data": {"f:a": {}, "f:b": {}}})
            )])
        );
    }

    #[test]
    fn nothing_to_take_is_no_patch() {
        let mut object = live(vec![
            entry("ours", "Apply", "", json!({"f:data": {}})),
            entry("x", "Update", "", json!({})),
        ]);
        object.metadata_mut().remove("annotations");
        assert_eq!(takeover(&object, "ours", &taken()), None);
    }
}
