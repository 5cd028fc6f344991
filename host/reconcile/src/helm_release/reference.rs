//! The values and the kubeconfig that a HelmRelease refers to, and the objects of its release: when one changes, it is due.

use std::sync::Arc;

use sluice_api::HelmRelease;
use sluice_api::kube_config::KubeConfigReference;
use sluice_cluster::{Interest, Signal, Tracked};
use sluice_model::Inventory;

use super::{MANAGER, Shared};
use crate::following::{Following, ReferenceWatch, kubeconfig};
use crate::key::ObjectKey;
use crate::queue::Reason;
use crate::tenant::Place;

/// Kind and name of everything the spec refers to in the object's own namespace.
fn named(object: &HelmRelease) -> Vec<(&str, &str)> {
    let spec = &object.spec;
    let values = spec
        .values_from
        .iter()
        .map(|reference| (reference.kind.as_str(), reference.name.as_str()));
    let clusters = spec.kube_config.iter().filter_map(kubeconfig);
    let mut all: Vec<_> = values.chain(clusters).collect();
    all.retain(|(kind, name)| matches!(*kind, "Secret" | "ConfigMap") && !name.is_empty());
    all
}

impl Shared {
    /// From now on a change of a referenced object makes the HelmRelease due.
    pub(super) fn follow_references(&self, key: &ObjectKey, object: &HelmRelease) {
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
        let queue = || self.engine.queues.helm_releases.clone();
        self.memory.following(key, || {
            Following::start(&self.engine.hub, "HelmRelease", queue(), key)
        })
    }

    /// From now on a foreign change of an object of the release makes a comparison due.
    pub(super) fn watch_drift(&self, key: &ObjectKey, place: &Place, inventory: &Inventory) {
        let tracked = inventory.entries.iter().filter_map(|entry| {
            Some(Tracked {
                id: entry.id.parse().ok()?,
                version: entry.v.clone(),
                expected: None,
            })
        });
        let tracked: Vec<Tracked> = tracked.collect();
        let known = self.memory.drift_watch(key);
        if let Some(subscription) = known.filter(|known| known.hub().is_same(&place.hub)) {
            subscription.replace(tracked);
            return;
        }
        let owner = format!("HelmRelease/{key}");
        let subscription = Arc::new(place.hub.track(owner, Interest::Drift, MANAGER, tracked));
        let (watched, queue, owner) = (
            subscription.clone(),
            self.engine.queues.helm_releases.clone(),
            key.clone(),
        );
        let task = tokio::spawn(async move {
            loop {
                let changes = watched.changes().await;
                let is_drift = |signal: &Signal| matches!(signal, Signal::Moved | Signal::Deleted);
                if changes.iter().any(|change| is_drift(&change.signal)) {
                    queue.add(owner.clone(), Reason::Drift);
                }
            }
        });
        self.memory
            .set_drift_watch(key, subscription, task.abort_handle());
    }
}
