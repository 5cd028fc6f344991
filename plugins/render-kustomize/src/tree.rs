//! The host's tree as the files of a build.

use sluice_kustomize::{Entry, EntryKind, Files, FilesError};
use sluice_plugin::Error;
use sluice_plugin::files::{Kind, Tree};

/// The main tree of a request.
pub struct InputTree<'a> {
    tree: &'a Tree,
}

impl<'a> InputTree<'a> {
    /// A view of the tree.
    pub fn new(tree: &'a Tree) -> Self {
        Self { tree }
    }
}

/// Builds name files from `/`, the host from the tree's root without it.
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

impl Files for InputTree<'_> {
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

    /// The host's trees hold no links that lead elsewhere.
    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        Ok(path.to_owned())
    }
}
