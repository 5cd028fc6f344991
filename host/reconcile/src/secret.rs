//! Reads the Secrets that objects refer to, always in the object's own namespace.

use sluice_cluster::k8s_openapi::api::core::v1::Secret;
use sluice_cluster::kube::{self, Api};
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::SecretData;

/// A Secret that an object refers to cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It does not exist.
    #[error("secret '{namespace}/{name}' of {field} not found")]
    NotFound {
        /// Field of the object's spec.
        field: &'static str,
        /// Of the Secret.
        namespace: String,
        /// Of the Secret.
        name: String,
    },
    /// It could not be read.
    #[error("failed to read secret '{namespace}/{name}' of {field}: {source}")]
    Read {
        /// Field of the object's spec.
        field: &'static str,
        /// Of the Secret.
        namespace: String,
        /// Of the Secret.
        name: String,
        /// Of the API server.
        source: ClusterError,
    },
}

/// The data of a Secret; none when the field is not set.
///
/// # Errors
/// The Secret does not exist or cannot be read.
pub async fn read(
    cluster: &Cluster,
    namespace: &str,
    (field, name): (&'static str, Option<&str>),
) -> Result<Option<SecretData>, SecretError> {
    let Some(name) = name else { return Ok(None) };
    let api: Api<Secret> = Api::namespaced(cluster.client(), namespace);
    match api.get(name).await {
        Ok(secret) => {
            let data = secret
                .data
                .unwrap_or_default()
                .into_iter()
                .map(|(key, value)| (key, value.0));
            Ok(Some(SecretData::new(format!("{namespace}/{name}"), data)))
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Err(SecretError::NotFound {
            field,
            namespace: namespace.into(),
            name: name.into(),
        }),
        Err(error) => Err(SecretError::Read {
            field,
            namespace: namespace.into(),
            name: name.into(),
            source: ClusterError::from(error),
        }),
    }
}
