//! The identity that a Kustomization's objects are read, applied and deleted with.

use sluice_api::Kustomization;
use sluice_cluster::Cluster;
use sluice_cluster::k8s_openapi::api::core::v1::ServiceAccount;
use sluice_cluster::kube::{self, Api, ResourceExt as _};
use sluice_model::condition::reasons;

use super::KustomizationReconciler;
use super::failure::Failure;

impl KustomizationReconciler {
    fn service_account<'a>(&'a self, object: &'a Kustomization) -> Option<&'a str> {
        let named = object.spec.service_account_name.as_deref();
        named
            .or(Some(&self.engine.options.default_service_account))
            .filter(|name| !name.is_empty())
    }

    /// The cluster as the object's service account sees it; it never falls back to our own identity (T3).
    pub(super) fn tenant(&self, object: &Kustomization) -> Result<Cluster, Failure> {
        let Some(account) = self.service_account(object) else {
            return Ok(self.engine.cluster.clone());
        };
        let namespace = object.namespace().unwrap_or_default();
        self.engine
            .cluster
            .impersonate(&namespace, account)
            .map_err(|error| {
                Failure::stalled(
                    reasons::RECONCILIATION_FAILED,
                    format!("spec.serviceAccountName: {error}"),
                )
            })
    }

    /// Whether the service account was deleted: nobody is left who may delete its objects (T4).
    pub(super) async fn is_tenant_gone(&self, object: &Kustomization) -> bool {
        let Some(account) = self.service_account(object) else {
            return false;
        };
        let namespace = object.namespace().unwrap_or_default();
        let api: Api<ServiceAccount> = Api::namespaced(self.engine.cluster.client(), &namespace);
        matches!(api.get(account).await, Err(kube::Error::Api(status)) if status.code == 404)
    }
}
