//! A loaded chart.

use std::cell::OnceCell;
use std::rc::Rc;

use sluice_go_template::{Map, Str};

use crate::files::{Files, FilesError, extension};
use crate::metadata::Metadata;

/// Bytes of a file, read when they are first needed.
#[derive(Clone)]
pub struct File {
    /// Path relative to the chart.
    pub name: String,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Loaded(Str),
    Deferred(Rc<Deferred>),
}

struct Deferred {
    files: Rc<dyn Files>,
    path: String,
    bytes: OnceCell<Str>,
}

impl File {
    pub(crate) fn loaded(name: String, bytes: &[u8]) -> Self {
        let bytes = Str::from(without_bom(bytes));
        Self {
            name,
            content: Content::Loaded(bytes),
        }
    }

    pub(crate) fn deferred(name: String, files: Rc<dyn Files>, path: String) -> Self {
        let bytes = OnceCell::new();
        Self {
            name,
            content: Content::Deferred(Rc::new(Deferred { files, path, bytes })),
        }
    }

    pub(crate) fn renamed(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            content: self.content,
        }
    }

    /// The bytes, without a byte order mark.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bytes(&self) -> Result<Str, FilesError> {
        let deferred = match &self.content {
            Content::Loaded(bytes) => return Ok(bytes.clone()),
            Content::Deferred(deferred) => deferred,
        };
        if let Some(bytes) = deferred.bytes.get() {
            return Ok(bytes.clone());
        }
        let bytes = Str::from(without_bom(&deferred.files.read(&deferred.path)?));
        Ok(deferred.bytes.get_or_init(|| bytes).clone())
    }
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// A chart with its subcharts. Clones share files and values.
#[derive(Clone)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Rc<Metadata>,
    /// Files below `templates/`.
    pub templates: Rc<Vec<File>>,
    /// values.yaml; once dependencies are processed, with what those import.
    pub values: Map,
    /// values.schema.json.
    pub schema: Option<Str>,
    /// values.yaml as it was written, to package the chart again.
    pub values_file: Option<Str>,
    /// Chart.lock, or requirements.lock of the first generation of charts, as it was written.
    pub lock: Option<Str>,
    /// All other files, `crds/` included.
    pub files: Rc<Vec<File>>,
    /// Subcharts.
    pub dependencies: Vec<Chart>,
}

/// A file of `crds/`.
pub struct Crd {
    /// Path that starts with the name of the root chart.
    pub path: String,
    /// Its bytes.
    pub file: File,
}

impl Chart {
    /// The chart's name; of a subchart with an alias, the alias.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// A library has no manifests of its own.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }

    /// The manifests below `crds/` of this chart and all below it.
    pub fn crds(&self) -> Vec<Crd> {
        let mut out = Vec::new();
        self.collect_crds(self.name(), &mut out);
        out
    }

    fn collect_crds(&self, path: &str, out: &mut Vec<Crd>) {
        let is_manifest = |name: &str| {
            let extension = extension(name).to_ascii_lowercase();
            name.starts_with("crds/") && matches!(extension.as_str(), ".yaml" | ".yml" | ".json")
        };
        for file in self.files.iter().filter(|file| is_manifest(&file.name)) {
            out.push(Crd {
                path: format!("{path}/{}", file.name),
                file: file.clone(),
            });
        }
        for dependency in &self.dependencies {
            dependency.collect_crds(&format!("{path}/charts/{}", dependency.name()), out);
        }
    }
}
