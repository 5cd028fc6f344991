//! The config of a call: what the host wants resolved and fetched.

use serde::Deserialize;

/// The config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// What is wanted, and from where.
    pub from: From,
    /// Name of a chart in a repository, or its path in a tree.
    pub chart: String,
    /// Version or range of versions.
    pub version: String,
    /// Files whose values become the chart's, a later one over an earlier one.
    pub values_files: Vec<String>,
    /// Whether values files that do not exist are left out.
    pub ignore_missing_values_files: bool,
    /// Build metadata of the version that the package gets.
    pub version_metadata: String,
    /// Whether a chart from a repository must have the name and version that it has there.
    pub exact: bool,
    /// Largest index in bytes.
    pub max_index: Option<usize>,
    /// Largest packed chart in bytes.
    pub max_chart: Option<usize>,
}

/// What is wanted, and from where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum From {
    /// The index of the repository at the binding `target`, over HTTP.
    #[default]
    Index,
    /// A chart of the index in the input `index`, from the repository at the HTTP binding `target`.
    Repository,
    /// A chart of the OCI repository at the binding `target`.
    Registry,
    /// A chart in the files of the input `source`.
    Tree,
}

impl Config {
    /// Largest packed chart; helm's own limit where none is set.
    pub fn max_chart(&self) -> usize {
        self.max_chart.unwrap_or(10 << 20)
    }

    /// The values files, when they change the chart: `values.yaml` alone does not.
    pub fn values_files(&self) -> &[String] {
        match self.values_files.as_slice() {
            [only] if sluice_files::clean_relative(only) == "values.yaml" => &[],
            files => files,
        }
    }

    /// Whether a chart is packed anew, whatever it comes from.
    pub fn repackages(&self) -> bool {
        !self.values_files().is_empty() || !self.version_metadata.is_empty()
    }
}

/// JSON schema of [`Config`].
pub const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source-helm",
  "type": "object",
  "additionalProperties": false,
  "required": ["from"],
  "properties": {
    "from": {
      "enum": ["index", "repository", "registry", "tree"],
      "description": "The index of a repository, or a chart from an index, an OCI registry or a tree of files."
    },
    "chart": {"type": "string", "maxLength": 4096, "description": "Name of the chart, or its path in the tree."},
    "version": {"type": "string", "maxLength": 512, "description": "Version or range of versions."},
    "valuesFiles": {
      "type": "array",
      "description": "Files whose values become the chart's, a later one over an earlier one.",
      "items": {"type": "string", "maxLength": 4096},
      "maxItems": 1024
    },
    "ignoreMissingValuesFiles": {"type": "boolean"},
    "versionMetadata": {"type": "string", "maxLength": 128, "description": "Build metadata of the package's version."},
    "exact": {"type": "boolean", "description": "Refuse a chart whose name or version is not the one it has in the repository."},
    "maxIndex": {"type": "integer", "minimum": 1, "description": "Largest index in bytes."},
    "maxChart": {"type": "integer", "minimum": 1, "description": "Largest packed chart in bytes."}
  }
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_every_field() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_eq!(
            schema["properties"].as_object().map(serde_json::Map::len),
            Some(9)
        );
        let text = r#"{"from": "tree", "chart": "a", "valuesFiles": ["./values.yaml"]}"#;
        let config: Config = serde_json::from_str(text).expect("a config");
        assert_eq!(config.from, From::Tree);
        assert!(!config.repackages(), "values.yaml alone changes nothing");
        assert!(serde_json::from_str::<Config>(r#"{"from": "else"}"#).is_err());
    }
}
