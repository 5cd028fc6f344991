//! Logins at Vault or OpenBao with a token of a service account, at the servers that the operator lists.

use async_trait::async_trait;
use sluice_cluster::Cluster;
use sluice_cluster::k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use sluice_cluster::k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use sluice_cluster::kube::Api;
use sluice_cluster::kube::api::PostParams;
use sluice_decrypt::{VaultGrant, VaultLogin, vault_login_path};

use crate::key::ObjectKey;

/// The key of the ConfigMap that lists servers.
const SERVERS_KEY: &str = "config.yaml";
/// Least lifetime that the API server gives a token, in seconds.
const LIFETIME: i64 = 600;

/// Logs in as a service account of the object's namespace.
pub(super) struct ServiceAccountLogin {
    pub cluster: Cluster,
    pub namespace: String,
    pub account: String,
    /// The ConfigMap with the servers that may be told a token, and where to log in there.
    pub servers: ObjectKey,
}

impl ServiceAccountLogin {
    /// Who logs in.
    pub fn identity(&self) -> String {
        format!("{}/{}", self.namespace, self.account)
    }

    async fn path(&self, address: &str) -> Result<String, String> {
        let api: Api<ConfigMap> = Api::namespaced(self.cluster.client(), &self.servers.namespace);
        let servers = &self.servers;
        let found = api.get(&servers.name).await;
        let found = found.map_err(|error| format!("failed to read ConfigMap '{servers}': {error}"))?;
        let text = found.data.as_ref().and_then(|data| data.get(SERVERS_KEY));
        let text = text.ok_or_else(|| format!("ConfigMap '{servers}' has no key {SERVERS_KEY}"))?;
        let path =
            vault_login_path(text, address).map_err(|reason| format!("ConfigMap '{servers}': {reason}"))?;
        path.ok_or_else(|| format!("ConfigMap '{servers}' does not list the server of the file"))
    }
}

#[async_trait]
impl VaultLogin for ServiceAccountLogin {
    async fn login(&self, address: &str) -> Result<VaultGrant, String> {
        let path = self.path(address).await?;
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                audiences: Some(vec![address.to_owned()]),
                expiration_seconds: Some(LIFETIME),
                bound_object_ref: None,
            }),
            ..TokenRequest::default()
        };
        let api: Api<ServiceAccount> = Api::namespaced(self.cluster.client(), &self.namespace);
        let issued = api
            .create_token_request(&self.account, &PostParams::default(), &request)
            .await;
        let issued =
            issued.map_err(|error| format!("no token for service account '{}': {error}", self.identity()))?;
        let token = issued.status.and_then(|status| status.token).unwrap_or_default();
        Ok(VaultGrant {
            path,
            role: format!("{}_{}", self.namespace, self.account),
            token: token.into(),
        })
    }
}
