//! A tree held in memory, with the rules of the host's trees: no links, nothing above the root.

// Each test crate uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;

use sluice_kustomize::{Entry, EntryKind, Files, FilesError};

/// Files by absolute path.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// A tree of these files.
    pub fn new<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let files = files
            .into_iter()
            .map(|(path, text)| (format!("/{path}"), text.as_bytes().to_vec()));
        Self {
            files: files.collect(),
        }
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(format!("/{path}"), text.into());
    }

    fn is_directory(&self, path: &str) -> bool {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.files
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(file, _)| file.starts_with(&prefix))
    }
}

impl Files for Memory {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        if !self.is_directory(dir) {
            return Err(if self.files.contains_key(dir) {
                FilesError::NotADirectory
            } else {
                FilesError::NotFound
            });
        }
        let prefix = format!("{}/", dir.trim_end_matches('/'));
        let mut names = BTreeMap::new();
        for path in self.files.keys().filter_map(|path| path.strip_prefix(&prefix)) {
            let (name, kind) = match path.split_once('/') {
                Some((name, _)) => (name, EntryKind::Directory),
                None => (path, EntryKind::File),
            };
            names.insert(name.to_owned(), kind);
        }
        Ok(names
            .into_iter()
            .map(|(name, kind)| Entry { name, kind })
            .collect())
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        if self.files.contains_key(path) {
            return Ok(EntryKind::File);
        }
        if path == "/" || self.is_directory(path) {
            Ok(EntryKind::Directory)
        } else {
            Err(FilesError::NotFound)
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.is_directory(path) => Err(FilesError::IsADirectory),
            None => Err(FilesError::NotFound),
        }
    }
}
