//! The cluster behind a chart's `lookup`: with the tenant's identity, never with our own (T3).

use async_trait::async_trait;
use serde_json::{Value, json};
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::port::{ClusterLookup, EndpointError};
use sluice_model::{Object, ObjectId};

/// Looks objects up as the owner of a release sees them.
pub(super) struct TenantLookup(pub(super) Cluster);

#[async_trait]
impl ClusterLookup for TenantLookup {
    async fn lookup(
        &self,
        api_version: String,
        kind: String,
        namespace: String,
        name: String,
    ) -> Result<Option<String>, EndpointError> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let id = ObjectId {
            namespace,
            name,
            group: group.to_owned(),
            kind: kind.clone(),
        };
        let resource = self.0.resource(&id, version).await.map_err(failed)?;
        if !id.name.is_empty() {
            return match self.0.get(&id, version).await {
                Ok(object) => Ok(Some(object.into_value().to_string())),
                Err(ClusterError::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed(error)),
            };
        }
        let items = self.0.list(&resource, &id.namespace, "").await.map_err(failed)?;
        let items: Vec<Value> = items.into_iter().map(Object::into_value).collect();
        let list =
            json!({"apiVersion": api_version, "kind": format!("{kind}List"), "metadata": {}, "items": items});
        Ok(Some(list.to_string()))
    }
}

fn failed(error: ClusterError) -> EndpointError {
    let text = error.to_string();
    match error {
        ClusterError::Forbidden { .. } => EndpointError::Denied(text),
        error if error.is_transient() => EndpointError::Transient {
            message: text,
            after_ms: None,
        },
        _ => EndpointError::Failed(text),
    }
}
