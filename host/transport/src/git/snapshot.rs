//! A commit as a tree: directories are read from the object database, files stay there. A directory that is the same
//! as in the last snapshot is not read again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use git2::{ErrorCode, Oid};
use sluice_model::path::MAX_PATH;
use sluice_model::port::EndpointError;
use sluice_model::tree::{BlobKey, BlobSource, Directory, File, Node, Tree};

use crate::git::repository::{Repository, blob_source};

/// Most files of one tree, counted as often as they occur: a few small git trees can name billions of files.
const MAX_FILES: u64 = 2_000_000;
const MAX_DEPTH: usize = 512;

const MODE_TREE: i32 = 0o040_000;
const MODE_LINK: i32 = 0o120_000;
const MODE_COMMIT: i32 = 0o160_000;

/// Why there is no tree.
#[derive(Debug)]
pub(crate) enum SnapshotError {
    /// The commit or something below it is not in the repository.
    Missing,
    /// The tree is refused, or cannot be read.
    Refused(EndpointError),
}

/// A directory that was read, with what is below it.
#[derive(Clone)]
struct Known {
    directory: Arc<Directory>,
    files: u64,
    children: Arc<[Oid]>,
}

/// The directories of the last snapshot by their git ids.
#[derive(Default)]
pub(crate) struct SnapshotCache {
    root: Option<Oid>,
    known: HashMap<Oid, Known>,
}

/// The tree of a commit that is in the repository. Symlinks and submodules are left out, as in Flux's artifacts.
pub(crate) fn snapshot(repository: &Arc<Repository>, commit: Oid) -> Result<Tree, SnapshotError> {
    let mut cache = repository.snapshots.lock();
    let built = repository.with(|handle| {
        let root = handle
            .find_commit(commit)
            .map_err(|error| read_error(&error))?
            .tree_id();
        let odb = handle.odb().map_err(|error| read_error(&error))?;
        let previous = cache
            .root
            .and_then(|oid| cache.known.get(&oid))
            .map(|known| known.directory.clone());
        let mut walk = Walk {
            handle,
            odb,
            source: blob_source(repository),
            old: &cache.known,
            new: HashMap::with_capacity(cache.known.len()),
            path: String::new(),
        };
        let known = walk.directory(root, previous.as_ref(), 0)?;
        Ok((root, known.directory, walk.new))
    });
    let (root, directory, known) = built.map_err(SnapshotError::Refused)??;
    *cache = SnapshotCache {
        root: Some(root),
        known,
    };
    Ok(Tree::new(directory))
}

