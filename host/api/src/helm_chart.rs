//! HelmChart: one chart of a source, packaged.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::condition::Condition;
use crate::duration::{GoDuration, INTERVAL_PATTERN};
use crate::schema::rule;
use crate::verification::ChartVerification;

/// Which chart to publish, and where it comes from.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "source.toolkit.fluxcd.io",
    version = "v1",
    kind = "HelmChart",
    plural = "helmcharts",
    namespaced,
    schema = "disabled",
    status = "HelmChartStatus",
    derive = "PartialEq",
    shortname = "hc",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    annotation("kustomize.toolkit.fluxcd.io/substitute", "disabled"),
    printcolumn(name = "Chart", type_ = "string", json_path = ".spec.chart"),
    printcolumn(name = "Version", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "Source Kind", type_ = "string", json_path = ".spec.sourceRef.kind"),
    printcolumn(name = "Source Name", type_ = "string", json_path = ".spec.sourceRef.name"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Status",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rule(
    "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
    "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
)]))]
pub struct HelmChartSpec {
    /// Name of the chart in a repository, or its directory in other sources.
    pub chart: String,
    /// Whether values files that do not exist are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_missing_values_files: Option<bool>,
    /// How often to look for a new version.
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: GoDuration,
    /// When a new artifact is made.
    #[serde(default = "ReconcileStrategy::chart_version")]
    pub reconcile_strategy: ReconcileStrategy,
    /// Where the chart comes from.
    pub source_ref: LocalHelmChartSourceReference,
    /// Whether to leave the object alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Files of values to merge into the chart's; a later one wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// How to verify signatures, for charts in OCI registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartVerification>,
    /// Version or range of versions, for charts of a repository.
    #[serde(default = "any_version")]
    pub version: String,
}

pub(crate) fn any_version() -> String {
    "*".into()
}

open_enum! {
    /// When a new artifact of a chart is made.
    ReconcileStrategy {
        /// When the chart's version changes.
        ChartVersion = "ChartVersion",
        /// When the source's revision changes.
        Revision = "Revision",
    }
}

impl ReconcileStrategy {
    pub(crate) fn chart_version() -> Self {
        Self::ChartVersion
    }
}

open_enum! {
    /// Kinds of source that hold charts.
    ChartSourceKind {
        /// A repository of charts.
        HelmRepository = "HelmRepository",
        /// A Git repository.
        GitRepository = "GitRepository",
        /// A bucket.
        Bucket = "Bucket",
    }
}

/// Names the source of a chart in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalHelmChartSourceReference {
    /// API version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartSourceKind,
    /// Name of the source.
    pub name: String,
}

/// What is known of a HelmChart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmChartStatus {
    /// The chart published last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// State of the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last request that was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Name of the chart, as it tells it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_chart_name: Option<String>,
    /// Generation that was reconciled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Revision of the source's artifact that was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_source_artifact_revision: Option<String>,
    /// Files of values that were merged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// Address of the latest chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
