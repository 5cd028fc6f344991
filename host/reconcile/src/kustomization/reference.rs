//! The variables and the kubeconfig that a Kustomization refers to: when one changes, the Kustomization is due. (Keys
//! of decryption are watched in `crate::reference`.)

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_api::kube_config::KubeConfigReference;
use sluice_cluster::{Fingerprint, Interest, Subscription, Tracked};
use sluice_model::ObjectId;
use tokio::task::AbortHandle;

use super::KustomizationReconciler;
use crate::key::ObjectKey;
use crate::queue::Reason;

/// The watch over what one Kustomization refers to, and the task that hears it.
pub struct ReferenceWatch {
    subscription: Subscription,
}

/// Ends the task with the watch.
pub struct Following {
    watch: Arc<ReferenceWatch>,
    task: AbortHandle,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Following {
    /// The watch.
    pub fn watch(&self) -> Arc<ReferenceWatch> {
        self.watch.clone()
    }
}

/// An object of the core group in the Kustomization's namespace, in the version that was read.
fn tracked(namespace: &str, (kind, name): (&str, &str), version: Option<&str>) -> Tracked {
    Tracked {
        id: ObjectId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            group: String::new(),
            kind: kind.to_owned(),
        },
        version: "v1".to_owned(),
        expected: version.map(Fingerprint::of_version),
    }
}

fn kubeconfig(reference: &KubeConfigReference) -> Option<(&str, &str)> {
    match (&reference.secret_ref, &reference.config_map_ref) {
        (Some(secret), _) => Some(("Secret", secret.name.as_str())),
        (None, Some(config_map)) => Some(("ConfigMap", config_map.name.as_str())),
        (None, None) => None,
    }
}

/// Kind and name of everything the spec refers to in the object's own namespace.
fn named(object: &Kustomization) -> Vec<(&str, &str)> {
    let spec = &object.spec;
    let variables = spec
        .post_build
        .iter()
        .flat_map(|post_build| &post_build.substitute_from)
        .map(|reference| (reference.kind.as_str(), reference.name.as_str()));
    let clusters = spec.kube_config.iter().filter_map(kubeconfig);
    let mut all: Vec<_> = variables.chain(clusters).collect();
    all.retain(|(kind, name)| matches!(*kind, "Secret" | "ConfigMap") && !name.is_empty());
    all
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
        let objects = names
            .iter()
            .map(|name| tracked(&key.namespace, *name, None))
            .collect();
        self.watch(key).subscription.replace(objects);
    }

    /// Tells the watch which version of the kubeconfig was read; `0` when there is none.
    pub(super) fn follow_kubeconfig(&self, key: &ObjectKey, reference: &KubeConfigReference, version: &str) {
        let Some(name) = kubeconfig(reference) else { return };
        let objects = vec![tracked(&key.namespace, name, Some(version))];
        self.watch(key).subscription.add(objects);
    }

    fn watch(&self, key: &ObjectKey) -> Arc<ReferenceWatch> {
        self.memory.following(key, || {
            let owner = format!("references of Kustomization/{key}");
            let subscription = self.engine.hub.track(owner, Interest::Version, "", Vec::new());
            let watch = Arc::new(ReferenceWatch { subscription });
            let (heard, queue, key) = (
                watch.clone(),
                self.engine.queues.kustomizations.clone(),
                key.clone(),
            );
            let task = tokio::spawn(async move {
                loop {
                    heard.subscription.changes().await;
                    queue.add(key.clone(), Reason::Reference);
                }
            });
            Following {
                watch,
                task: task.abort_handle(),
            }
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
