//! What nobody but the operator may change or delete: Sluice's own namespace, definitions, workload and identity, and
//! the labels by which Kubernetes enforces pod security (T6, T8 of the adversarial catalogue).

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{Object, ObjectId};

use crate::order::is_crd;

/// Prefix of the labels that Pod Security Admission reads.
const SECURITY_LABELS: &str = "pod-security.kubernetes.io/";
/// Group and kind of what Sluice consists of, in its own namespace.
const OWN_KINDS: [(&str, &str); 5] = [
    ("apps", "Deployment"),
    ("coordination.k8s.io", "Lease"),
    ("", "ServiceAccount"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];

/// What is protected; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    /// The namespace that Sluice runs in; empty for none.
    pub namespace: String,
    /// API groups whose definitions are Sluice's.
    pub groups: Vec<String>,
    /// Whether the security labels of namespaces stay as they are.
    pub security_labels: bool,
}

impl Protected {
    /// Why this object is not to be touched at all.
    pub fn refuses(&self, id: &ObjectId) -> Option<&'static str> {
        if self.namespace.is_empty() {
            return None;
        }
        let is = |group: &str, kind: &str| id.group == group && id.kind == kind;
        if is("", "Namespace") && id.name == self.namespace {
            return Some("it is the namespace that Sluice runs in");
        }
        let group = id.name.split_once('.').map(|(_, group)| group);
        let ours = |group: &str| self.groups.iter().any(|own| own == group);
        if is("apiextensions.k8s.io", "CustomResourceDefinition") && group.is_some_and(ours) {
            return Some("it defines a kind of Sluice");
        }
        let own = id.namespace == self.namespace && OWN_KINDS.iter().any(|(group, kind)| is(group, kind));
        own.then_some("it is in the namespace that Sluice runs in")
    }

    /// Why this change of an object is not to be made. `merged` is what the server would have afterwards.
    pub(crate) fn refuses_change(&self, live: Option<&Object>, merged: &Object) -> Option<String> {
        if !self.security_labels
            || merged.kind() != "Namespace"
            || !merged.group().is_empty()
            || is_crd(merged)
        {
            return None;
        }
        let before = live.map(security_labels).unwrap_or_default();
        let after = security_labels(merged);
        let changed = |key: &&String| before.get(*key) != after.get(*key);
        let label = before.keys().chain(after.keys()).find(changed)?;
        Some(format!("label {label} decides on pod security"))
    }
}

fn security_labels(object: &Object) -> BTreeMap<String, Value> {
    let labels = object
        .metadata()
        .and_then(|metadata| metadata.get("labels")?.as_object());
    labels
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with(SECURITY_LABELS))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn protected() -> Protected {
        Protected {
            namespace: "flux-system".into(),
            groups: vec!["kustomize.toolkit.fluxcd.io".into()],
            security_labels: true,
        }
    }

    fn id(text: &str) -> ObjectId {
        text.parse().expect("an id")
    }

    /// T8: a tenant's manifests do not manage the host.
    #[test]
    fn t8_what_sluice_consists_of_is_refused() {
        let protected = protected();
        for own in [
            "_flux-system__Namespace",
            "flux-system_sluice_apps_Deployment",
            "flux-system_sluice-leader-election_coordination.k8s.io_Lease",
            "flux-system_sluice__ServiceAccount",
            "flux-system_sluice_rbac.authorization.k8s.io_RoleBinding",
            "_kustomizations.kustomize.toolkit.fluxcd.io_apiextensions.k8s.io_CustomResourceDefinition",
        ] {
            assert!(protected.refuses(&id(own)).is_some(), "{own}");
        }
        for other in [
            "_tenant__Namespace",
            "tenant_flux-system__ConfigMap",
            "tenant_sluice_apps_Deployment",
            "flux-system_settings__ConfigMap",
            "_widgets.example.org_apiextensions.k8s.io_CustomResourceDefinition",
        ] {
            assert_eq!(protected.refuses(&id(other)), None, "{other}");
            assert_eq!(Protected::default().refuses(&id(other)), None);
        }
    }

    /// T6: neither setting, changing nor dropping a security label.
    #[test]
    fn t6_security_labels_stay_as_they_are() {
        let namespace = |labels: Value| {
            Object::from_value(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "tenant", "labels": labels}}))
            .expect("a map")
        };
        let restricted = namespace(json!({"pod-security.kubernetes.io/enforce": "restricted", "a": "b"}));
        let privileged = namespace(json!({"pod-security.kubernetes.io/enforce": "privileged"}));
        let none = namespace(json!({"a": "c"}));
        let refuses = |live, merged| protected().refuses_change(live, merged).is_some();
        assert!(refuses(Some(&restricted), &privileged));
        assert!(refuses(Some(&restricted), &none));
        assert!(refuses(None, &privileged));
        assert!(!refuses(Some(&restricted), &restricted));
        assert!(!refuses(None, &none) && !refuses(Some(&none), &none));
        let open = Protected {
            security_labels: false,
            ..protected()
        };
        assert_eq!(open.refuses_change(Some(&restricted), &privileged), None);
    }
}
