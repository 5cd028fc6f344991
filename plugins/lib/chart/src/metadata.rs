//! Chart.yaml: what a chart says of itself.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_semver::Version;
use thiserror::Error;

use crate::decode::{self, DecodeError, Field};
use crate::files::base_name;

/// A chart whose metadata helm refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("validation: {0}")]
pub struct ValidationError(pub(crate) String);

fn invalid<T>(text: impl Into<String>) -> Result<T, ValidationError> {
    Err(ValidationError(text.into()))
}

/// Somebody who maintains a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// A person or an organisation.
    pub name: String,
    /// Where to write to.
    pub email: String,
    /// Where to read on.
    pub url: String,
}

/// What `import-values` of a dependency says: tables of the child that the parent takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportValues {
    /// A name below the child's `exports`.
    Export(String),
    /// A pair of paths; absent ones print as Go prints nil.
    Pair {
        /// Path in the child's values.
        child: String,
        /// Path in the parent's values.
        parent: String,
    },
    /// Of another type: it does nothing.
    Other(Value),
}

/// A chart that a chart needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependency {
    /// Name of the chart; once processed, its alias when it has one.
    pub name: String,
    /// Constraint on its version.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// Paths of bools in the values, separated by commas; the first that exists decides.
    pub condition: String,
    /// Names in the values' `tags`.
    pub tags: Vec<String>,
    /// Whether conditions and tags left it in.
    pub enabled: bool,
    /// Values that the parent takes over.
    pub import_values: Vec<ImportValues>,
    /// The name it has in the parent.
    pub alias: String,
}

/// The fields of Chart.yaml.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the file format")]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    pub annotations: BTreeMap<String, String>,
    pub kube_version: String,
    pub dependencies: Vec<Dependency>,
    pub chart_type: String,
    /// Positions of list elements that are null, which helm refuses when it validates.
    null_nodes: NullNodes,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct NullNodes {
    maintainers: bool,
    dependencies: bool,
}

