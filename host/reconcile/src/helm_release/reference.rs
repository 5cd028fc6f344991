//! The values and the kubeconfig that a HelmRelease refers to, and the objects of its release: when one changes, it is due.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_api::HelmRelease;
use sluice_api::kube_config::KubeConfigReference;
use sluice_cluster::{Fingerprint, Tracked};
use sluice_model::{Inventory, ObjectId};

use super::{MANAGER, Shared};
use crate::drift_watch::DriftWatch;
use crate::following::{Following, ReferenceWatch, kubeconfig, named};
use crate::key::ObjectKey;
use crate::tenant::Place;

impl Shared {
    /// From now on a change of a referenced object makes the HelmRelease due.
    pub(super) fn follow_references(&self, key: &ObjectKey, object: &HelmRelease) {
        let values = object.spec.values_from.iter();
        let values = values.map(|reference| (reference.kind.as_str(), reference.name.as_str()));
        let names = named(values, object.spec.kube_config.as_ref());
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

    /// From now on a foreign change of an object of the release makes a comparison due; `seen` tells how the objects stood
    /// at the last one, so that nothing that happened since is missed.
    pub(super) fn watch_drift(
        &self,
        key: &ObjectKey,
        place: &Place,
        inventory: &Inventory,
        seen: &HashMap<ObjectId, Fingerprint>,
    ) {
        let tracked = inventory.entries.iter().filter_map(|entry| {
            let id: ObjectId = entry.id.parse().ok()?;
            Some(Tracked {
                expected: seen.get(&id).copied(),
                id,
                version: entry.v.clone(),
            })
        });
        let tracked: Vec<Tracked> = tracked.collect();
        let known = self.memory.drift_watch(key);
        if let Some(subscription) = known.filter(|known| known.hub().is_same(&place.hub)) {
            subscription.replace(tracked);
            return;
        }
        let queue = self.engine.queues.helm_releases.clone();
        let watch = DriftWatch::start(&place.hub, ("HelmRelease", key), MANAGER, queue, tracked);
        self.memory.set_drift_watch(key, watch);
    }
}
