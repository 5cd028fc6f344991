//! Tokens of a tenant's service account for a remote cluster (Kubernetes TokenRequest), renewed before they expire.

use std::time::Duration;

use async_trait::async_trait;
use sluice_cluster::k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use sluice_cluster::k8s_openapi::api::core::v1::ServiceAccount;
use sluice_cluster::k8s_openapi::jiff::Timestamp;
use sluice_cluster::kube::Api;
use sluice_cluster::kube::api::PostParams;
use sluice_cluster::{BearerSource, Cluster, ClusterError};
use tokio::time::Instant;

const LIFETIME: i64 = 3600;

struct Held {
    token: String,
    renew_at: Instant,
}

/// Requests tokens with our own identity, for one service account and its audiences.
pub struct ServiceAccountTokens {
    cluster: Cluster,
    namespace: String,
    account: String,
    audiences: Vec<String>,
    held: tokio::sync::Mutex<Option<Held>>,
}

impl ServiceAccountTokens {
    /// No token is requested yet.
    pub fn new(cluster: Cluster, namespace: &str, account: &str, audiences: Vec<String>) -> Self {
        Self {
            cluster,
            namespace: namespace.into(),
            account: account.into(),
            audiences,
            held: tokio::sync::Mutex::default(),
        }
    }

    async fn request(&self) -> Result<Held, String> {
        let api: Api<ServiceAccount> = Api::namespaced(self.cluster.client(), &self.namespace);
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                audiences: Some(self.audiences.clone()),
                expiration_seconds: Some(LIFETIME),
                ..TokenRequestSpec::default()
            }),
            ..TokenRequest::default()
        };
        let made = api
            .create_token_request(&self.account, &PostParams::default(), &request)
            .await;
        let status = made.map_err(ClusterError::from).map(|made| made.status);
        let fail = |why: String| {
            format!(
                "failed to request a token of service account '{}/{}': {why}",
                self.namespace, self.account
            )
        };
        let status = status
            .map_err(|error| fail(error.to_string()))?
            .ok_or_else(|| fail("the answer holds none".into()))?;
        let expires = status
            .expiration_timestamp
            .map_or(LIFETIME, |at| at.0.as_second() - Timestamp::now().as_second());
        let left = Duration::from_secs(u64::try_from(expires).unwrap_or_default());
        Ok(Held {
            token: status.token.ok_or_else(|| fail("the answer holds none".into()))?,
            renew_at: Instant::now() + left.mul_f64(0.8),
        })
    }
}

#[async_trait]
impl BearerSource for ServiceAccountTokens {
    async fn bearer(&self) -> Result<String, String> {
        let mut held = self.held.lock().await;
        if let Some(known) = held.as_ref().filter(|known| known.renew_at > Instant::now()) {
            return Ok(known.token.clone());
        }
        let fresh = self.request().await?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }
}
