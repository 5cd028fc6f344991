//! The place of a Kustomization's objects: what its spec says of cluster and identity.

use sluice_api::Kustomization;
use sluice_apply::Protected;
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::condition::reasons;

use super::KustomizationReconciler;
use super::failure::Failure;
use crate::key::ObjectKey;
pub(super) use crate::tenant::{Place, account};
use crate::tenant::{PlaceError, Tenant};

fn tenant<'a>(namespace: &'a str, object: &'a Kustomization) -> Tenant<'a> {
    Tenant {
        namespace,
        kube_config: object.spec.kube_config.as_ref(),
        service_account: object.spec.service_account_name.as_deref(),
    }
}

impl KustomizationReconciler {
    /// Where the object's objects are; its kubeconfig is followed, whether it can be used or not.
    pub(super) async fn place(&self, object: &Kustomization) -> Result<Place, Failure> {
        let key = ObjectKey::of(object);
        let place = self.engine.place(&tenant(&key.namespace, object)).await;
        let remote = place.as_ref().ok().and_then(|place| place.remote.clone());
        if let Some(reference) = &object.spec.kube_config {
            let version = remote.as_ref().map_or("0", |remote| remote.version.as_str());
            self.follow_kubeconfig(&key, reference, version);
        }
        if place.is_ok() {
            self.memory.hold_remote(&key, remote);
        }
        place.map_err(|error| match error {
            PlaceError::Account(_) => Failure::stalled(reasons::RECONCILIATION_FAILED, error.to_string()),
            PlaceError::Remote(_) => Failure::retry(reasons::RECONCILIATION_FAILED, error.to_string()),
        })
    }

    /// Whether the service account was deleted.
    pub(super) async fn is_tenant_gone(&self, place: &Place, object: &Kustomization) -> bool {
        let namespace = object.namespace().unwrap_or_default();
        self.engine
            .is_tenant_gone(place, &tenant(&namespace, object))
            .await
    }

    /// What the object may not touch.
    pub(super) fn protected(&self, place: &Place, object: &Kustomization) -> Protected {
        self.engine
            .protected(place, &object.namespace().unwrap_or_default())
    }
}
