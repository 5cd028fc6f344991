//! A tree of files in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{Entry, EntryKind, Files, FilesError};

/// Files by their paths, for charts that come from no tree, and for tests. The root is `.`.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    fn below<'a>(&'a self, dir: &'a str) -> impl Iterator<Item = &'a str> {
        let inside = move |path: &'a String| match dir {
            "" | "." => Some(path.as_str()),
            dir => path.strip_prefix(dir)?.strip_prefix('/'),
        };
        self.0.keys().filter_map(inside)
    }
}

impl Files for MemoryFiles {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        if self.0.contains_key(dir) {
            return Err(FilesError::NotADirectory);
        }
        let mut entries = BTreeSet::new();
        for rest in self.below(dir) {
            let (name, is_file) = rest
                .split_once('/')
                .map_or((rest, true), |(name, _)| (name, false));
            entries.insert((name.to_owned(), is_file));
        }
        if entries.is_empty() {
            return Err(FilesError::NotFound);
        }
        let kind = |is_file| {
            if is_file {
                EntryKind::File
            } else {
                EntryKind::Directory
            }
        };
        let entry = |(name, is_file)| Entry {
            name,
            kind: kind(is_file),
        };
        Ok(entries.into_iter().map(entry).collect())
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        if self.0.contains_key(path) {
            return Ok(EntryKind::File);
        }
        self.below(path)
            .next()
            .map(|_| EntryKind::Directory)
            .ok_or(FilesError::NotFound)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        self.0.get(path).cloned().ok_or(FilesError::NotFound)
    }
}
