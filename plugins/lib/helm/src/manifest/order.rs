//! The order in which kinds are installed.

use std::cmp::Ordering;

const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Kinds that helm knows by its list, the others after them by name.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let rank = |kind: &str| {
        INSTALL_ORDER
            .iter()
            .position(|own| *own == kind)
            .unwrap_or(INSTALL_ORDER.len())
    };
    let (first, second) = (rank(a), rank(b));
    first.cmp(&second).then_with(|| {
        if first == INSTALL_ORDER.len() {
            a.cmp(b)
        } else {
            Ordering::Equal
        }
    })
}
