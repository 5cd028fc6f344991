//! A live folder as a tree, for `sluice render`: read lazily, symlinks followed where they may be.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sluice_model::path;
use sluice_model::tree::{Entry, EntryKind, Stat, TreeError, TreeRead};

/// Names of a kustomization's file.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Which symlinks are followed to files. What is rendered may be a stranger's: its links must not bring in files that
/// it could not name (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// All, as kustomize does without load restrictions.
    All,
    /// Those to files in or below the folder of the kustomization that they belong to, as kustomize does by default.
    Kustomization,
    /// Those to files of the tree.
    Tree,
}

/// The file system below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    links: Links,
}

/// The checkout that a folder is in, else all of the file system. In the cluster a build reads its artifact only.
pub fn checkout_of(dir: &Path) -> &Path {
    let is_checkout = |parent: &&Path| parent.join(".git").exists();
    dir.ancestors().find(is_checkout).unwrap_or(Path::new("/"))
}

/// The nearest folder with a kustomization that a file is in.
fn home_of(file: &Path) -> Option<&Path> {
    let is_home = |dir: &&Path| {
        KUSTOMIZATIONS
            .iter()
            .any(|name| fs::symlink_metadata(dir.join(name)).is_ok())
    };
    file.ancestors().skip(1).find(is_home)
}

impl Folder {
    /// All files below `root`.
    pub fn new(root: impl Into<PathBuf>, links: Links) -> Self {
        Self {
            root: root.into(),
            links,
        }
    }

    fn check_links(&self, path: &str, full: &Path) -> Result<(), TreeError> {
        if self.links == Links::All {
            return Ok(());
        }
        let real = match full.canonicalize() {
            Ok(real) if real != full => real,
            // no link; or nothing, which the read itself tells
            _ => return Ok(()),
        };
        let bounds = match self.links {
            Links::Tree => Some(self.root.as_path()),
            Links::All | Links::Kustomization => home_of(full),
        };
        let bounds = bounds.and_then(|bounds| bounds.canonicalize().ok());
        if bounds.is_some_and(|bounds| real.starts_with(bounds)) {
            return Ok(());
        }
        Err(TreeError::Read {
            path: path.to_owned(),
            reason: "security; the link leads to a file that may not be read from here".into(),
        })
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

fn kind_of(entry: &fs::DirEntry) -> EntryKind {
    // most folders hold no links: what the listing says spares a question for each entry
    match entry.file_type() {
        Ok(kind) if kind.is_dir() => return EntryKind::Directory,
        Ok(kind) if kind.is_file() => return EntryKind::File,
        _ => {}
    }
    match fs::metadata(entry.path()) {
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
                kind: kind_of(&entry),
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
        self.check_links(&path, &full)?;
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
        let folder = Folder::new(dir.path(), Links::All);
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

    /// R1, CVE-2022-24877: a link in what is rendered brings in no file that could not be named.
    #[test]
    fn r1_links_do_not_lead_out() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let root = dir.path().canonicalize()?;
        for (path, text) in [
            ("app/kustomization.yaml", "{}"),
            ("app/inner", "inner"),
            ("base/kustomization.yaml", "{}"),
            ("base/x", "base"),
            ("secret", "secret"),
        ] {
            let full = root.join(path);
            fs::create_dir_all(full.parent().unwrap_or(&root))?;
            fs::write(full, text)?;
        }
        for (target, link) in [
            ("inner", "app/in"),
            ("../secret", "app/out"),
            ("..", "app/up"),
            ("../base", "app/base"),
        ] {
            std::os::unix::fs::symlink(target, root.join(link))?;
        }
        let refused = |read: Result<bytes::Bytes, TreeError>| matches!(read, Err(TreeError::Read { .. }));
        let folder = Folder::new(&root, Links::Kustomization);
        assert_eq!(folder.read("app/in")?, "inner");
        assert_eq!(folder.read("app/base/x")?, "base", "a base may be anywhere");
        assert!(refused(folder.read("app/out")) && refused(folder.read("app/up/secret")));
        let tree = Folder::new(root.join("app"), Links::Tree);
        assert_eq!(tree.read("in")?, "inner");
        assert!(refused(tree.read("out")) && refused(tree.read("base/x")));
        assert_eq!(Folder::new(&root, Links::All).read("app/out")?, "secret");
        Ok(())
    }

    #[test]
    fn a_checkout_is_found_from_any_folder_of_it() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let app = dir.path().join("apps/prod");
        fs::create_dir_all(&app)?;
        fs::create_dir(dir.path().join(".git"))?;
        assert_eq!(checkout_of(&app), dir.path());
        Ok(())
    }
}
