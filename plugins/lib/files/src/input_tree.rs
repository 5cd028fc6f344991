//! The host's tree as the files of a render.

use sluice_plugin::Error;
use sluice_plugin::files::{Kind, Tree};

use crate::{Entry, EntryKind, Files, FilesError};

/// The main tree of a request.
pub struct InputTree {
    tree: Tree,
}

impl InputTree {
    /// A view of the tree.
    pub fn new(tree: Tree) -> Self {
        Self { tree }
    }
}

/// Renderers may name files from `/`, the host names them from the tree's root without it.
fn relative(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => ".",
        path => path,
    }
}

fn kind(kind: Kind) -> EntryKind {
    match kind {
        Kind::File => EntryKind::File,
        Kind::Directory => EntryKind::Directory,
        Kind::Symlink => EntryKind::Symlink,
    }
}

fn error(error: Error) -> FilesError {
    match error {
        Error::NotFound(_) => FilesError::NotFound,
        Error::InvalidConfig(text) | Error::Denied(text) | Error::Failed(text) => FilesError::Other(text),
        Error::Transient(retry) => FilesError::Other(retry.message),
        Error::NeedsInput(names) => FilesError::Other(names.join(", ")),
    }
}

impl Files for InputTree {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let entries = self.tree.entries(relative(dir)).map_err(error)?;
        Ok(entries
            .into_iter()
            .map(|entry| Entry {
                name: entry.name,
                kind: kind(entry.kind),
            })
            .collect())
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        self.tree
            .stat(relative(path))
            .map(|stat| kind(stat.kind))
            .map_err(error)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        self.tree.read(relative(path)).map_err(|failure| match failure {
            // The contract has no case of its own for a directory.
            Error::Failed(text) if self.kind(path) == Ok(EntryKind::Directory) => {
                drop(text);
                FilesError::IsADirectory
            }
            other => error(other),
        })
    }

    fn read_many(&self, paths: &[String]) -> Result<Vec<Vec<u8>>, (String, FilesError)> {
        let read = self.tree.read_many(paths).map_err(|failure| {
            let path = paths.first().cloned().unwrap_or_default();
            (path, error(failure))
        })?;
        Ok(read.into_iter().map(|(_, bytes)| bytes).collect())
    }

    /// The host's trees hold no links that lead elsewhere.
    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        Ok(path.to_owned())
    }
}
