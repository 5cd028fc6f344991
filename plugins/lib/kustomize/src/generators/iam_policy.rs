//! IAMPolicyGenerator: a service account bound to one of Google Cloud.

use sluice_yaml::Node;

use crate::error::{Error, Result};
use crate::kustomization::decode::record;
use crate::resource::Resource;

record!(
    /// The account in Kubernetes.
    KubernetesService {
        /// Name.
        name: String = "name",
        /// Namespace.
        namespace: String = "namespace",
    }
);

record!(
    /// The account in the cloud.
    ServiceAccount {
        /// Name.
        name: String = "name",
        /// Project.
        project_id: String = "projectId",
    }
);

record!(
    /// The config.
    IamPolicyConfig {
        /// `gke`
        cloud: String = "cloud",
        /// The account in Kubernetes.
        kubernetes_service: KubernetesService = "kubernetesService",
        /// The account in the cloud.
        service_account: ServiceAccount = "serviceAccount",
    }
);

/// Makes the service account.
pub(crate) fn generate(config: &IamPolicyConfig) -> Result<Resource> {
    if config.cloud != "gke" {
        let reason = format!("cloud provider {} not supported yet", config.cloud);
        return Err(Error::Transform {
            transformer: "IAMPolicyGenerator",
            reason,
        });
    }
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        config.service_account.name, config.service_account.project_id
    );
    let annotations = Node::map_of([("iam.gke.io/gcp-service-account", Node::scalar(account))]);
    let mut metadata = Node::map_of([
        ("annotations", annotations),
        ("name", Node::scalar(config.kubernetes_service.name.as_str())),
    ]);
    if !config.kubernetes_service.namespace.is_empty() {
        metadata.set(
            "namespace",
            Node::scalar(config.kubernetes_service.namespace.as_str()),
        );
    }
    Ok(Resource::new(Node::map_of([
        ("apiVersion", Node::string("v1")),
        ("kind", Node::string("ServiceAccount")),
        ("metadata", metadata),
    ])))
}
