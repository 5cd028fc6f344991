//! Deletion of a Kustomization: what it applied is deleted where its policy says so, then the finalizer goes.

use sluice_api::Kustomization;
use sluice_api::annotation::FINALIZER;
use sluice_api::kustomization::DeletionPolicy;
use sluice_apply::{PruneOptions, prune};
use sluice_cluster::kube::{self, ResourceExt as _};
use sluice_model::condition::reasons;
use sluice_model::{Inventory, Severity};

use super::{KustomizationReconciler, MANAGER, apply};
use crate::key::ObjectKey;
use crate::status::set_finalizer;
use crate::worker::Outcome;

impl KustomizationReconciler {
    /// Deletes what the object applied, as its policy says, and lets it go.
    pub(super) async fn finalize(&self, key: &ObjectKey, object: &Kustomization) -> Outcome {
        self.memory.forget(key);
        if !object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            return Outcome::Settled;
        }
        if deletes_objects(object) {
            if let Err(error) = self.delete_objects(object).await {
                self.tell(object, Severity::Error, reasons::PRUNE_FAILED, &error, None);
                return Outcome::Backoff(error);
            }
        }
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(_) => Outcome::Gone,
            Err(kube::Error::Api(status)) if status.code == 404 => Outcome::Gone,
            Err(error) => Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
    }

    async fn delete_objects(&self, object: &Kustomization) -> Result<(), String> {
        let inventory = object
            .status
            .as_ref()
            .and_then(|status| status.inventory.as_ref());
        let Some(inventory) = inventory
            .map(Inventory::from)
            .filter(|known| !known.entries.is_empty())
        else {
            return Ok(());
        };
        if self.is_tenant_gone(object).await {
            let left: Vec<&str> = inventory.entries.iter().map(|entry| entry.id.as_str()).collect();
            let message = format!(
                "unable to prune objects: the service account is gone\n{}",
                left.join("\n")
            );
            self.tell(object, Severity::Error, reasons::PRUNE_FAILED, &message, None);
            return Ok(());
        }
        let cluster = self.tenant(object).map_err(|failure| failure.message)?;
        let pruned = prune(
            &cluster,
            &inventory.entries,
            &PruneOptions::new(apply::owner(object)),
        )
        .await;
        let log = pruned.changes.log();
        if !log.is_empty() {
            let revision = object
                .status
                .as_ref()
                .and_then(|status| status.last_applied_revision.clone());
            self.tell(
                object,
                Severity::Info,
                reasons::RECONCILIATION_SUCCEEDED,
                &log,
                revision.as_deref(),
            );
        }
        pruned.into_result().map(drop).map_err(|error| error.to_string())
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
        assert!(!deletes(json!({"deletionPolicy": "Orphan"})));
        assert!(!deletes(json!({"suspend": true})), "section 7, item 6");
    }
}
