//! What a caller asks for: the plugin's config, as JSON.

use serde::Deserialize;

/// The schema of the config.
pub const SCHEMA: &str = include_str!("options.schema.json");

/// The release that templates see.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// `.Release.Name`
    #[serde(default)]
    pub name: String,
    /// A template that gives the name.
    #[serde(default)]
    pub name_template: String,
    /// `.Release.Namespace`
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// `.Release.Revision`
    #[serde(default = "one")]
    pub revision: i64,
    /// `.Release.IsUpgrade`
    #[serde(default)]
    pub is_upgrade: bool,
}

fn default_namespace() -> String {
    "default".into()
}

fn one() -> i64 {
    1
}

/// One layer of the user's values; later layers win.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layer {
    /// A file of the tree, as `--values` takes it.
    File(String),
    /// The text of such a file.
    Yaml(String),
    /// Values as they are.
    Object(serde_json::Map<String, serde_json::Value>),
    /// `--set-json`
    SetJson(String),
    /// `--set`
    Set(String),
    /// `--set-string`
    SetString(String),
    /// `--set-file`: values are paths of files of the tree.
    SetFile(String),
    /// `--set-literal`
    SetLiteral(String),
}

/// A release whose values are kept, as `helm upgrade --reuse-values` keeps them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reuse {
    /// The values of its chart, as the release has them.
    #[serde(default)]
    pub chart_values: serde_json::Map<String, serde_json::Value>,
    /// The user's values that it was made with.
    #[serde(default)]
    pub config: serde_json::Map<String, serde_json::Value>,
}

/// All of a request but its files.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// The release.
    pub release: Release,
    /// The user's values.
    #[serde(default)]
    pub values: Vec<Layer>,
    /// A release whose values stay below those.
    #[serde(default)]
    pub reuse: Option<Reuse>,
    /// Directory of the tree that relative paths of values start from.
    #[serde(default)]
    pub working_directory: String,
    /// `.Capabilities.KubeVersion`
    #[serde(default)]
    pub kube_version: Option<String>,
    /// API versions besides those that helm knows.
    #[serde(default)]
    pub api_versions: Vec<String>,
    /// `apiVersions` are all that there are: those of a cluster that was asked.
    #[serde(default)]
    pub api_versions_only: bool,
    /// Version of the chart instead of its own, as Flux has it where the digest of a chart is tracked.
    #[serde(default)]
    pub chart_version: Option<String>,
    /// Give the chart as Helm stores it and the user's values.
    #[serde(default)]
    pub release_record: bool,
    /// Only load chart and values; render nothing.
    #[serde(default)]
    pub load_only: bool,
    /// Put the files of `crds/` first.
    #[serde(default)]
    pub include_crds: bool,
    /// Leave test hooks out of the text.
    #[serde(default)]
    pub skip_tests: bool,
    /// Leave all hooks out of the text.
    #[serde(default)]
    pub no_hooks: bool,
    /// Patterns of template paths: only these are in the text.
    #[serde(default)]
    pub show_only: Vec<String>,
    /// Do not check values against schemas.
    #[serde(default)]
    pub skip_schema_validation: bool,
    /// Put the notes of subcharts to those of the chart.
    #[serde(default)]
    pub sub_notes: bool,
    /// Ask the host for missing dependencies instead of failing.
    #[serde(default)]
    pub dependency_update: bool,
    /// Render what is rendered even where `required` and `fail` stop.
    #[serde(default)]
    pub lint: bool,
    /// Let templates look into the cluster.
    #[serde(default)]
    pub lookup: bool,
}

impl Options {
    /// Reads a config.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }
}
