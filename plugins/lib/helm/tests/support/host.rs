//! The host's file system as a tree; links are followed.

use std::fs;
use std::io::ErrorKind;

use sluice_helm::{Entry, EntryKind, Files, FilesError};

/// Paths are the host's own.
pub struct Host;

fn error(error: &std::io::Error) -> FilesError {
    match error.kind() {
        ErrorKind::NotFound => FilesError::NotFound,
        ErrorKind::NotADirectory => FilesError::NotADirectory,
        _ => FilesError::Other(error.to_string()),
    }
}

fn kind_of(path: &str) -> Result<EntryKind, std::io::Error> {
    let metadata = fs::metadata(path)?;
    Ok(if metadata.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::File
    })
}

impl Files for Host {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| error(&e))? {
            let entry = entry.map_err(|e| error(&e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = kind_of(&format!("{dir}/{name}")).unwrap_or(EntryKind::Symlink);
            entries.push(Entry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        kind_of(path).map_err(|e| error(&e))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        fs::read(path).map_err(|e| error(&e))
    }
}
