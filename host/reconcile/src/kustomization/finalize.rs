//! Deletion of a Kustomization: what it applied is deleted where its policy says so, then the finalizer goes.

use std::time::Duration;

use sluice_api::Kustomization;
use sluice_api::annotation::FINALIZER;
use sluice_api::kustomization::DeletionPolicy;
use sluice_apply::{Action, Change, PruneOptions, prune};
use sluice_cluster::kube::{self, ResourceExt as _};
use sluice_model::condition::reasons;
use sluice_model::{Inventory, Severity};

use super::tell::Revisions;
use super::tenant::Place;
use super::termination::Terminating;
use super::timing::Timing;
use super::{KustomizationReconciler, MANAGER, apply};
use crate::key::ObjectKey;
use crate::status::set_finalizer;
use crate::worker::Outcome;

/// Longest wait for termination where the spec's timeout cannot be read.
const FALLBACK_TIMEOUT: Duration = Duration::from_secs(300);

impl KustomizationReconciler {
    /// Deletes what the object applied, as its policy says, and lets it go.
    pub(super) async fn finalize(&self, key: &ObjectKey, object: &Kustomization) -> Outcome {
        self.memory.rest(key);
        if !object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            self.memory.forget(key);
            return Outcome::Settled;
        }
        match self.clear(key, object).await {
            Ok(true) => {}
            Ok(false) => return Outcome::Settled,
            Err(error) => {
                self.tell(object, Severity::Error, reasons::PRUNE_FAILED, &error, None);
                return Outcome::Backoff(error);
            }
        }
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
        self.memory.forget(key);
        Outcome::Gone
    }

    /// Whether nothing holds the object any more.
    async fn clear(&self, key: &ObjectKey, object: &Kustomization) -> Result<bool, String> {
        if !deletes_objects(object) {
            return Ok(true);
        }
        let waits = object.spec.deletion_policy == Some(DeletionPolicy::WaitForTermination);
        match self.memory.terminated(key) {
            Some(None) if waits => return Ok(false),
            Some(Some(left)) if !left.is_empty() && waits => {
                let message = format!("failed to wait for resources termination\n{}", left.join("\n"));
                self.tell(object, Severity::Error, reasons::PRUNE_FAILED, &message, None);
                return Ok(true);
            }
            Some(_) => return Ok(true),
            None => {}
        }
        self.follow_references(key, object);
        let Some((place, deleted)) = self.delete_objects(object).await? else {
            return Ok(true);
        };
        if !waits || deleted.is_empty() {
            return Ok(true);
        }
        let timeout = Timing::of(&object.spec).map_or(FALLBACK_TIMEOUT, |timing| timing.timeout);
        let target = (self.engine.queues.kustomizations.clone(), key.clone());
        self.memory
            .set_terminating(key, Terminating::start(place, deleted, timeout, target));
        Ok(false)
    }

    /// What was deleted and where; none when there was nothing to delete or nobody to delete it.
    async fn delete_objects(&self, object: &Kustomization) -> Result<Option<(Place, Vec<Change>)>, String> {
        let inventory = object
            .status
            .as_ref()
            .and_then(|status| status.inventory.as_ref());
        let Some(inventory) = inventory
            .map(Inventory::from)
            .filter(|known| !known.entries.is_empty())
        else {
            return Ok(None);
        };
        let place = self.place(object).await.map_err(|failure| failure.message)?;
        if self.is_tenant_gone(&place, object).await {
            self.tell_leaked(object, &inventory);
            return Ok(None);
        }
        let mut options = PruneOptions::new(apply::owner(object));
        options.protected = self.protected(&place, object);
        let pruned = prune(&place.cluster, &inventory.entries, &options).await;
        let log = pruned.changes.log();
        if !log.is_empty() {
            let reason = super::status::Progress::of(object).ready_reason();
            let revisions = Revisions::applied(object);
            self.tell(object, Severity::Info, &reason, &log, revisions.as_ref());
        }
        let mut changes = pruned.into_result().map_err(|error| error.to_string())?.changes;
        changes.retain(|change| change.action == Action::Deleted && change.fingerprint.is_some());
        Ok(Some((place, changes)))
    }

    fn tell_leaked(&self, object: &Kustomization, inventory: &Inventory) {
        let left = inventory.entries.iter().map(|entry| {
            let id = entry.id.parse::<sluice_model::ObjectId>();
            id.map_or_else(|_| entry.id.clone(), |id| id.subject())
        });
        let left: Vec<String> = left.collect();
        let message = format!("unable to prune objects: \n{}", left.join("\n"));
        tracing::error!(message, "the account to impersonate is gone, its objects stay");
        self.tell(object, Severity::Error, reasons::PRUNE_FAILED, &message, None);
    }
}

/// A suspended object leaves everything; else its policy decides, which by default mirrors `spec.prune`.
fn deletes_objects(object: &Kustomization) -> bool {
    if object.spec.suspend == Some(true) {
        return false;
    }
    match &object.spec.deletion_policy {
        None | Some(DeletionPolicy::MirrorPrune) => object.spec.prune,
        Some(DeletionPolicy::Delete | DeletionPolicy::WaitForTermination) => true,
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn policy_and_suspension_decide_what_a_deletion_takes() {
        let deletes = |spec: serde_json::Value| {
            let mut full =
                json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "r"}});
            full.as_object_mut()
                .expect("a map")
                .extend(spec.as_object().expect("a map").clone());
            let object = serde_json::from_value(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization", "metadata": {"name": "a"}, "spec": full}))
            .expect("a Kustomization");
            deletes_objects(&object)
        };
        assert!(deletes(json!({})));
        assert!(!deletes(json!({"prune": false})));
        assert!(deletes(json!({"prune": false, "deletionPolicy": "Delete"})));
        assert!(deletes(
            json!({"prune": false, "deletionPolicy": "WaitForTermination"})
        ));
        assert!(!deletes(json!({"deletionPolicy": "Orphan"})));
        assert!(!deletes(json!({"suspend": true})), "section 7, item 6");
    }
}
