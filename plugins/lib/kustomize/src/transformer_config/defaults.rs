//! kustomize 5.8's own tables.

use crate::fieldspec::{FieldSpec, FieldSpecs};
use crate::resid::Gvk;

use super::{BackReference, TransformerConfig};

/// (group, version, kind, path, create)
type Row = (&'static str, &'static str, &'static str, &'static str, bool);

fn specs(rows: &[Row]) -> FieldSpecs {
    rows.iter()
        .map(|(group, version, kind, path, create)| {
            FieldSpec::new(Gvk::fixed(group, version, kind), *path, *create)
        })
        .collect()
}

pub(super) fn tables() -> TransformerConfig {
    TransformerConfig {
        name_prefix: specs(&[("", "", "", "metadata/name", false)]),
        name_suffix: specs(&[("", "", "", "metadata/name", false)]),
        namespace: specs(NAMESPACE),
        common_labels: specs(SELECTORS)
            .into_iter()
            .chain(specs(METADATA_LABELS))
            .collect(),
        labels: Vec::new(),
        template_labels: specs(METADATA_LABELS),
        common_annotations: specs(ANNOTATIONS),
        name_reference: name_reference(),
        var_reference: var_reference(),
        images: specs(IMAGES),
        replicas: specs(REPLICAS),
    }
}

static NAMESPACE: &[Row] = &[
    ("", "", "Namespace", "metadata/name", true),
    (
        "apiregistration.k8s.io",
        "",
        "APIService",
        "spec/service/namespace",
        true,
    ),
    (
        "apiextensions.k8s.io",
        "",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
        false,
    ),
];

static REPLICAS: &[Row] = &[
    ("", "", "Deployment", "spec/replicas", true),
    ("", "", "ReplicationController", "spec/replicas", true),
    ("", "", "ReplicaSet", "spec/replicas", true),
    ("", "", "StatefulSet", "spec/replicas", true),
];

static IMAGES: &[Row] = &[
    ("", "", "", "spec/containers[]/image", true),
    ("", "", "", "spec/initContainers[]/image", true),
    ("", "", "", "spec/volumes[]/image/reference", true),
    ("", "", "", "spec/template/spec/containers[]/image", true),
    ("", "", "", "spec/template/spec/initContainers[]/image", true),
    ("", "", "", "spec/template/spec/volumes[]/image/reference", true),
];

static METADATA_LABELS: &[Row] = &[
    ("", "", "", "metadata/labels", true),
    (
        "",
        "v1",
        "ReplicationController",
        "spec/template/metadata/labels",
        true,
    ),
    ("", "", "Deployment", "spec/template/metadata/labels", true),
    ("", "", "ReplicaSet", "spec/template/metadata/labels", true),
    ("", "", "DaemonSet", "spec/template/metadata/labels", true),
    ("apps", "", "StatefulSet", "spec/template/metadata/labels", true),
    (
        "apps",
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates[]/metadata/labels",
        true,
    ),
    ("batch", "", "Job", "spec/template/metadata/labels", true),
    ("batch", "", "CronJob", "spec/jobTemplate/metadata/labels", true),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/metadata/labels",
        true,
    ),
];

static ANNOTATIONS: &[Row] = &[
    ("", "", "", "metadata/annotations", true),
    (
        "",
        "v1",
        "ReplicationController",
        "spec/template/metadata/annotations",
        true,
    ),
    ("", "", "Deployment", "spec/template/metadata/annotations", true),
    ("", "", "ReplicaSet", "spec/template/metadata/annotations", true),
    ("", "", "DaemonSet", "spec/template/metadata/annotations", true),
    ("", "", "StatefulSet", "spec/template/metadata/annotations", true),
    ("batch", "", "Job", "spec/template/metadata/annotations", true),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/metadata/annotations",
        true,
    ),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/metadata/annotations",
        true,
    ),
];

