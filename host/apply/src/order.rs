//! The stages of an apply and the order of kinds in each.

use sluice_model::{Object, ObjectId};

/// Kinds that others refer to, in order.
const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// Kinds that could refuse the others.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Objects that are checked, and then written, together.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) objects: Vec<Object>,
    /// Whether the next stage starts only when these are ready.
    pub(crate) awaited: bool,
}

/// Definitions, then classes, then the given kinds, then the rest; each sorted; none empty.
pub(crate) fn stages(objects: Vec<Object>, custom: &[(String, String)]) -> Vec<Stage> {
    let mut stages = [(); 4].map(|()| Stage::default());
    stages[0].awaited = true;
    stages[1].awaited = true;
    for object in objects {
        let at = stage(&object, custom);
        stages[at].objects.push(object);
    }
    let mut stages: Vec<Stage> = stages
        .into_iter()
        .filter(|stage| !stage.objects.is_empty())
        .collect();
    for stage in &mut stages {
        stage.objects.sort_by_cached_key(|object| rank(&object.id()));
    }
    stages
}

fn stage(object: &Object, custom: &[(String, String)]) -> usize {
    let kind = object.kind();
    let defines = match object.group() {
        "apiextensions.k8s.io" => is_crd(object),
        "" => kind.eq_ignore_ascii_case("Namespace"),
        "rbac.authorization.k8s.io" => kind.eq_ignore_ascii_case("ClusterRole"),
        _ => false,
    };
    if defines {
        0
    } else if kind.ends_with("Class") {
        1
    } else if custom
        .iter()
        .any(|(group, name)| group == object.group() && name == kind)
    {
        2
    } else {
        3
    }
}

pub(crate) fn is_crd(object: &Object) -> bool {
    object.group() == "apiextensions.k8s.io" && object.kind().eq_ignore_ascii_case("CustomResourceDefinition")
}

/// Sorts objects within a stage; reversed for deletion.
pub(crate) fn rank(id: &ObjectId) -> (i32, String, String, String, String) {
    (
        weight(&id.kind),
        id.group.clone(),
        id.kind.clone(),
        id.namespace.clone(),
        id.name.clone(),
    )
}

/// Objects of equal weight, group and kind do not refer to each other.
pub(crate) fn is_peer(left: &ObjectId, right: &ObjectId) -> bool {
    left.kind == right.kind && left.group == right.group
}

fn weight(kind: &str) -> i32 {
    let at = |list: &[&str]| {
        list.iter()
            .position(|name| *name == kind)
            .and_then(|at| i32::try_from(at).ok())
    };
    if let Some(at) = at(&FIRST) {
        return at - 100;
    }
    at(&LAST).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(api_version: &str, kind: &str, name: &str) -> Object {
        Object::from_value(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}))
            .expect("a map")
    }

    #[test]
    fn definitions_come_first_and_webhooks_last() {
        let objects = vec![
            object(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "w",
            ),
            object("apps/v1", "Deployment", "b"),
            object("x.io/v1", "Widget", "w"),
            object("apps/v1", "Deployment", "a"),
            object("v1", "ConfigMap", "c"),
            object("rbac.authorization.k8s.io/v1", "Role", "r"),
            object("storage.k8s.io/v1", "StorageClass", "s"),
            object("v1", "Namespace", "n"),
            object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "d"),
        ];
        let custom = [("rbac.authorization.k8s.io".to_owned(), "Role".to_owned())];
        let stages = stages(objects, &custom);
        let names: Vec<Vec<String>> = stages
            .iter()
            .map(|stage| {
                stage
                    .objects
                    .iter()
                    .map(|object| object.name().to_owned())
                    .collect()
            })
            .collect();
        assert_eq!(
            names,
            [
                vec!["d", "n"],
                vec!["s"],
                vec!["r"],
                vec!["c", "a", "b", "w", "w"]
            ]
        );
        assert_eq!(stages[3].objects[3].kind(), "Widget");
        assert_eq!(
            stages.iter().map(|stage| stage.awaited).collect::<Vec<_>>(),
            [true, true, false, false]
        );
    }
}
