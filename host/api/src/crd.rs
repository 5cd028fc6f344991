//! The custom resource definitions of all kinds.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceValidation, JSONSchemaProps,
};
use kube::CustomResourceExt;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::kind::{KINDS, KindInfo};
use crate::schema::structural;
use crate::{
    Alert, AlertSpec, Bucket, BucketSpec, BucketStatus, ExternalArtifact, ExternalArtifactSpec,
    ExternalArtifactStatus, GitRepository, GitRepositorySpec, GitRepositoryStatus, HelmChart, HelmChartSpec,
    HelmChartStatus, HelmRelease, HelmReleaseSpec, HelmReleaseStatus, HelmRepository, HelmRepositorySpec,
    HelmRepositoryStatus, ImagePolicy, ImagePolicySpec, ImagePolicyStatus, ImageRepository,
    ImageRepositorySpec, ImageRepositoryStatus, ImageUpdateAutomation, ImageUpdateAutomationSpec,
    ImageUpdateAutomationStatus, Kustomization, KustomizationSpec, KustomizationStatus, OCIRepository,
    OCIRepositorySpec, OCIRepositoryStatus, Plugin, PluginSpec, PluginStatus, Provider, ProviderSpec,
    Receiver, ReceiverSpec, ReceiverStatus,
};

/// Release whose API the kinds are compatible with; `flux check` and `flux version` read it from a label.
pub const COMPATIBLE_VERSION: &str = "v2.9.4";
const INSTANCE: &str = "flux-system";

/// A definition cannot be made from a type; a fault of this crate that its tests would show.
#[derive(Debug, thiserror::Error)]
#[error("failed to make the definition of {kind}: {problem}")]
pub struct MakeCrdError {
    /// The kind.
    pub kind: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// The definitions of all kinds, in the order of [`KINDS`].
///
/// # Errors
/// A type gives no structural schema.
pub fn crds() -> Result<Vec<CustomResourceDefinition>, MakeCrdError> {
    KINDS.iter().map(define).collect()
}

/// A definition as YAML, without status.
///
/// # Errors
/// It cannot be serialised.
pub fn render_crd(crd: &CustomResourceDefinition) -> Result<String, serde_yaml_ng::Error> {
    let mut value = serde_yaml_ng::to_value(crd)?;
    write_whole_numbers(&mut value);
    Ok(format!("---\n{}", serde_yaml_ng::to_string(&value)?))
}

/// Bounds are floating-point numbers in the Kubernetes types; a whole one is written without a fraction.
fn write_whole_numbers(value: &mut serde_yaml_ng::Value) {
    use serde_yaml_ng::Value;
    match value {
        Value::Number(number) => {
            if let Some(float) = number
                .as_f64()
                .filter(|float| number.is_f64() && float.fract() == 0.0)
            {
                *number = (float as i64).into();
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(write_whole_numbers),
        Value::Mapping(map) => map.values_mut().for_each(write_whole_numbers),
        _ => {}
    }
}

fn define(info: &'static KindInfo) -> Result<CustomResourceDefinition, MakeCrdError> {
    match info.kind {
        "GitRepository" => with_status::<GitRepository, GitRepositorySpec, GitRepositoryStatus>(info),
        "OCIRepository" => with_status::<OCIRepository, OCIRepositorySpec, OCIRepositoryStatus>(info),
        "HelmRepository" => with_status::<HelmRepository, HelmRepositorySpec, HelmRepositoryStatus>(info),
        "HelmChart" => with_status::<HelmChart, HelmChartSpec, HelmChartStatus>(info),
        "Bucket" => with_status::<Bucket, BucketSpec, BucketStatus>(info),
        "ExternalArtifact" => {
            with_status::<ExternalArtifact, ExternalArtifactSpec, ExternalArtifactStatus>(info)
        }
        "Kustomization" => with_status::<Kustomization, KustomizationSpec, KustomizationStatus>(info),
        "HelmRelease" => with_status::<HelmRelease, HelmReleaseSpec, HelmReleaseStatus>(info),
        "Receiver" => with_status::<Receiver, ReceiverSpec, ReceiverStatus>(info),
        "Alert" => without_status::<Alert, AlertSpec>(info),
        "Provider" => without_status::<Provider, ProviderSpec>(info),
        "ImageRepository" => with_status::<ImageRepository, ImageRepositorySpec, ImageRepositoryStatus>(info),
        "ImagePolicy" => with_status::<ImagePolicy, ImagePolicySpec, ImagePolicyStatus>(info),
        "ImageUpdateAutomation" => {
            with_status::<ImageUpdateAutomation, ImageUpdateAutomationSpec, ImageUpdateAutomationStatus>(info)
        }
        "Plugin" => with_status::<Plugin, PluginSpec, PluginStatus>(info),
        _ => Err(MakeCrdError {
            kind: info.kind,
            problem: "no type".into(),
        }),
    }
}

fn with_status<K: CustomResourceExt, Spec: JsonSchema, Status: JsonSchema>(
    info: &'static KindInfo,
) -> Result<CustomResourceDefinition, MakeCrdError> {
    let mut status = structural::<Status>();
    if let (Value::Object(status), true) = (&mut status, info.reports_generation) {
        status.insert("default".into(), json!({ "observedGeneration": -1 }));
    }
    assemble(K::crd(), info, structural::<Spec>(), Some(status))
}

fn without_status<K: CustomResourceExt, Spec: JsonSchema>(
    info: &'static KindInfo,
) -> Result<CustomResourceDefinition, MakeCrdError> {
    assemble(K::crd(), info, structural::<Spec>(), None)
}

fn assemble(
    mut crd: CustomResourceDefinition,
    info: &'static KindInfo,
    spec: Value,
    status: Option<Value>,
) -> Result<CustomResourceDefinition, MakeCrdError> {
    let fail = |problem: String| MakeCrdError {
        kind: info.kind,
        problem,
    };
    let schema: JSONSchemaProps =
        serde_json::from_value(root_schema(info, spec, status)).map_err(|error| fail(error.to_string()))?;
    let [version] = crd.spec.versions.as_mut_slice() else {
        return Err(fail("want exactly one version".into()));
    };
    version.schema = Some(CustomResourceValidation {
        open_api_v3_schema: Some(schema),
    });
    crd.spec.names.list_kind = Some(format!("{}List", info.kind));
    let labels = crd.metadata.labels.get_or_insert_default();
    for (key, value) in [
        ("instance", INSTANCE),
        ("part-of", "flux"),
        ("version", COMPATIBLE_VERSION),
    ] {
        labels.insert(format!("app.kubernetes.io/{key}"), value.into());
    }
    Ok(crd)
}

#[allow(clippy::needless_pass_by_value, reason = "moved into the schema")]
fn root_schema(info: &KindInfo, spec: Value, status: Option<Value>) -> Value {
    let mut properties = json!({
        "apiVersion": {
            "type": "string",
            "description": "Group and version of the kind that the object is written in.",
        },
        "kind": { "type": "string", "description": "Name of the kind." },
        "metadata": { "type": "object" },
        "spec": spec,
    });
    if let Some(status) = status {
        properties["status"] = status;
    }
    json!({ "type": "object", "description": info.summary, "properties": properties })
}