struct Walk<'a> {
    handle: &'a git2::Repository,
    odb: git2::Odb<'a>,
    source: Arc<dyn BlobSource>,
    old: &'a HashMap<Oid, Known>,
    new: HashMap<Oid, Known>,
    path: String,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        oid: Oid,
        previous: Option<&Arc<Directory>>,
        depth: usize,
    ) -> Result<Known, SnapshotError> {
        if let Some(known) = self.new.get(&oid) {
            return Ok(known.clone());
        }
        if let Some(known) = self.old.get(&oid) {
            let known = known.clone();
            self.keep(oid, &known);
            return Ok(known);
        }
        if depth > MAX_DEPTH {
            return Err(self.refused("lies deeper than 512 directories"));
        }
        let known = self.read(oid, previous, depth)?;
        self.new.insert(oid, known.clone());
        Ok(known)
    }

    /// Carries a directory of the last snapshot over, with all below it.
    fn keep(&mut self, oid: Oid, known: &Known) {
        let mut pending = vec![(oid, known.clone())];
        while let Some((oid, known)) = pending.pop() {
            if self.new.contains_key(&oid) {
                continue;
            }
            for child in known.children.iter() {
                if let Some(below) = self.old.get(child) {
                    pending.push((*child, below.clone()));
                }
            }
            self.new.insert(oid, known);
        }
    }

    fn read(
        &mut self,
        oid: Oid,
        previous: Option<&Arc<Directory>>,
        depth: usize,
    ) -> Result<Known, SnapshotError> {
        let tree = self.handle.find_tree(oid).map_err(|error| read_error(&error))?;
        let mut nodes = BTreeMap::new();
        let mut children = Vec::new();
        let mut files = 0u64;
        for entry in &tree {
            let Some(name) = self.name(entry.name_bytes())? else {
                continue;
            };
            let length = self.path.len();
            if length + name.len() + 1 > MAX_PATH {
                return Err(self.refused("has entries whose paths are longer than 4096 bytes"));
            }
            let before = previous.and_then(|directory| directory.get(&name));
            let node = match entry.filemode_raw() {
                MODE_LINK | MODE_COMMIT => continue,
                MODE_TREE => {
                    self.path.push_str(&name);
                    self.path.push('/');
                    let hint = match before {
                        Some(Node::Directory(directory)) => Some(directory),
                        _ => None,
                    };
                    let known = self.directory(entry.id(), hint, depth + 1)?;
                    self.path.truncate(length);
                    children.push(entry.id());
                    files += known.files;
                    Node::Directory(known.directory)
                }
                mode => {
                    files += 1;
                    Node::File(self.file(entry.id(), mode & 0o111 != 0, before)?)
                }
            };
            if files > MAX_FILES {
                return Err(self.refused("holds more than 2,000,000 files"));
            }
            nodes.insert(name, node);
        }
        Ok(Known {
            directory: Arc::new(Directory::new(nodes)),
            files,
            children: children.into(),
        })
    }

    fn file(&self, oid: Oid, executable: bool, before: Option<&Node>) -> Result<File, SnapshotError> {
        if let Some(Node::File(file)) = before
            && file.executable == executable
            && matches!(&file.blob, BlobKey::Git(raw) if raw.as_ref() == oid.as_bytes())
        {
            return Ok(file.clone());
        }
        let (size, _) = self.odb.read_header(oid).map_err(|error| read_error(&error))?;
        let key = BlobKey::Git(Arc::from(oid.as_bytes()));
        Ok(File::new(key, size as u64, executable, self.source.clone()))
    }

    /// The name of an entry; none for a name that no plugin can be told of (not UTF-8), which is left out.
    fn name(&self, bytes: &[u8]) -> Result<Option<Box<str>>, SnapshotError> {
        let Ok(name) = std::str::from_utf8(bytes) else {
            let name = String::from_utf8_lossy(bytes);
            tracing::warn!(directory = %self.path, %name, "left a file out of the artifact: its name is not UTF-8");
            return Ok(None);
        };
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(self.refused("has an entry that is no file name"));
        }
        if is_dot_git(name) {
            return Err(self.refused("has an entry named .git"));
        }
        Ok(Some(name.into()))
    }

    fn refused(&self, reason: &str) -> SnapshotError {
        let path = self.path.trim_end_matches('/');
        SnapshotError::Refused(EndpointError::Denied(format!(
            "directory {path:?} of the commit {reason}"
        )))
    }
}

/// S5: `.git` in the spellings that file systems take for it (git's `is_hfs_dotgit` and `is_ntfs_dotgit`).
fn is_dot_git(name: &str) -> bool {
    let ignored = |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let visible: String = name.chars().filter(|c| !ignored(*c)).collect();
    let plain = visible
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches([' ', '.']);
    plain.eq_ignore_ascii_case(".git") || plain.eq_ignore_ascii_case("git~1")
}

fn read_error(error: &git2::Error) -> SnapshotError {
    if error.code() == ErrorCode::NotFound {
        return SnapshotError::Missing;
    }
    SnapshotError::Refused(EndpointError::Failed(format!(
        "failed to read the commit: {}",
        error.message()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S5 of the adversarial catalogue.
    #[test]
    fn s5_sees_every_spelling_of_dot_git() {
        for name in [
            ".git",
            ".GIT",
            ".git ",
            ".git.",
            ".Git . .",
            "git~1",
            "GIT~1",
            ".g\u{200c}it",
            ".git::$INDEX",
        ] {
            assert!(is_dot_git(name), "{name:?}");
        }
        for name in [".gitignore", ".github", "git", ".gitx", "a.git"] {
            assert!(!is_dot_git(name), "{name:?}");
        }
    }
}
