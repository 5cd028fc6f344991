//! Where a Kustomization's objects are, and the identity that they are read, applied and deleted with.

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_apply::Protected;
use sluice_cluster::k8s_openapi::api::core::v1::ServiceAccount;
use sluice_cluster::kube::{self, Api, ResourceExt as _};
use sluice_cluster::{Cluster, Hub};
use sluice_model::condition::reasons;

use super::KustomizationReconciler;
use super::failure::Failure;
use crate::key::ObjectKey;

/// A cluster with the identity of a Kustomization, and the watches over it.
pub(super) struct Place {
    /// What is read and written goes through this.
    pub(super) cluster: Cluster,
    /// Watches with the identity of the cluster's credentials.
    pub(super) hub: Hub,
    base: Cluster,
    /// Whether it is the cluster that Sluice runs in.
    is_ours: bool,
}

/// The account to act as: the one that a spec names, else the operator's default. An empty name names none, as in Flux:
/// it must not lead past the default (T3).
pub(super) fn account<'a>(named: Option<&'a str>, default: &'a str) -> Option<&'a str> {
    let is_name = |name: &&str| !name.is_empty();
    named.filter(is_name).or(Some(default).filter(is_name))
}

impl KustomizationReconciler {
    fn service_account<'a>(&'a self, object: &'a Kustomization) -> Option<&'a str> {
        let named = object.spec.service_account_name.as_deref();
        account(named, &self.engine.options.default_service_account)
    }

    /// The cluster of `spec.kubeConfig`, else our own, as the object's service account sees it; it never falls back to
    /// the credentials' own identity (T3).
    pub(super) async fn place(&self, object: &Kustomization) -> Result<Place, Failure> {
        let namespace = object.namespace().unwrap_or_default();
        let (base, hub, is_ours) = self.base(object).await?;
        let cluster = match self.service_account(object) {
            None => base.clone(),
            Some(account) => base.impersonate(&namespace, account).map_err(|error| {
                Failure::stalled(
                    reasons::RECONCILIATION_FAILED,
                    format!("spec.serviceAccountName: {error}"),
                )
            })?,
        };
        Ok(Place {
            cluster,
            hub,
            base,
            is_ours,
        })
    }

    async fn base(&self, object: &Kustomization) -> Result<(Cluster, Hub, bool), Failure> {
        let key = ObjectKey::of(object);
        let Some(reference) = &object.spec.kube_config else {
            self.memory.hold_remote(&key, None);
            return Ok((self.engine.cluster.clone(), self.engine.hub.clone(), true));
        };
        let found = self.engine.remotes.get(&key.namespace, reference).await;
        let version = found.as_ref().map_or("0", |remote| remote.version.as_str());
        self.follow_kubeconfig(&key, reference, version);
        let remote =
            found.map_err(|error| Failure::retry(reasons::RECONCILIATION_FAILED, error.to_string()))?;
        self.memory.hold_remote(&key, Some(Arc::clone(&remote)));
        let is_ours = remote
            .is_ours(&self.engine.cluster, &self.engine.options.runtime_namespace)
            .await;
        Ok((remote.cluster.clone(), remote.hub.clone(), is_ours))
    }

    /// Whether the service account was deleted: nobody is left who may delete its objects (T4). It is looked up in the
    /// cluster in which it is impersonated.
    pub(super) async fn is_tenant_gone(&self, place: &Place, object: &Kustomization) -> bool {
        let Some(account) = self.service_account(object) else {
            return false;
        };
        let namespace = object.namespace().unwrap_or_default();
        let api: Api<ServiceAccount> = Api::namespaced(place.base.client(), &namespace);
        matches!(api.get(account).await, Err(kube::Error::Api(status)) if status.code == 404)
    }

    /// What the object may not touch (T6, T8). The operator's own Kustomizations are those of the namespace that Sluice
    /// runs in; another cluster holds nothing of ours, unless its kubeconfig leads back here.
    pub(super) fn protected(&self, place: &Place, object: &Kustomization) -> Protected {
        let options = &self.engine.options;
        let is_operators = object.namespace().as_deref() == Some(options.runtime_namespace.as_str());
        if is_operators || !place.is_ours {
            return Protected::default();
        }
        let mut groups: Vec<String> = sluice_api::KINDS
            .iter()
            .map(|info| info.group.to_owned())
            .collect();
        groups.dedup();
        Protected {
            namespace: options.runtime_namespace.clone(),
            groups,
            security_labels: !options.allow_namespace_security_labels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T3: whatever a tenant writes, the operator's default account stands between it and the process's own rights.
    #[test]
    fn t3_an_empty_account_is_the_default_one() {
        for named in [None, Some("")] {
            assert_eq!(account(named, "default"), Some("default"));
            assert_eq!(account(named, ""), None);
        }
        assert_eq!(account(Some("tenant"), "default"), Some("tenant"));
    }
}