const POD_AFFINITY: &str = "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels";
const POD_AFFINITY_REQUIRED: &str = "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels";
const ANTI_AFFINITY: &str = "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels";
const ANTI_AFFINITY_REQUIRED: &str = "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels";
const SPREAD: &str = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels";

static SELECTORS: &[Row] = &[
    ("", "v1", "Service", "spec/selector", true),
    ("", "v1", "ReplicationController", "spec/selector", true),
    ("", "", "Deployment", "spec/selector/matchLabels", true),
    ("apps", "", "Deployment", POD_AFFINITY, false),
    ("apps", "", "Deployment", POD_AFFINITY_REQUIRED, false),
    ("apps", "", "Deployment", ANTI_AFFINITY, false),
    ("apps", "", "Deployment", ANTI_AFFINITY_REQUIRED, false),
    ("apps", "", "Deployment", SPREAD, false),
    ("", "", "ReplicaSet", "spec/selector/matchLabels", true),
    ("", "", "DaemonSet", "spec/selector/matchLabels", true),
    ("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
    ("apps", "", "StatefulSet", POD_AFFINITY, false),
    ("apps", "", "StatefulSet", POD_AFFINITY_REQUIRED, false),
    ("apps", "", "StatefulSet", ANTI_AFFINITY, false),
    ("apps", "", "StatefulSet", ANTI_AFFINITY_REQUIRED, false),
    ("apps", "", "StatefulSet", SPREAD, false),
    ("batch", "", "Job", "spec/selector/matchLabels", false),
    (
        "batch",
        "",
        "CronJob",
        "spec/jobTemplate/spec/selector/matchLabels",
        false,
    ),
    (
        "policy",
        "",
        "PodDisruptionBudget",
        "spec/selector/matchLabels",
        false,
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/podSelector/matchLabels",
        false,
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/ingress/from/podSelector/matchLabels",
        false,
    ),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        "spec/egress/to/podSelector/matchLabels",
        false,
    ),
];

/// Kinds with a pod spec, and where it is.
static POD_SPECS: &[(&str, &str, &str)] = &[
    ("v1", "Pod", "spec"),
    ("", "PodTemplate", "template/spec"),
    ("", "Deployment", "spec/template/spec"),
    ("", "ReplicaSet", "spec/template/spec"),
    ("", "DaemonSet", "spec/template/spec"),
    ("", "StatefulSet", "spec/template/spec"),
    ("", "Job", "spec/template/spec"),
    ("", "CronJob", "spec/jobTemplate/spec/template/spec"),
];

static CONFIG_MAP_IN_POD: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

static SECRET_IN_POD: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

static CONFIG_MAP_ELSEWHERE: &[Row] = &[
    ("", "", "Node", "spec/configSource/configMap", false),
    ("", "", "Role", "rules/resourceNames", false),
    ("", "", "ClusterRole", "rules/resourceNames", false),
    (
        "",
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
        false,
    ),
];

static SECRET_ELSEWHERE: &[Row] = &[
    ("", "", "Ingress", "spec/tls/secretName", false),
    (
        "",
        "",
        "Ingress",
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
        false,
    ),
    (
        "",
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
        false,
    ),
    (
        "",
        "",
        "Ingress",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
        false,
    ),
    ("", "", "ServiceAccount", "imagePullSecrets/name", false),
    ("", "", "StorageClass", "parameters/secretName", false),
    ("", "", "StorageClass", "parameters/adminSecretName", false),
    ("", "", "StorageClass", "parameters/userSecretName", false),
    ("", "", "StorageClass", "parameters/secretRef", false),
    ("", "", "Role", "rules/resourceNames", false),
    ("", "", "ClusterRole", "rules/resourceNames", false),
    (
        "serving.knative.dev",
        "v1",
        "Service",
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        false,
    ),
    ("", "", "PersistentVolume", "spec/azureFile/secretName", false),
];

