//! A live folder as a tree, for `sluice render`: read lazily, symlinks followed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sluice_model::path;
use sluice_model::tree::{Entry, EntryKind, Stat, TreeError, TreeRead};

/// The file system below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// All files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn locate(&self, path: &str) -> Result<(String, PathBuf), TreeError> {
        let path = path::normalize(path)?;
        let full = if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(&path)
        };
        Ok((path, full))
    }
}

fn failed(path: String, error: &std::io::Error) -> TreeError {
    match error.kind() {
        ErrorKind::NotFound => TreeError::NotFound { path },
        ErrorKind::NotADirectory => TreeError::NotADirectory { path },
        ErrorKind::IsADirectory => TreeError::IsADirectory { path },
        _ => TreeError::Read {
            path,
            reason: error.to_string(),
        },
    }
}

fn kind_of(path: &Path) -> EntryKind {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => EntryKind::Directory,
        Ok(_) => EntryKind::File,
        // a dangling symlink: what reads it will say so
        Err(_) => EntryKind::Symlink,
    }
}

impl TreeRead for Folder {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, TreeError> {
        let (path, full) = self.locate(dir)?;
        let listing = fs::read_dir(&full).map_err(|error| failed(path.clone(), &error))?;
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry.map_err(|error| failed(path.clone(), &error))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            entries.push(Entry {
                kind: kind_of(&entry.path()),
                name,
            });
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn stat(&self, path: &str) -> Result<Stat, TreeError> {
        let (path, full) = self.locate(path)?;
        let metadata = fs::metadata(full).map_err(|error| failed(path, &error))?;
        if metadata.is_dir() {
            return Ok(Stat {
                kind: EntryKind::Directory,
                size: 0,
                executable: false,
            });
        }
        let executable = metadata.permissions().mode() & 0o111 != 0;
        Ok(Stat {
            kind: EntryKind::File,
            size: metadata.len(),
            executable,
        })
    }

    fn read(&self, path: &str) -> Result<bytes::Bytes, TreeError> {
        let (path, full) = self.locate(path)?;
        fs::read(full)
            .map(bytes::Bytes::from)
            .map_err(|error| failed(path, &error))
    }

    fn id(&self, path: &str) -> Result<Option<sluice_model::Digest>, TreeError> {
        let (path, _) = self.locate(path)?;
        Err(TreeError::Read {
            path,
            reason: "a live folder has no ids".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_and_follows_symlinks() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        fs::create_dir(dir.path().join("a"))?;
        fs::write(dir.path().join("a/x"), "1")?;
        std::os::unix::fs::symlink("a", dir.path().join("link"))?;
        let folder = Folder::new(dir.path());
        assert_eq!(folder.read("link/x")?, "1");
        let names: Vec<_> = folder
            .entries(".")?
            .into_iter()
            .map(|e| (e.name, e.kind))
            .collect();
        assert_eq!(
            names,
            [
                ("a".into(), EntryKind::Directory),
                ("link".into(), EntryKind::Directory)
            ]
        );
        assert!(matches!(folder.read("nope"), Err(TreeError::NotFound { .. })));
        assert!(matches!(folder.read("a"), Err(TreeError::IsADirectory { .. })));
        assert!(matches!(folder.read("../x"), Err(TreeError::Path(_))));
        Ok(())
    }
}
