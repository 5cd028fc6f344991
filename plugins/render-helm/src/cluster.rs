//! The tenant's cluster behind `lookup`.

use sluice_helm::Cluster;
use sluice_plugin::{Error, cluster};

/// Look-ups that the host makes with the tenant's identity, and records.
pub struct TenantCluster;

impl Cluster for TenantCluster {
    fn lookup(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<serde_json::Value>, String> {
        match cluster::lookup(api_version, kind, namespace, name) {
            Ok(Some(json)) => serde_json::from_str(&json)
                .map(Some)
                .map_err(|error| error.to_string()),
            Ok(None) | Err(Error::NotFound(_)) => Ok(None),
            Err(Error::Denied(text) | Error::Failed(text) | Error::InvalidConfig(text)) => Err(text),
            Err(Error::Transient(retry)) => Err(retry.message),
            Err(Error::NeedsInput(_)) => Err("the cluster asks for an input".into()),
        }
    }
}