static SERVICE: &[Row] = &[
    ("apps", "", "StatefulSet", "spec/serviceName", false),
    (
        "",
        "",
        "Ingress",
        "spec/rules/http/paths/backend/serviceName",
        false,
    ),
    ("", "", "Ingress", "spec/backend/serviceName", false),
    (
        "",
        "",
        "Ingress",
        "spec/rules/http/paths/backend/service/name",
        false,
    ),
    ("", "", "Ingress", "spec/defaultBackend/service/name", false),
    (
        "apiregistration.k8s.io",
        "",
        "APIService",
        "spec/service/name",
        false,
    ),
    (
        "admissionregistration.k8s.io",
        "",
        "ValidatingWebhookConfiguration",
        "webhooks/clientConfig/service",
        false,
    ),
    (
        "admissionregistration.k8s.io",
        "",
        "MutatingWebhookConfiguration",
        "webhooks/clientConfig/service",
        false,
    ),
];

const RBAC: &str = "rbac.authorization.k8s.io";

/// Kinds whose pods' service accounts, claims and priority classes are followed.
static WORKLOADS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

fn below(pods: &[(&'static str, &'static str, &'static str)], fields: &[&'static str]) -> FieldSpecs {
    let mut out = Vec::with_capacity(pods.len() * fields.len());
    for (version, kind, pod) in pods {
        for field in fields {
            out.push(FieldSpec::new(
                Gvk::fixed("", version, kind),
                format!("{pod}/{field}"),
                false,
            ));
        }
    }
    out
}

fn in_workloads(field: &str) -> FieldSpecs {
    let spec = |(kind, pod): &(&'static str, &'static str)| {
        FieldSpec::new(Gvk::fixed("", "", kind), format!("{pod}/{field}"), false)
    };
    WORKLOADS.iter().map(spec).collect()
}

fn name_reference() -> Vec<BackReference> {
    let reference = |target: Gvk, referrers: FieldSpecs| BackReference { target, referrers };
    let scaled = |kind: &'static str| {
        let referrers = specs(&[(
            "",
            "",
            "HorizontalPodAutoscaler",
            "spec/scaleTargetRef/name",
            false,
        )]);
        reference(Gvk::fixed("", "", kind), referrers)
    };
    let joined = |mut first: FieldSpecs, rows: &[Row]| {
        first.extend(specs(rows));
        first
    };
    let bound = |rows: &[Row]| specs(rows);
    vec![
        scaled("Deployment"),
        scaled("ReplicationController"),
        scaled("ReplicaSet"),
        scaled("StatefulSet"),
        reference(
            Gvk::fixed("", "v1", "ConfigMap"),
            joined(below(POD_SPECS, CONFIG_MAP_IN_POD), CONFIG_MAP_ELSEWHERE),
        ),
        reference(
            Gvk::fixed("", "v1", "Secret"),
            joined(below(POD_SPECS, SECRET_IN_POD), SECRET_ELSEWHERE),
        ),
        reference(Gvk::fixed("", "v1", "Service"), specs(SERVICE)),
        reference(
            Gvk::fixed(RBAC, "", "Role"),
            bound(&[(RBAC, "", "RoleBinding", "roleRef/name", false)]),
        ),
        reference(
            Gvk::fixed(RBAC, "", "ClusterRole"),
            bound(&[
                (RBAC, "", "RoleBinding", "roleRef/name", false),
                (RBAC, "", "ClusterRoleBinding", "roleRef/name", false),
            ]),
        ),
        reference(
            Gvk::fixed("", "v1", "ServiceAccount"),
            [
                bound(&[
                    (RBAC, "", "RoleBinding", "subjects", false),
                    (RBAC, "", "ClusterRoleBinding", "subjects", false),
                ]),
                in_workloads("serviceAccountName"),
            ]
            .concat(),
        ),
        reference(
            Gvk::fixed("", "v1", "PersistentVolumeClaim"),
            in_workloads("volumes/persistentVolumeClaim/claimName"),
        ),
        reference(
            Gvk::fixed("", "v1", "PersistentVolume"),
            specs(&[
                ("", "", "PersistentVolumeClaim", "spec/volumeName", false),
                ("", "", "ClusterRole", "rules/resourceNames", false),
            ]),
        ),
        reference(
            Gvk::fixed("storage.k8s.io", "v1", "StorageClass"),
            specs(&[
                ("", "", "PersistentVolume", "spec/storageClassName", false),
                ("", "", "PersistentVolumeClaim", "spec/storageClassName", false),
                (
                    "",
                    "",
                    "StatefulSet",
                    "spec/volumeClaimTemplates/spec/storageClassName",
                    false,
                ),
            ]),
        ),
        reference(
            Gvk::fixed("scheduling.k8s.io", "v1", "PriorityClass"),
            in_workloads("priorityClassName"),
        ),
        // The group is what kustomize's own table says; it selects nothing.
        reference(
            Gvk::fixed("networking.k8s.io/v1", "v1", "IngressClass"),
            specs(&[("", "", "Ingress", "spec/ingressClassName", false)]),
        ),
        reference(
            Gvk::fixed("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"),
            specs(&[(
                "admissionregistration.k8s.io",
                "",
                "ValidatingAdmissionPolicyBinding",
                "spec/policyName",
                false,
            )]),
        ),
    ]
}

