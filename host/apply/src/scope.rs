//! Gives every object the namespace that its kind's scope asks for, and finds objects that are there twice.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::{Object, ObjectId};

use crate::error::ObjectError;
use crate::options::ApplyOptions;
use crate::order::is_crd;

/// Group and kind.
pub(crate) type Kind = (String, String);

/// The kinds that CRDs among the objects define, with whether they are namespaced.
pub(crate) fn defined(objects: &[Object]) -> HashMap<Kind, bool> {
    let kind = |crd: &Object| {
        let spec = crd.0.get("spec")?;
        let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str);
        let kind = (text("/group")?.to_owned(), text("/names/kind")?.to_owned());
        Some((kind, text("/scope")? == "Namespaced"))
    };
    objects
        .iter()
        .filter(|object| is_crd(object))
        .filter_map(kind)
        .collect()
}

/// Cluster-scoped objects lose a namespace that templates gave them; namespaced ones get the default one. Kinds that
/// nobody knows are left as they are: their dry-run tells.
pub(crate) async fn settle(
    cluster: &Cluster,
    objects: &mut [Object],
    options: &ApplyOptions,
) -> Result<(), Vec<ObjectError>> {
    let defined = defined(objects);
    let mut errors = Vec::new();
    for object in objects.iter_mut() {
        let id = object.id();
        match is_namespaced(cluster, object, &id, &defined).await {
            Ok(Some(false)) => {
                object.metadata_mut().remove("namespace");
            }
            Ok(Some(true)) if id.namespace.is_empty() => match &options.default_namespace {
                Some(namespace) => {
                    object
                        .metadata_mut()
                        .insert("namespace".to_owned(), json!(namespace));
                }
                None => errors.push(ObjectError::NoNamespace { id }),
            },
            Ok(_) => {}
            Err(error) => errors.push(ObjectError::Query { id, error }),
        }
    }
    errors.extend(duplicates(objects));
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

async fn is_namespaced(
    cluster: &Cluster,
    object: &Object,
    id: &ObjectId,
    defined: &HashMap<Kind, bool>,
) -> Result<Option<bool>, ClusterError> {
    if let Some(namespaced) = defined.get(&(id.group.clone(), id.kind.clone())) {
        return Ok(Some(*namespaced));
    }
    match cluster.resource(id, object.version()).await {
        Ok(resource) => Ok(Some(resource.namespaced)),
        Err(ClusterError::NoMatch { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn duplicates(objects: &[Object]) -> Vec<ObjectError> {
    let mut seen = HashSet::new();
    let again = objects
        .iter()
        .map(Object::id)
        .filter(|id| !seen.insert(id.clone()));
    again.map(|id| ObjectError::Duplicate { id }).collect()
}
