//! Where an owner's objects are, and the identity that they are read, applied and deleted with.

use std::sync::Arc;

use sluice_api::kube_config::KubeConfigReference;
use sluice_apply::Protected;
use sluice_cluster::k8s_openapi::api::core::v1::ServiceAccount;
use sluice_cluster::kube::{self, Api};
use sluice_cluster::{Cluster, ClusterError, Hub};

use crate::engine::Engine;
use crate::remote::{Remote, RemoteError};

/// A cluster with the identity of an owner, and the watches over it.
#[derive(Clone)]
pub struct Place {
    /// What is read and written goes through this.
    pub cluster: Cluster,
    /// Watches with the identity of the cluster's credentials.
    pub hub: Hub,
    base: Cluster,
    /// Whether it is the cluster that Sluice runs in.
    is_ours: bool,
    /// The cluster of a kubeconfig, which stays open as long as somebody holds it.
    pub remote: Option<Arc<Remote>>,
}

/// What a spec says of place and identity.
#[derive(Debug, Clone, Copy)]
pub struct Tenant<'a> {
    /// Namespace of the owner.
    pub namespace: &'a str,
    /// `spec.kubeConfig`
    pub kube_config: Option<&'a KubeConfigReference>,
    /// `spec.serviceAccountName`
    pub service_account: Option<&'a str>,
}

/// There is no such place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The account cannot be impersonated; only a change of spec helps.
    #[error("spec.serviceAccountName: {0}")]
    Account(ClusterError),
    /// The cluster of the kubeconfig.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// The account to act as: the one that a spec names, else the operator's default. An empty name names none, as in Flux:
/// it must not lead past the default (T3).
pub fn account<'a>(named: Option<&'a str>, default: &'a str) -> Option<&'a str> {
    let is_name = |name: &&str| !name.is_empty();
    named.filter(is_name).or(Some(default).filter(is_name))
}

impl Engine {
    fn account<'a>(&'a self, tenant: &Tenant<'a>) -> Option<&'a str> {
        account(tenant.service_account, &self.options.default_service_account)
    }

    /// The cluster of `spec.kubeConfig`, else our own, as the owner's service account sees it; it never falls back to
    /// the credentials' own identity (T3).
    ///
    /// # Errors
    /// The kubeconfig or the account cannot be used.
    pub async fn place(&self, tenant: &Tenant<'_>) -> Result<Place, PlaceError> {
        let remote = match tenant.kube_config {
            Some(reference) => Some(self.remotes.get(tenant.namespace, reference).await?),
            None => None,
        };
        let (base, hub) = match &remote {
            Some(remote) => (remote.cluster.clone(), remote.hub.clone()),
            None => (self.cluster.clone(), self.hub.clone()),
        };
        let is_ours = match &remote {
            Some(remote) => {
                remote
                    .is_ours(&self.cluster, &self.options.runtime_namespace)
                    .await
            }
            None => true,
        };
        let cluster = match self.account(tenant) {
            None => base.clone(),
            Some(account) => base
                .impersonate(tenant.namespace, account)
                .map_err(PlaceError::Account)?,
        };
        Ok(Place {
            cluster,
            hub,
            base,
            is_ours,
            remote,
        })
    }

    /// Whether the service account was deleted: nobody is left who may delete its objects (T4). It is looked up in the
    /// cluster in which it is impersonated.
    pub async fn is_tenant_gone(&self, place: &Place, tenant: &Tenant<'_>) -> bool {
        let Some(account) = self.account(tenant) else {
            return false;
        };
        let api: Api<ServiceAccount> = Api::namespaced(place.base.client(), tenant.namespace);
        matches!(api.get(account).await, Err(kube::Error::Api(status)) if status.code == 404)
    }

    /// What an owner may not touch (T6, T8). The operator's own objects are those of the namespace that Sluice runs in;
    /// another cluster holds nothing of ours, unless its kubeconfig leads back here.
    pub fn protected(&self, place: &Place, namespace: &str) -> Protected {
        let options = &self.options;
        if namespace == options.runtime_namespace || !place.is_ours {
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