/// Kinds with containers in which vars are replaced.
static VAR_PODS: &[(&str, &str, &str)] = &[
    ("", "CronJob", "spec/jobTemplate/spec/template/spec"),
    ("", "DaemonSet", "spec/template/spec"),
    ("", "Deployment", "spec/template/spec"),
    ("", "Job", "spec/template/spec"),
    ("", "Pod", "spec"),
    ("", "ReplicaSet", "spec/template/spec"),
    ("", "StatefulSet", "spec/template/spec"),
];

static VAR_IN_POD: &[&str] = &[
    "containers/args",
    "containers/command",
    "containers/env/value",
    "containers/volumeMounts/mountPath",
    "initContainers/args",
    "initContainers/command",
    "initContainers/env/value",
    "initContainers/volumeMounts/mountPath",
];

static VAR_ELSEWHERE: &[Row] = &[
    (
        "",
        "",
        "CronJob",
        "spec/jobTemplate/spec/template/volumes/nfs/server",
        false,
    ),
    (
        "",
        "",
        "DaemonSet",
        "spec/template/spec/volumes/nfs/server",
        false,
    ),
    (
        "",
        "",
        "Deployment",
        "spec/template/spec/volumes/nfs/server",
        false,
    ),
    ("", "", "Job", "spec/template/spec/volumes/nfs/server", false),
    ("", "", "Pod", "spec/volumes/nfs/server", false),
    (
        "",
        "",
        "ReplicaSet",
        "spec/template/spec/volumes/nfs/server",
        false,
    ),
    (
        "",
        "",
        "StatefulSet",
        "spec/volumeClaimTemplates/spec/nfs/server",
        false,
    ),
    ("", "", "Deployment", "spec/template/metadata/annotations", false),
    ("", "", "Ingress", "spec/rules/host", false),
    ("", "", "Ingress", "spec/tls/hosts", false),
    ("", "", "Ingress", "spec/tls/secretName", false),
    ("", "", "Service", "spec/ports/port", false),
    ("", "", "Service", "spec/ports/targetPort", false),
    ("", "", "PersistentVolume", "spec/nfs/server", false),
    ("", "", "", "metadata/labels", false),
    ("", "", "", "metadata/annotations", false),
];

fn var_reference() -> FieldSpecs {
    let mut out = below(VAR_PODS, VAR_IN_POD);
    out.extend(specs(VAR_ELSEWHERE));
    out
}