impl Metadata {
    /// Takes the fields of a document over; what the document does not name stays.
    pub(crate) fn read(&mut self, document: &Value) -> Result<(), DecodeError> {
        for (key, value) in decode::entries(document, "v2.Metadata")? {
            let name = key.to_ascii_lowercase();
            let field = Field {
                owner: "Metadata",
                name: &name,
            };
            match name.as_str() {
                "name" => field.text(value, &mut self.name)?,
                "home" => field.text(value, &mut self.home)?,
                "sources" => field.texts(value, &mut self.sources)?,
                "version" => field.text(value, &mut self.version)?,
                "description" => field.text(value, &mut self.description)?,
                "keywords" => field.texts(value, &mut self.keywords)?,
                "maintainers" => self.read_maintainers(&field, value)?,
                "icon" => field.text(value, &mut self.icon)?,
                "apiversion" => field.text(value, &mut self.api_version)?,
                "condition" => field.text(value, &mut self.condition)?,
                "tags" => field.text(value, &mut self.tags)?,
                "appversion" => field.text(value, &mut self.app_version)?,
                "deprecated" => field.flag(value, &mut self.deprecated)?,
                "annotations" => field.map(value, &mut self.annotations)?,
                "kubeversion" => field.text(value, &mut self.kube_version)?,
                "dependencies" => self.read_dependencies(&field, value)?,
                "type" => field.text(value, &mut self.chart_type)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_maintainers(&mut self, field: &Field<'_>, value: &Value) -> Result<(), DecodeError> {
        self.maintainers.clear();
        for item in field.list(value, "[]*v2.Maintainer")?.unwrap_or_default() {
            let Some(entries) = field.object(item, "v2.Maintainer")? else {
                self.null_nodes.maintainers = true;
                continue;
            };
            let mut maintainer = Maintainer::default();
            for (key, value) in entries {
                let name = key.to_ascii_lowercase();
                let field = Field {
                    owner: "Maintainer.maintainers",
                    name: &name,
                };
                match name.as_str() {
                    "name" => field.text(value, &mut maintainer.name)?,
                    "email" => field.text(value, &mut maintainer.email)?,
                    "url" => field.text(value, &mut maintainer.url)?,
                    _ => {}
                }
            }
            self.maintainers.push(maintainer);
        }
        Ok(())
    }

    /// The dependencies that a lock names: what was resolved for those of the metadata.
    ///
    /// # Errors
    /// The text is no lock.
    pub fn locked(lock: &[u8]) -> Result<Vec<Dependency>, DecodeError> {
        let document = decode::document(lock, &sluice_yaml::Limits::default())?;
        let mut read = Self::default();
        for (key, value) in decode::entries(&document, "v2.Lock")? {
            if key.eq_ignore_ascii_case("dependencies") {
                let field = Field {
                    owner: "Lock",
                    name: "dependencies",
                };
                read.read_dependencies(&field, value)?;
            }
        }
        Ok(read.dependencies)
    }

    fn read_dependencies(&mut self, field: &Field<'_>, value: &Value) -> Result<(), DecodeError> {
        self.dependencies.clear();
        for item in field.list(value, "[]*v2.Dependency")?.unwrap_or_default() {
            match field.object(item, "v2.Dependency")? {
                Some(entries) => self.dependencies.push(Dependency::read(entries)?),
                None => self.null_nodes.dependencies = true,
            }
        }
        Ok(())
    }

    /// Normalises spaces, drops what does not print, and refuses what helm refuses.
    pub(crate) fn validate(&mut self) -> Result<(), ValidationError> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources
            .iter_mut()
            .chain(&mut self.keywords)
            .for_each(sanitize);
        self.validate_identity()?;
        if self.null_nodes.maintainers {
            return invalid("maintainers must not contain empty or null nodes");
        }
        for maintainer in &mut self.maintainers {
            sanitize(&mut maintainer.name);
            sanitize(&mut maintainer.email);
            sanitize(&mut maintainer.url);
        }
        self.validate_dependencies()
    }

    fn validate_identity(&self) -> Result<(), ValidationError> {
        if self.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required");
        }
        if self.name.is_empty() {
            return invalid("chart.metadata.name is required");
        }
        if matches!(self.name.as_str(), "." | "..") {
            return invalid(format!("chart.metadata.name {:?} is not allowed", self.name));
        }
        if self.name != base_name(&self.name) {
            return invalid(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return invalid("chart.metadata.version is required");
        }
        if Version::parse(&self.version).is_err() {
            return invalid(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        match self.chart_type.as_str() {
            "" | "application" | "library" => Ok(()),
            _ => invalid("chart.metadata.type must be application or library"),
        }
    }

    fn validate_dependencies(&mut self) -> Result<(), ValidationError> {
        if self.null_nodes.dependencies {
            return invalid("dependencies must not contain empty or null nodes");
        }
        let mut seen: Vec<&str> = Vec::new();
        for dependency in &mut self.dependencies {
            dependency.validate()?;
            let key = if dependency.alias.is_empty() {
                &dependency.name
            } else {
                &dependency.alias
            };
            if seen.contains(&key.as_str()) {
                return invalid(format!("more than one dependency with name or alias {key:?}"));
            }
            seen.push(key);
        }
        Ok(())
    }
}

impl Dependency {
    fn read(entries: Vec<(&str, &Value)>) -> Result<Self, DecodeError> {
        let mut out = Self::default();
        for (key, value) in entries {
            let name = key.to_ascii_lowercase();
            let field = Field {
                owner: "Dependency.dependencies",
                name: &name,
            };
            match name.as_str() {
                "name" => field.text(value, &mut out.name)?,
                "version" => field.text(value, &mut out.version)?,
                "repository" => field.text(value, &mut out.repository)?,
                "condition" => field.text(value, &mut out.condition)?,
                "tags" => field.texts(value, &mut out.tags)?,
                "enabled" => field.flag(value, &mut out.enabled)?,
                "alias" => field.text(value, &mut out.alias)?,
                "import-values" => {
                    let items = field.list(value, "[]interface {}")?.unwrap_or_default();
                    out.import_values = items.iter().map(ImportValues::read).collect();
                }
                _ => {}
            }
        }
        Ok(out)
    }

    fn validate(&mut self) -> Result<(), ValidationError> {
        for text in [
            &mut self.name,
            &mut self.version,
            &mut self.repository,
            &mut self.condition,
        ] {
            sanitize(text);
        }
        self.tags.iter_mut().for_each(sanitize);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !self.alias.bytes().all(allowed) {
            return invalid(format!(
                "dependency {:?} has disallowed characters in the alias",
                self.name
            ));
        }
        Ok(())
    }
}

impl ImportValues {
    fn read(value: &Value) -> Self {
        let printed = |value: Option<&Value>| match value {
            None | Some(Value::Null) => "<nil>".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        match value {
            Value::String(name) => Self::Export(name.clone()),
            Value::Object(map) => Self::Pair {
                child: printed(map.get("child")),
                parent: printed(map.get("parent")),
            },
            other => Self::Other(other.clone()),
        }
    }
}

/// Any white space becomes a blank, what does not print goes.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return;
    }
    let keep = |char: char| {
        if char.is_whitespace() {
            Some(' ')
        } else {
            prints(char).then_some(char)
        }
    };
    *text = text.chars().filter_map(keep).collect();
}

/// Go's `unicode.IsPrint`, for what can stand in metadata: no controls, no format characters, nothing private.
fn prints(char: char) -> bool {
    let format = matches!(char,
        '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'
        | '\u{FFFF}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}');
    !char.is_control() && !format
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Metadata, String> {
        let document = decode::document(yaml.as_bytes(), &sluice_yaml::Limits::default());
        let mut metadata = Metadata::default();
        metadata
            .read(&document.map_err(|e| e.to_string())?)
            .map_err(|e| e.to_string())?;
        metadata.validate().map_err(|e| e.to_string())?;
        Ok(metadata)
    }

    #[test]
    fn numbers_and_bools_become_text_where_text_is_wanted() {
        let metadata = read(
            "apiVersion: v2\nname: a\nVersion: 1.10\nappVersion: 1234567.5\nkeywords: [1, true]\nannotations: {a: 1}\n",
        );
        let metadata = metadata.unwrap();
        assert_eq!(metadata.version, "1.1");
        assert_eq!(metadata.app_version, "1.2345675e+06");
        assert_eq!(metadata.keywords, ["1", "true"]);
        assert_eq!(metadata.annotations["a"], "1");
    }

    /// H6, CVE-2024-25620, CVE-2026-35206: a chart's name and version become paths elsewhere.
    #[test]
    fn names_and_versions_that_could_be_paths_are_refused() {
        let chart = |name: &str, version: &str| {
            let version = serde_json::Value::from(version);
            read(&format!("apiVersion: v2\nname: {name:?}\nversion: {version}\n"))
        };
        assert_eq!(
            chart("..", "1.0.0").unwrap_err(),
            "validation: chart.metadata.name \"..\" is not allowed"
        );
        assert_eq!(
            chart(".", "1.0.0").unwrap_err(),
            "validation: chart.metadata.name \".\" is not allowed"
        );
        assert_eq!(
            chart("a/b", "1.0.0").unwrap_err(),
            "validation: chart.metadata.name \"a/b\" is invalid"
        );
        assert_eq!(
            chart("a", "1/2").unwrap_err(),
            "validation: chart.metadata.version \"1/2\" is invalid"
        );
        assert!(chart("a", &"1".repeat(10_000)).is_err());
    }

    /// H2: documents that say nothing.
    #[test]
    fn empty_documents_name_what_is_missing() {
        for empty in ["", "null", "{}", "# only a comment"] {
            assert_eq!(
                read(empty).unwrap_err(),
                "validation: chart.metadata.apiVersion is required"
            );
        }
        assert!(
            read("[]")
                .unwrap_err()
                .contains("cannot unmarshal array into Go value of type v2.Metadata")
        );
        let nulls = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [null]\n";
        assert_eq!(
            read(nulls).unwrap_err(),
            "validation: dependencies must not contain empty or null nodes"
        );
    }

    #[test]
    fn a_second_dependency_of_one_name_is_refused() {
        let text =
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: x}, {name: y, alias: x}]\n";
        assert_eq!(
            read(text).unwrap_err(),
            "validation: more than one dependency with name or alias \"x\""
        );
    }
}
