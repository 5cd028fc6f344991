//! Packs a chart as `helm package` does: one directory named as the chart, subcharts unpacked below its `charts/`. The same
//! chart gives the same bytes: no times, one owner, one mode.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use sluice_yaml::{Flavour, emit_value};
use tar::{Builder, EntryType, Header};
use thiserror::Error;

use crate::chart::Chart;
use crate::files::{FilesError, base_name};

/// Deepest chain of subcharts that is packed; loading has the same bound.
const MAX_DEPTH: usize = 64;

/// Why a chart is not packed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PackageError {
    /// The name is a path.
    #[error("chart name {0:?} is invalid")]
    Name(String),
    /// Nested too deep.
    #[error("chart is nested deeper than {MAX_DEPTH} levels")]
    Depth,
    /// Chart.yaml cannot be written.
    #[error("failed to write Chart.yaml of chart {chart:?}: {error}")]
    Metadata {
        /// The chart.
        chart: String,
        /// The emitter's words.
        error: sluice_yaml::Error,
    },
    /// A file of the chart cannot be read.
    #[error("error reading {path}: {error}")]
    Read {
        /// Path in the package.
        path: String,
        /// The tree's words.
        error: FilesError,
    },
    /// Two files of one name.
    #[error("chart contains {0:?} twice")]
    Twice(String),
    /// The archive cannot be written.
    #[error("failed to write {path:?}: {reason}")]
    Write {
        /// Path in the package.
        path: String,
        /// The library's words.
        reason: String,
    },
}

/// The packed chart: a gzipped tar archive.
///
/// # Errors
/// Its name or a subchart's is a path, or a file cannot be read.
pub fn package(chart: &Chart) -> Result<Vec<u8>, PackageError> {
    let gzip = GzBuilder::new()
        .comment("Helm")
        .write(Vec::new(), Compression::default());
    let mut packer = Packer {
        archive: Builder::new(gzip),
        seen: std::collections::HashSet::new(),
    };
    packer.chart(chart, "", 0)?;
    let done = packer
        .archive
        .into_inner()
        .and_then(flate2::write::GzEncoder::finish);
    done.map_err(|error| failed(chart.name(), &error))
}

fn failed(path: &str, error: &io::Error) -> PackageError {
    PackageError::Write {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

struct Packer<W: Write> {
    archive: Builder<W>,
    seen: std::collections::HashSet<String>,
}

impl<W: Write> Packer<W> {
    fn chart(&mut self, chart: &Chart, above: &str, depth: usize) -> Result<(), PackageError> {
        let name = chart.name();
        if matches!(name, "" | "." | "..") || name != base_name(name) || name.contains('\\') {
            return Err(PackageError::Name(name.to_owned()));
        }
        if depth > MAX_DEPTH {
            return Err(PackageError::Depth);
        }
        let base = format!("{above}{name}/");
        let text = emit_value(&chart.metadata.document(), Flavour::Sigs);
        let text = text.map_err(|error| PackageError::Metadata {
            chart: name.to_owned(),
            error,
        })?;
        self.file(&base, "Chart.yaml", text.as_bytes())?;
        if let Some(lock) = chart.lock.as_ref().filter(|_| chart.metadata.api_version == "v2") {
            self.file(&base, "Chart.lock", lock)?;
        }
        if let Some(values) = &chart.values_file {
            self.file(&base, "values.yaml", values)?;
        }
        if let Some(schema) = &chart.schema {
            self.file(&base, "values.schema.json", schema)?;
        }
        for file in chart.templates.iter().chain(chart.files.iter()) {
            let bytes = file.bytes().map_err(|error| PackageError::Read {
                path: format!("{base}{}", file.name),
                error,
            })?;
            self.file(&base, &file.name, &bytes)?;
        }
        let below = format!("{base}charts/");
        for subchart in &chart.dependencies {
            self.chart(subchart, &below, depth + 1)?;
        }
        Ok(())
    }

    fn file(&mut self, base: &str, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let path = format!("{base}{name}");
        if !self.seen.insert(path.clone()) {
            return Err(PackageError::Twice(path));
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        self.archive
            .append_data(&mut header, &path, bytes)
            .map_err(|error| failed(&path, &error))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::files::Files;
    use crate::{Limits, MemoryFiles, load, load_archive};

    fn chart(files: &[(&str, &str)]) -> Chart {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let files: Rc<dyn Files> = Rc::new(MemoryFiles(files.collect()));
        load(&files, "app", Limits::default()).expect("a chart").chart
    }

    const APP: &[(&str, &str)] = &[
        (
            "app/Chart.yaml",
            "apiVersion: v2\nname: app\nversion: 1.0.0\nunknown: x\ndependencies:\n- {name: db, version: 2.x, repository: 'file://../db', condition: db.enabled}\n",
        ),
        ("app/values.yaml", "# kept\na: 1\n"),
        ("app/templates/x.yaml", "x: 1\n"),
        ("app/README.md", "read"),
        (
            "app/charts/db/Chart.yaml",
            "apiVersion: v1\nname: db\nversion: 2.1.0\n",
        ),
        ("app/charts/db/templates/y.yaml", "y: 1\n"),
    ];

    #[test]
    fn a_packed_chart_loads_as_it_was() {
        let packed = package(&chart(APP)).expect("packs");
        assert_eq!(packed, package(&chart(APP)).expect("packs"), "the same bytes");
        let again = load_archive(&packed, Limits::default()).expect("a chart").chart;
        assert_eq!(again.metadata, chart(APP).metadata);
        assert_eq!(&*again.values_file.expect("values"), b"# kept\na: 1\n");
        assert_eq!(again.dependencies[0].name(), "db");
        assert_eq!(again.dependencies[0].templates.len(), 1);
        assert_eq!(again.files.len(), 1);
    }

    #[test]
    fn metadata_is_written_in_helms_form() {
        let text = emit_value(&chart(APP).metadata.document(), Flavour::Sigs).expect("YAML");
        let wanted = "apiVersion: v2\ndependencies:\n- condition: db.enabled\n  name: db\n  repository: file://../db\n  version: 2.x\nname: app\nversion: 1.0.0\n";
        assert_eq!(text, wanted);
    }

    /// H6: a name that is a path makes no directory elsewhere.
    #[test]
    fn h6_a_name_that_is_a_path_is_refused() {
        for name in ["..", ".", "a/b", "", "a\\b"] {
            let mut chart = chart(APP);
            Rc::make_mut(&mut chart.metadata).name = name.to_owned();
            assert_eq!(
                package(&chart),
                Err(PackageError::Name(name.to_owned())),
                "{name}"
            );
        }
    }

    #[test]
    fn a_lock_names_what_was_resolved() {
        let lock = b"dependencies:\n- name: db\n  repository: https://h/charts\n  version: 2.1.0\ndigest: sha256:00\ngenerated: \"2026-01-01T00:00:00Z\"\n";
        let locked = crate::Metadata::locked(lock).expect("a lock");
        assert_eq!(
            (locked[0].name.as_str(), locked[0].version.as_str()),
            ("db", "2.1.0")
        );
        assert!(crate::Metadata::locked(b"- 1").is_err());
    }
}
