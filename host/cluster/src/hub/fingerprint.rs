//! What is remembered of an object to tell whether another manager moved it (Kubernetes' managedFields).
//!
//! When someone changes, takes or removes a field that we applied, the API server takes that field out of our entry
//! and leaves our entry's time as it is; when we apply, the time moves. Status writes and fields that are not ours
//! touch neither. So our own entry tells foreign changes from our own, without reading the object.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::Value;
use sluice_model::Object;

/// Managers whose fields are taken over at the next apply, so that their appearance is a change to correct.
const OVERRIDDEN: [&str; 2] = ["kubectl", "before-first-apply"];

/// A few numbers that stand for one version of an object, as one field manager sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// `metadata.resourceVersion` as a number; 0 when it is none.
    pub resource_version: u64,
    uid: u64,
    /// Of the fields that we applied; 0 when there are none.
    owned: u64,
    /// When we applied them last, in seconds.
    owned_at: i64,
    /// Of what kubectl and the like did to the object.
    overridden: u64,
}

impl Fingerprint {
    /// Of an object as the API server gave it. `manager` is our field manager.
    pub fn of(object: &Object, manager: &str) -> Self {
        let metadata = object.metadata().cloned().map(Value::Object);
        let metadata = metadata.and_then(|metadata| serde_json::from_value::<ObjectMeta>(metadata).ok());
        metadata
            .map(|metadata| Self::of_metadata(&metadata, manager))
            .unwrap_or_default()
    }

    /// Of the metadata alone.
    pub fn of_metadata(metadata: &ObjectMeta, manager: &str) -> Self {
        let mut print = Self {
            resource_version: version(metadata.resource_version.as_deref().unwrap_or_default()),
            uid: hash(metadata.uid.as_deref().unwrap_or_default()),
            ..Self::default()
        };
        for entry in metadata.managed_fields.iter().flatten() {
            print.add(entry, manager);
        }
        print
    }

    fn add(&mut self, entry: &ManagedFieldsEntry, manager: &str) {
        if entry
            .subresource
            .as_ref()
            .is_some_and(|subresource| !subresource.is_empty())
        {
            return;
        }
        let name = entry.manager.as_deref().unwrap_or_default();
        let applied = entry.operation.as_deref() == Some("Apply");
        if applied && name == manager {
            self.owned = fields(entry);
            self.owned_at = entry.time.as_ref().map_or(0, |time| time.0.as_second());
        } else if OVERRIDDEN.iter().any(|prefix| name.starts_with(prefix)) {
            self.overridden = self.overridden.wrapping_add(hash(name) ^ fields(entry)).max(1);
        }
    }

    /// Of an object of which nothing but its version is known.
    pub fn of_version(resource_version: &str) -> Self {
        Self {
            resource_version: version(resource_version),
            ..Self::default()
        }
    }

    /// Whether both are versions of one object: a deleted and recreated one is another.
    pub fn is_same_object(&self, other: &Self) -> bool {
        self.uid == other.uid
    }

    /// Whether `later`, a newer version of the same object, was moved by someone else.
    pub fn moved_in(&self, later: &Self) -> bool {
        if later.uid != self.uid {
            return true;
        }
        if later.overridden != 0 && later.overridden != self.overridden {
            return true;
        }
        let ours = later.owned != 0 && later.owned_at != self.owned_at;
        later.owned != self.owned && !ours
    }
}

/// Kubernetes compares resource versions as numbers since 1.35; before it did so in practice.
pub(crate) fn version(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn fields(entry: &ManagedFieldsEntry) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Some(fields) = &entry.fields_v1 {
        feed(&fields.0, &mut hasher);
    }
    hasher.finish().max(1)
}

fn feed(value: &Value, hasher: &mut DefaultHasher) {
    let Some(map) = value.as_object() else { return };
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort_unstable();
    for key in keys {
        key.hash(hasher);
        1_u8.hash(hasher);
        feed(&map[key], hasher);
        2_u8.hash(hasher);
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(version: u32, entries: Value) -> Fingerprint {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "u",
            "resourceVersion": version.to_string(), "managedFields": entries}});
        Fingerprint::of(
            &Object::from_value(object).expect("a map"),
            "kustomize-controller",
        )
    }

    fn entry(manager: &str, operation: &str, subresource: &str, second: u32, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "subresource": subresource, "apiVersion": "v1",
            "time": format!("2026-01-01T00:00:{second:02}Z"), "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn ours(second: u32, fields: Value) -> Value {
        entry("kustomize-controller", "Apply", "", second, fields)
    }

    #[test]
    fn only_foreign_hands_on_our_fields_count() {
        let both = json!({"f:data": {"f:a": {}, "f:b": {}}});
        let less = json!({"f:data": {"f:a": {}}});
        let before = object(1, json!([ours(1, both.clone())]));
        let edited = object(
            2,
            json!([
                ours(1, less.clone()),
                entry("edit", "Update", "", 5, json!({"f:data": {"f:b": {}}}))
            ]),
        );
        assert!(before.moved_in(&edited), "a field was taken from us");
        let taken = object(2, json!([entry("other", "Apply", "", 5, both.clone())]));
        assert!(before.moved_in(&taken), "all fields were taken from us");
        let applied = object(2, json!([ours(9, less)]));
        assert!(!before.moved_in(&applied), "we applied ourselves");
        let status = object(
            2,
            json!([
                ours(1, both.clone()),
                entry("kubectl-edit", "Update", "status", 5, json!({"f:status": {}}))
            ]),
        );
        assert!(!before.moved_in(&status), "status is not ours");
        let added = object(
            2,
            json!([
                ours(1, both.clone()),
                entry("other", "Update", "", 5, json!({"f:data": {"f:c": {}}}))
            ]),
        );
        assert!(!before.moved_in(&added), "a field that is not ours");
        let kubectl = object(
            2,
            json!([
                ours(1, both),
                entry("kubectl-edit", "Update", "", 5, json!({"f:data": {"f:c": {}}}))
            ]),
        );
        assert!(
            before.moved_in(&kubectl),
            "kubectl's fields are taken over at the next apply"
        );
    }

    #[test]
    fn a_recreated_object_was_moved() {
        let before = object(1, json!([ours(1, json!({"f:data": {}}))]));
        let mut after = before;
        after.uid += 1;
        assert!(before.moved_in(&after));
    }
}
