//! Our build of a case, as the command line does it.

use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sluice_kustomize::{BuildOptions, Entry, EntryKind, Files, FilesError, LoadRestriction, Reorder, build};

use crate::case::Case;
use crate::oracle::Outcome;

/// The host's file system.
struct Host;

fn error(error: &std::io::Error) -> FilesError {
    match error.kind() {
        ErrorKind::NotFound => FilesError::NotFound,
        ErrorKind::NotADirectory => FilesError::NotADirectory,
        ErrorKind::IsADirectory => FilesError::IsADirectory,
        _ => FilesError::Other(error.to_string()),
    }
}

impl Files for Host {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let list = fs::read_dir(dir).map_err(|e| error(&e))?;
        let mut entries = Vec::new();
        for entry in list {
            let entry = entry.map_err(|e| error(&e))?;
            let is_dir = entry.file_type().map_err(|e| error(&e))?.is_dir();
            let kind = if is_dir {
                EntryKind::Directory
            } else {
                EntryKind::File
            };
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        let metadata = fs::metadata(path).map_err(|e| error(&e))?;
        Ok(if metadata.is_dir() {
            EntryKind::Directory
        } else {
            EntryKind::File
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        fs::read(path).map_err(|e| error(&e))
    }

    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        let resolved = fs::canonicalize(path).map_err(|e| error(&e))?;
        Ok(resolved.to_string_lossy().into_owned())
    }

    fn is_file_system(&self) -> bool {
        true
    }
}

/// What our library makes of a case that is written at `root`.
pub fn run(case: &Case, root: &Path) -> Outcome {
    let options = BuildOptions {
        reorder: match case.reorder {
            "none" => Reorder::None,
            "legacy" => Reorder::Legacy,
            _ => Reorder::Unspecified,
        },
        load_restriction: if case.anywhere {
            LoadRestriction::None
        } else {
            LoadRestriction::RootOnly
        },
        ..BuildOptions::default()
    };
    let directory = root.join(&case.directory);
    let work = || build(&Host, &directory.to_string_lossy(), &options).and_then(|built| built.to_yaml());
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(cause) => {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
            Err(format!("panic: {}", text.unwrap_or("unknown")))
        }
    }
}
