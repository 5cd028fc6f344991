//! Where a HelmRelease takes its chart from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{GoDuration, INTERVAL_PATTERN};
use crate::helm_chart::{ChartSourceKind, ReconcileStrategy, any_version};
use crate::metadata::CommonMetadata;
use crate::reference::LocalObjectReference;
use crate::verification::VerificationProvider;

/// The HelmChart that is made for a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelmChartTemplate {
    /// Its labels and annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CommonMetadata>,
    /// Its spec.
    pub spec: HelmChartTemplateSpec,
}

/// The spec of the HelmChart that is made for a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmChartTemplateSpec {
    /// Name of the chart in a repository, or its directory in other sources.
    #[schemars(length(min = 1, max = 2048))]
    pub chart: String,
    /// Whether values files that do not exist are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_missing_values_files: Option<bool>,
    /// How often to look for a new version; the release's interval when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: Option<GoDuration>,
    /// When a new artifact is made.
    #[serde(default = "ReconcileStrategy::chart_version")]
    pub reconcile_strategy: ReconcileStrategy,
    /// Where the chart comes from.
    pub source_ref: ChartSourceReference,
    /// Files of values to merge into the chart's; a later one wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// How to verify signatures, for charts in OCI registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartTemplateVerification>,
    /// Version or range of versions, for charts of a repository.
    #[serde(default = "any_version")]
    pub version: String,
}

/// How to verify the signature of a chart with keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["provider"]))]
pub struct ChartTemplateVerification {
    /// Program that signed.
    #[serde(default = "VerificationProvider::cosign")]
    pub provider: VerificationProvider,
    /// Secret with the trusted public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// Names the source of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartSourceReference {
    /// API version of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the object.
    pub kind: ChartSourceKind,
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the object; the release's own when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

open_enum! {
    /// Kinds of object that hold a chart.
    ChartKind {
        /// An artifact in an OCI registry.
        OciRepository = "OCIRepository",
        /// A chart.
        HelmChart = "HelmChart",
        /// An artifact that another controller publishes.
        ExternalArtifact = "ExternalArtifact",
    }
}

/// Names an object that holds a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrossNamespaceChartReference {
    /// API version of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the object.
    pub kind: ChartKind,
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the object; the release's own when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}
