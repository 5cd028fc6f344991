//! The objects of a stored manifest. It was rendered in a sandbox or by Helm; it is read under limits all the same.

use sluice_model::Object;
use sluice_yaml::{Limits, Schema};
use thiserror::Error;

/// A stored manifest is not what Helm stores.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stored manifest cannot be read: {0}")]
pub struct ManifestError(String);

/// The objects of a manifest, in its order; documents that are no objects are left out, as Helm leaves them out.
///
/// # Errors
/// It is no YAML, in words that quote nothing of it.
pub fn read_manifest(text: &str) -> Result<Vec<Object>, ManifestError> {
    let fail = |error: sluice_yaml::Error| ManifestError(error.to_string());
    let documents = sluice_yaml::parse_documents(text.as_bytes(), &Limits::default()).map_err(fail)?;
    let values = documents
        .iter()
        .map(|document| sluice_yaml::to_json(document, Schema::V2).map_err(fail));
    let values: Result<Vec<_>, _> = values.collect();
    let objects = values?.into_iter().filter_map(Object::from_value);
    Ok(objects.filter(|object| !object.kind().is_empty()).collect())
}

/// Objects with the templates that they come from, as Helm stores them.
pub fn write_manifest(objects: &[(String, Object)]) -> String {
    let mut text = String::new();
    for (path, object) in objects {
        text.push_str("---\n# Source: ");
        text.push_str(path);
        text.push('\n');
        text.push_str(&write_object(object));
    }
    text
}

/// One object as YAML.
pub fn write_object(object: &Object) -> String {
    let value = object.clone().into_value();
    let yaml = sluice_yaml::emit_value(&value, sluice_yaml::Flavour::Sigs);
    // JSON is YAML: what the emitter refuses is written as it is
    yaml.unwrap_or_else(|_| format!("{value}\n"))
}

/// Whether the chart asks to keep the object when the release lets go of it.
pub fn is_kept(object: &Object) -> bool {
    object
        .annotation("helm.sh/resource-policy")
        .is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
}

/// Those of `old` that are not in `new`; another version of the same kind is the same object.
pub fn gone(old: &[Object], new: &[Object], namespace: &str) -> Vec<Object> {
    let id = |object: &Object| {
        let mut id = object.id();
        if id.namespace.is_empty() {
            namespace.clone_into(&mut id.namespace);
        }
        id
    };
    let kept: Vec<_> = new.iter().map(id).collect();
    old.iter()
        .filter(|object| !kept.contains(&id(object)) && !is_kept(object))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_are_no_objects_are_left_out() {
        let text =
            "---\n# Source: a\nkind: A\nmetadata:\n  name: x\n---\n# nothing\n---\n- 1\n---\nkind: B\n";
        let objects = read_manifest(text).expect("objects");
        assert_eq!(objects.iter().map(Object::kind).collect::<Vec<_>>(), ["A", "B"]);
        assert!(read_manifest("a: [").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let object = Object::from_value(
            serde_json::json!({"kind": "A", "metadata": {"name": "x"}, "data": {"a": "1\n2\n"}}),
        );
        let objects = vec![("c/templates/a.yaml".to_owned(), object.expect("a map"))];
        let text = write_manifest(&objects);
        assert!(
            text.starts_with("---\n# Source: c/templates/a.yaml\ndata:\n"),
            "{text}"
        );
        assert_eq!(read_manifest(&text).expect("objects"), [objects[0].1.clone()]);
    }

    #[test]
    fn what_is_gone_is_found_over_versions_and_default_namespaces_and_policy_keeps() {
        let old = read_manifest(concat!(
            "apiVersion: policy/v1beta1\nkind: PDB\nmetadata:\n  name: a\n---\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n---\n",
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: c\n  annotations:\n    helm.sh/resource-policy: keep\n",
        ));
        let new =
            read_manifest("apiVersion: policy/v1\nkind: PDB\nmetadata:\n  name: a\n  namespace: prod\n");
        let gone = gone(&old.expect("objects"), &new.expect("objects"), "prod");
        assert_eq!(gone.iter().map(Object::name).collect::<Vec<_>>(), ["b"]);
    }
}
