//! Files become a chart.

use std::collections::BTreeMap;
use std::rc::Rc;

use sluice_go_template::Map;

use crate::archive;
use crate::chart::{Chart, File};
use crate::decode;
use crate::directory;
use crate::error::LoadError;
use crate::files::{EntryKind, Files, FilesError, extension, join};
use crate::limits::{Budget, Limits};
use crate::metadata::Metadata;
use crate::values;

/// A chart, and what helm would have logged about it.
pub struct Loaded {
    /// The chart.
    pub chart: Chart,
    /// For the user.
    pub warnings: Vec<String>,
}

/// Loads the chart at a path: a directory, or a packed chart.
///
/// # Errors
/// What helm refuses, and what exceeds the limits.
pub fn load(files: &Rc<dyn Files>, path: &str, limits: Limits) -> Result<Loaded, LoadError> {
    let mut loader = Loader {
        budget: Budget::new(limits),
        warnings: Vec::new(),
    };
    let failed = |error| match error {
        FilesError::NotFound => LoadError::NotFound(path.to_owned()),
        error => LoadError::Read {
            path: path.to_owned(),
            error,
        },
    };
    let found = if files.kind(path).map_err(failed)? == EntryKind::Directory {
        let chart_file = join(path, "Chart.yaml");
        if let Err(error) = files.kind(&chart_file) {
            return Err(LoadError::NoChart {
                path: chart_file,
                error,
            });
        }
        directory::read(files, path, &mut loader.budget)?
    } else {
        archive::unpack(path, &files.read(path).map_err(failed)?, &mut loader.budget)?
    };
    loader.finish(found)
}

/// Loads a packed chart from its bytes.
///
/// # Errors
/// What helm refuses, and what exceeds the limits.
pub fn load_archive(packed: &[u8], limits: Limits) -> Result<Loaded, LoadError> {
    let mut loader = Loader {
        budget: Budget::new(limits),
        warnings: Vec::new(),
    };
    let found = archive::unpack("chart", packed, &mut loader.budget)?;
    loader.finish(found)
}

struct Loader {
    budget: Budget,
    warnings: Vec<String>,
}

/// The parts of a chart while its files are sorted out.
#[derive(Default)]
struct Parts {
    metadata: Option<Metadata>,
    templates: Vec<File>,
    values: Option<Map>,
    schema: Option<sluice_go_template::Str>,
    values_file: Option<sluice_go_template::Str>,
    lock: Option<sluice_go_template::Str>,
    files: Vec<File>,
    /// By the entry of `charts/`, in the order of their names: helm's own order is random.
    subcharts: BTreeMap<String, Vec<File>>,
}

impl Loader {
    fn finish(mut self, files: Vec<File>) -> Result<Loaded, LoadError> {
        if !files.iter().any(|file| file.name == "Chart.yaml") {
            return Err(LoadError::NoMetadata);
        }
        let chart = self.chart(files, 0)?;
        match chart.metadata.api_version.as_str() {
            "v1" | "v2" => {}
            "v3" => return Err(LoadError::NextApiVersion),
            _ => return Err(LoadError::ApiVersion),
        }
        Ok(Loaded {
            chart,
            warnings: self.warnings,
        })
    }

