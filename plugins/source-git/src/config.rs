//! The config of a call: the fields of a GitRepository's spec that decide what is fetched.

use serde::Deserialize;

/// The config. An empty field counts as absent, as in Flux.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// What to follow; the branch `master` when nothing is set.
    #[serde(rename = "ref")]
    pub reference: Option<Reference>,
    /// Patterns that are added to those of the repository.
    pub ignore: Option<String>,
    /// Prefixes of the paths to take; all when empty.
    pub sparse_checkout: Vec<String>,
}

/// What to follow. In order of precedence: commit, name, tag, semver, branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reference {
    /// Branch.
    pub branch: Option<String>,
    /// Tag.
    pub tag: Option<String>,
    /// Range of semantic versions.
    pub semver: Option<String>,
    /// Full name of a reference.
    pub name: Option<String>,
    /// Commit.
    pub commit: Option<String>,
}

/// JSON schema of [`Config`].
pub const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "source-git",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "ref": {
      "type": ["object", "null"],
      "description": "What to follow; in order of precedence: commit, name, tag, semver, branch.",
      "additionalProperties": false,
      "properties": {
        "branch": {"type": ["string", "null"], "maxLength": 1024},
        "tag": {"type": ["string", "null"], "maxLength": 1024},
        "semver": {"type": ["string", "null"], "maxLength": 512},
        "name": {"type": ["string", "null"], "maxLength": 1024},
        "commit": {"type": ["string", "null"], "maxLength": 64}
      }
    },
    "ignore": {"type": ["string", "null"], "description": "Patterns that are added to those of the repository."},
    "sparseCheckout": {
      "type": "array",
      "description": "Prefixes of the paths to take; all when empty.",
      "items": {"type": "string", "maxLength": 4096},
      "maxItems": 1024
    }
  }
}"#;

/// A field's text, unless it is absent or empty.
pub fn set(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_fields_of_the_spec() {
        let text = r#"{"ref": {"branch": "main", "commit": null}, "ignore": "", "sparseCheckout": ["a"]}"#;
        let config: Config = serde_json::from_str(text).expect("a config");
        assert_eq!(
            config.reference.and_then(|reference| reference.branch).as_deref(),
            Some("main")
        );
        assert_eq!(config.ignore.as_deref(), Some(""));
        assert_eq!(
            serde_json::from_str::<Config>("{}").expect("a config"),
            Config::default()
        );
        assert!(serde_json::from_str::<Config>(r#"{"refs": {}}"#).is_err());
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_eq!(
            schema["properties"]["ref"]["properties"]
                .as_object()
                .map(serde_json::Map::len),
            Some(5)
        );
    }
}
