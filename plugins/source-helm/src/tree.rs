//! A chart in the files of another source: a directory, or a packed chart.

use std::rc::Rc;

use sluice_chart::{Chart, EntryKind, Files, FilesError, Limits, LoadError, load};
use sluice_files::clean_relative;
use sluice_plugin::Error;

use crate::build::{Build, check_size, finish};
use crate::config::Config;
use crate::dependency::{self, Inputs};
use crate::error::{PACKAGE, PULL, REFERENCE, failed, invalid};
use crate::revision::{Pin, with_metadata};
use crate::values::{merge, overwrite};

/// The chart at the path of the config, with its path and whether it is a directory.
struct Found {
    path: String,
    is_directory: bool,
    chart: Chart,
}

/// What the chart calls itself now.
///
/// # Errors
/// No chart is at the path, or its version cannot carry the metadata.
pub fn resolve(config: &Config, files: &Rc<dyn Files>) -> Result<Pin, Error> {
    let found = open(config, files)?;
    let metadata = &found.chart.metadata;
    Ok(Pin {
        name: metadata.name.clone(),
        version: with_metadata(&metadata.version, &config.version_metadata)?,
        packaged: found.is_directory || config.repackages(),
        upstream: metadata.version.clone(),
        url: String::new(),
    })
}

/// The artifact of a pin.
///
/// # Errors
/// The chart cannot be packed, or needs charts of other repositories (`needs-input`).
pub fn fetch(config: &Config, files: &Rc<dyn Files>, pin: &Pin, inputs: &Inputs) -> Result<Build, Error> {
    let Found {
        path,
        is_directory,
        mut chart,
    } = open(config, files)?;
    if !is_directory {
        let packed = files.read(&path).map_err(|error| failed(PULL, error))?;
        check_size(config, &pin.name, &packed)?;
        if !config.repackages() {
            return Ok(Build {
                archive: packed,
                ..Build::default()
            });
        }
    }
    let values_files = set_values(config, files, &mut chart)?;
    let added = if is_directory {
        dependency::complete(&mut chart, files, &path, inputs)?
    } else {
        0
    };
    let build = finish(chart, pin, values_files, added)?;
    check_size(config, &pin.name, &build.archive)?;
    Ok(build)
}

fn open(config: &Config, files: &Rc<dyn Files>) -> Result<Found, Error> {
    if config.chart.is_empty() {
        return Err(invalid(REFERENCE, "no path set for local chart reference"));
    }
    if config.chart.starts_with('/') {
        return Err(invalid(
            REFERENCE,
            "local chart reference path is expected to be relative",
        ));
    }
    let path = clean_relative(&config.chart);
    if path.starts_with("..") {
        return Err(invalid(
            REFERENCE,
            format!("path '{}' leaves the source", config.chart),
        ));
    }
    let kind = files
        .kind(&path)
        .map_err(|error| invalid(REFERENCE, format!("stat '{path}': {error}")))?;
    let loaded = load(files, &path, Limits::default()).map_err(|error| not_loaded(&error))?;
    Ok(Found {
        is_directory: kind == EntryKind::Directory,
        chart: loaded.chart,
        path,
    })
}

/// What is no chart at all is the spec's fault; a chart with a broken file may be repaired in the source.
fn not_loaded(error: &LoadError) -> Error {
    match error {
        LoadError::NotFound(_)
        | LoadError::NoChart { .. }
        | LoadError::NoMetadata
        | LoadError::Metadata(_)
        | LoadError::ApiVersion
        | LoadError::NextApiVersion
        | LoadError::Decode {
            file: "Chart.yaml" | "requirements.yaml",
            ..
        } => invalid(REFERENCE, error),
        error => failed(PACKAGE, error),
    }
}

/// Values files are files of the source, whose root is theirs.
fn set_values(config: &Config, files: &Rc<dyn Files>, chart: &mut Chart) -> Result<Vec<String>, Error> {
    let names = config.values_files();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let read = |name: &str| {
        let path = clean_relative(name);
        if path.starts_with("..") || name.starts_with('/') {
            return Err("the path leaves the source".to_owned());
        }
        match files.read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(FilesError::NotFound | FilesError::NotADirectory) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    };
    let (values, used) = merge(names, config.ignore_missing_values_files, &read)?;
    Ok(if overwrite(chart, &values)? {
        used
    } else {
        Vec::new()
    })
}
