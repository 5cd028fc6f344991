//! A repository's files as a tree of the host, and its changes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use sluice_model::tree::{File, Node, Tree, TreeBuilder};

/// Files by path.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Files with their ids, so that a changed tree costs the hashes of directories only.
    pub files: BTreeMap<String, File>,
}

impl Repository {
    /// Reads a folder, without its links.
    ///
    /// # Errors
    /// The file system's.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut repository = Self::default();
        repository.add(folder, "")?;
        Ok(repository)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}/{name}")
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.add(&entry.path(), &path)?;
            } else if kind.is_file() {
                self.put(path, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Adds a file or changes it.
    pub fn put(&mut self, path: String, bytes: impl Into<Bytes>) {
        self.files.insert(path, File::inline(bytes.into(), false));
    }

    /// The tree of the files.
    pub fn tree(&self) -> Tree {
        let mut builder = TreeBuilder::default();
        for (path, file) in &self.files {
            // A path that another one blocks cannot come from a folder.
            let _ = builder.add(path, Node::File(file.clone()));
        }
        builder.build()
    }
}
