//! The variables and the kubeconfig that a Kustomization refers to: when one changes, the Kustomization is due. (Keys
//! of decryption are watched in `crate::reference`.)

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_api::kube_config::KubeConfigReference;

use super::KustomizationReconciler;
use crate::following::{self, Following, ReferenceWatch, kubeconfig};
use crate::key::ObjectKey;

/// Kind and name of everything the spec refers to in the object's own namespace.
fn named(object: &Kustomization) -> Vec<(&str, &str)> {
    let spec = &object.spec;
    let variables = spec
        .post_build
        .iter()
        .flat_map(|post_build| &post_build.substitute_from)
        .map(|reference| (reference.kind.as_str(), reference.name.as_str()));
    following::named(variables, spec.kube_config.as_ref())
}

impl KustomizationReconciler {
    /// From now on a change of a referenced object makes the Kustomization due. What a pass reads later is at least as
    /// new as what the watch begins with.
    pub(super) fn follow_references(&self, key: &ObjectKey, object: &Kustomization) {
        let names = named(object);
        if names.is_empty() {
            self.memory.unfollow(key);
            return;
        }
        self.watch(key).replace(&key.namespace, &names);
    }

    /// Tells the watch which version of the kubeconfig was read; `0` when there is none.
    pub(super) fn follow_kubeconfig(&self, key: &ObjectKey, reference: &KubeConfigReference, version: &str) {
        if let Some(name) = kubeconfig(reference) {
            self.watch(key).add(&key.namespace, name, version);
        }
    }

    fn watch(&self, key: &ObjectKey) -> Arc<ReferenceWatch> {
        let queue = || self.engine.queues.kustomizations.clone();
        self.memory.following(key, || {
            Following::start(&self.engine.hub, "Kustomization", queue(), key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_and_kubeconfigs_of_the_spec_are_followed() {
        let object: Kustomization = serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "app", "namespace": "ns"},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "r"},
                "kubeConfig": {"secretRef": {"name": "remote"}},
                "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}, {"kind": "Other", "name": "x"}]}}
        }))
        .expect("a Kustomization");
        assert_eq!(named(&object), [("ConfigMap", "vars"), ("Secret", "remote")]);
    }
}
