//! The host's file system as the files of a build.

use std::fs;
use std::io::ErrorKind;

use sluice_kustomize::{Entry, EntryKind, Files, FilesError};

/// The whole file system, read as it is asked for.
pub struct Host;

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
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| error(&e))? {
            let entry = entry.map_err(|e| error(&e))?;
            let kind = entry.file_type().map_err(|e| error(&e))?;
            let kind = match (kind.is_dir(), kind.is_symlink()) {
                (true, _) => EntryKind::Directory,
                (_, true) => EntryKind::Symlink,
                _ => EntryKind::File,
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