    fn chart(&mut self, files: Vec<File>, depth: usize) -> Result<Chart, LoadError> {
        self.budget.check_depth(depth)?;
        let mut parts = Parts::default();
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            let metadata = parts.metadata.get_or_insert_default();
            read_metadata(metadata, "Chart.yaml", file)?;
            if metadata.api_version.is_empty() {
                "v1".clone_into(&mut metadata.api_version);
            }
        }
        for file in files {
            self.sort(&mut parts, file)?;
        }
        let mut metadata = parts.metadata.ok_or(LoadError::NoMetadata)?;
        metadata.validate()?;
        let mut dependencies = Vec::new();
        for (name, files) in parts.subcharts {
            dependencies.extend(self.subchart(&metadata.name, &name, files, depth)?);
        }
        Ok(Chart {
            metadata: Rc::new(metadata),
            templates: Rc::new(parts.templates),
            values: parts.values.unwrap_or_default(),
            schema: parts.schema,
            values_file: parts.values_file,
            lock: parts.lock,
            files: Rc::new(parts.files),
            dependencies,
        })
    }

    fn sort(&mut self, parts: &mut Parts, file: File) -> Result<(), LoadError> {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => parts.lock = Some(check_lock("Chart.lock", &file)?),
            "values.yaml" => {
                let text = bytes(&file)?;
                parts.values = Some(values::read(&text)?);
                parts.values_file = Some(text);
            }
            "values.schema.json" => parts.schema = Some(bytes(&file)?),
            "requirements.yaml" => {
                let metadata = parts.metadata.get_or_insert_default();
                if metadata.api_version != "v1" {
                    self.warnings.push(REQUIREMENTS.into());
                }
                read_metadata(metadata, "requirements.yaml", &file)?;
                if metadata.api_version == "v1" {
                    parts.files.push(file);
                }
            }
            "requirements.lock" => {
                let lock = check_lock("requirements.lock", &file)?;
                let metadata = parts.metadata.get_or_insert_default();
                if metadata.api_version == "v1" {
                    parts.lock = Some(lock);
                    parts.files.push(file);
                } else {
                    self.warnings.push(REQUIREMENTS_LOCK.into());
                }
            }
            name if name.starts_with("templates/") => parts.templates.push(file),
            name => match name.strip_prefix("charts/") {
                Some(rest) if extension(name) != ".prov" => {
                    let entry = rest.split('/').next().unwrap_or(rest).to_owned();
                    let rest = rest.to_owned();
                    parts
                        .subcharts
                        .entry(entry)
                        .or_default()
                        .push(file.renamed(&rest));
                }
                _ => parts.files.push(file),
            },
        }
        Ok(())
    }

    fn subchart(
        &mut self,
        chart: &str,
        name: &str,
        files: Vec<File>,
        depth: usize,
    ) -> Result<Option<Chart>, LoadError> {
        if name.starts_with(['_', '.']) {
            return Ok(None);
        }
        let wrapped = |error| LoadError::Subchart {
            name: name.to_owned(),
            chart: chart.to_owned(),
            error: Box::new(error),
        };
        let files = if extension(name) == ".tgz" {
            let Some(file) = files.first().filter(|file| file.name == name) else {
                return Err(LoadError::NotPacked {
                    chart: chart.to_owned(),
                    name: name.to_owned(),
                    found: files.first().map(|file| file.name.clone()).unwrap_or_default(),
                });
            };
            archive::unpack(name, &bytes(file)?, &mut self.budget).map_err(wrapped)?
        } else {
            let inside = |file: File| {
                let name = file.name.split_once('/')?.1.to_owned();
                Some(file.renamed(&name))
            };
            files.into_iter().filter_map(inside).collect()
        };
        self.chart(files, depth + 1).map(Some).map_err(wrapped)
    }
}

const REQUIREMENTS: &str = "Dependencies are handled in Chart.yaml since apiVersion \"v2\". \
    We recommend migrating dependencies to Chart.yaml.";
const REQUIREMENTS_LOCK: &str = "Dependency locking is handled in Chart.lock since apiVersion \"v2\". \
    We recommend migrating to Chart.lock.";

fn bytes(file: &File) -> Result<sluice_go_template::Str, LoadError> {
    file.bytes().map_err(|error| LoadError::Read {
        path: file.name.clone(),
        error,
    })
}

fn read_metadata(metadata: &mut Metadata, name: &'static str, file: &File) -> Result<(), LoadError> {
    let failed = |error| LoadError::Decode { file: name, error };
    let document = decode::document(&bytes(file)?, &sluice_yaml::Limits::default()).map_err(failed)?;
    metadata.read(&document).map_err(failed)
}

/// A lock is not used to render, but one that does not parse is an error in helm too.
fn check_lock(name: &'static str, file: &File) -> Result<sluice_go_template::Str, LoadError> {
    let failed = |error| LoadError::Decode { file: name, error };
    let text = bytes(file)?;
    let document = decode::document(&text, &sluice_yaml::Limits::default()).map_err(failed)?;
    decode::entries(&document, "v2.Lock").map_err(failed)?;
    Ok(text)
}
