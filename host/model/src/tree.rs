//! Immutable trees of files: the one form in which content crosses stages.
//!
//! A [`Tree`] is a Merkle tree held in memory; its blobs stay where they are (a git object database, a folder) until
//! they are read. Ids are ours, not git's: a file is (blob, executable bit), a directory the hash of its sorted,
//! filtered view, so that equal ids mean equal content whatever the ignore rules hid.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::digest::{Digest, DigestBuilder};
use crate::path::{self, PathError};

/// What a name in a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Bytes.
    File,
    /// More names.
    Directory,
    /// Only in trees that keep them.
    Symlink,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Without any slash.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What is known of a path without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: EntryKind,
    /// Bytes; 0 for a directory.
    pub size: u64,
    /// Any executable bit was set.
    pub executable: bool,
}

/// Why a read of a tree gave nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TreeError {
    /// Nothing has this path.
    #[error("{path:?} does not exist")]
    NotFound {
        /// As it was asked for, normalised.
        path: String,
    },
    /// A file where a directory is needed.
    #[error("{path:?} is not a directory")]
    NotADirectory {
        /// As it was asked for, normalised.
        path: String,
    },
    /// A directory where a file is needed.
    #[error("{path:?} is a directory")]
    IsADirectory {
        /// As it was asked for, normalised.
        path: String,
    },
    /// The path is not one.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The blob could not be read from where it is stored.
    #[error("failed to read {path:?}: {reason}")]
    Read {
        /// As it was asked for, normalised.
        path: String,
        /// The store's own words.
        reason: String,
    },
}

/// The port by which a renderer sees files. Paths are normalised by the implementation; the root is "".
pub trait TreeRead: Send + Sync {
    /// The names in a directory, sorted bytewise.
    ///
    /// # Errors
    /// The path is none, or no directory.
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, TreeError>;
    /// Kind, size and executable bit.
    ///
    /// # Errors
    /// The path is none or does not exist.
    fn stat(&self, path: &str) -> Result<Stat, TreeError>;
    /// The bytes of a file.
    ///
    /// # Errors
    /// The path is none, no file, or its blob cannot be read.
    fn read(&self, path: &str) -> Result<Bytes, TreeError>;
    /// The id of what stands at a path ((blob, executable) of a file, the whole view of a directory), or none when
    /// nothing does. Trees that cannot tell without reading everything (a live folder) return an error.
    ///
    /// # Errors
    /// The path is none, or this tree has no ids.
    fn id(&self, path: &str) -> Result<Option<Digest>, TreeError>;
}

/// Where blobs are read from.
pub trait BlobSource: Send + Sync {
    /// The bytes of a blob by the key that the node carries.
    ///
    /// # Errors
    /// The store's own words.
    fn read(&self, key: &BlobKey) -> Result<Bytes, String>;
}

/// Names a blob in its source: a git object id, a sha256, or the bytes themselves for small generated files.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum BlobKey {
    /// A git object id (20 or 32 bytes).
    Git(Arc<[u8]>),
    /// A sha256.
    Sha256(Digest),
    /// The content itself.
    Inline(Bytes),
}

impl fmt::Debug for BlobKey {
    /// Content is never shown: it may be a decrypted file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git(oid) => {
                f.write_str("git:")?;
                oid.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Sha256(digest) => fmt::Display::fmt(digest, f),
            Self::Inline(bytes) => write!(f, "inline:{} bytes", bytes.len()),
        }
    }
}

impl BlobKey {
    fn feed(&self, builder: &mut DigestBuilder) {
        match self {
            Self::Git(oid) => builder.piece(b"git").piece(oid),
            Self::Sha256(digest) => builder.piece(b"sha256").piece(digest.as_bytes()),
            Self::Inline(bytes) => builder.piece(b"sha256").piece(Digest::of(bytes).as_bytes()),
        };
    }
}

/// A file of a [`Tree`].
#[derive(Clone)]
pub struct File {
    /// Names the content.
    pub blob: BlobKey,
    /// Bytes.
    pub size: u64,
    /// Any executable bit was set.
    pub executable: bool,
    /// Where the content is.
    pub source: Arc<dyn BlobSource>,
    id: Digest,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("blob", &self.blob)
            .field("executable", &self.executable)
            .finish()
    }
}

impl File {
    /// A file whose bytes are read from `source` when they are needed.
    pub fn new(blob: BlobKey, size: u64, executable: bool, source: Arc<dyn BlobSource>) -> Self {
        let mut builder = DigestBuilder::default();
        blob.feed(&mut builder);
        builder.piece(&[u8::from(executable)]);
        Self {
            blob,
            size,
            executable,
            source,
            id: builder.finish(),
        }
    }

    /// A file that carries its bytes.
    pub fn inline(bytes: Bytes, executable: bool) -> Self {
        let size = bytes.len() as u64;
        Self::new(BlobKey::Inline(bytes), size, executable, Arc::new(InlineBlobs))
    }

    /// Of (blob, executable bit).
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The content.
    ///
    /// # Errors
    /// The store's own words.
    pub fn read(&self) -> Result<Bytes, String> {
        match &self.blob {
            BlobKey::Inline(bytes) => Ok(bytes.clone()),
            key => self.source.read(key),
        }
    }
}

struct InlineBlobs;

impl BlobSource for InlineBlobs {
    fn read(&self, key: &BlobKey) -> Result<Bytes, String> {
        match key {
            BlobKey::Inline(bytes) => Ok(bytes.clone()),
            _ => Err("not an inline blob".into()),
        }
    }
}

/// A node of a [`Tree`].
#[derive(Debug, Clone)]
pub enum Node {
    /// A file.
    File(File),
    /// A directory; shared between trees whose subtrees are equal.
    Directory(Arc<Directory>),
}

impl Node {
    /// The id of what this node holds.
    pub fn id(&self) -> Digest {
        match self {
            Self::File(file) => file.id,
            Self::Directory(directory) => directory.id,
        }
    }

    fn kind(&self) -> EntryKind {
        match self {
            Self::File(_) => EntryKind::File,
            Self::Directory(_) => EntryKind::Directory,
        }
    }
}

/// A directory of a [`Tree`]: names sorted bytewise.
#[derive(Debug)]
pub struct Directory {
    entries: Vec<(Box<str>, Node)>,
    id: Digest,
}

impl Directory {
    /// A directory of these nodes.
    pub fn new(nodes: BTreeMap<Box<str>, Node>) -> Self {
        let mut builder = DigestBuilder::default();
        for (name, node) in &nodes {
            let tag: &[u8] = if matches!(node, Node::File(_)) { b"f" } else { b"d" };
            builder
                .piece(tag)
                .piece(name.as_bytes())
                .piece(node.id().as_bytes());
        }
        Self {
            entries: nodes.into_iter().collect(),
            id: builder.finish(),
        }
    }

    /// The node with this name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let at = self
            .entries
            .binary_search_by(|(entry, _)| entry.as_ref().cmp(name))
            .ok()?;
        self.entries.get(at).map(|(_, node)| node)
    }

    /// All nodes by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(name, node)| (name.as_ref(), node))
    }

    /// Of the sorted view.
    pub fn id(&self) -> Digest {
        self.id
    }
}

/// An immutable tree in memory; cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Tree {
    root: Arc<Directory>,
}

impl Tree {
    /// A tree with this root.
    pub fn new(root: Arc<Directory>) -> Self {
        Self { root }
    }

    /// The root directory.
    pub fn root(&self) -> &Arc<Directory> {
        &self.root
    }

    /// The id of the whole tree.
    pub fn root_id(&self) -> Digest {
        self.root.id
    }

    /// The node at a normalised path; none where nothing stands. The root has no node of its own.
    fn node(&self, path: &str) -> Option<Node> {
        if path.is_empty() {
            return Some(Node::Directory(self.root.clone()));
        }
        let mut directory = &self.root;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let node = directory.get(part)?;
            if parts.peek().is_none() {
                return Some(node.clone());
            }
            match node {
                Node::Directory(next) => directory = next,
                Node::File(_) => return None,
            }
        }
        None
    }

    /// Every file with its path, depth first and sorted by name within a directory.
    pub fn walk(&self) -> Vec<(String, File)> {
        fn below(prefix: &str, directory: &Directory, out: &mut Vec<(String, File)>) {
            for (name, node) in directory.iter() {
                let path = if prefix.is_empty() {
                    name.to_owned()
                } else {
                    format!("{prefix}/{name}")
                };
                match node {
                    Node::File(file) => out.push((path, file.clone())),
                    Node::Directory(directory) => below(&path, directory, out),
                }
            }
        }
        let mut out = Vec::new();
        below("", &self.root, &mut out);
        out
    }
}

impl TreeRead for Tree {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, TreeError> {
        let path = path::normalize(dir)?;
        match self.node(&path) {
            Some(Node::Directory(directory)) => Ok(directory
                .iter()
                .map(|(name, node)| Entry {
                    name: name.to_owned(),
                    kind: node.kind(),
                })
                .collect()),
            Some(Node::File(_)) => Err(TreeError::NotADirectory { path }),
            None => Err(TreeError::NotFound { path }),
        }
    }

    fn stat(&self, path: &str) -> Result<Stat, TreeError> {
        let path = path::normalize(path)?;
        match self.node(&path) {
            Some(Node::File(file)) => Ok(Stat {
                kind: EntryKind::File,
                size: file.size,
                executable: file.executable,
            }),
            Some(Node::Directory(_)) => Ok(Stat {
                kind: EntryKind::Directory,
                size: 0,
                executable: false,
            }),
            None => Err(TreeError::NotFound { path }),
        }
    }

    fn read(&self, path: &str) -> Result<Bytes, TreeError> {
        let path = path::normalize(path)?;
        match self.node(&path) {
            Some(Node::File(file)) => file.read().map_err(|reason| TreeError::Read { path, reason }),
            Some(Node::Directory(_)) => Err(TreeError::IsADirectory { path }),
            None => Err(TreeError::NotFound { path }),
        }
    }

    fn id(&self, path: &str) -> Result<Option<Digest>, TreeError> {
        Ok(self.node(&path::normalize(path)?).map(|node| node.id()))
    }
}

/// Builds a [`Tree`] file by file.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    root: Draft,
    files: usize,
}

#[derive(Debug, Default)]
struct Draft(BTreeMap<Box<str>, DraftNode>);

#[derive(Debug)]
enum DraftNode {
    Ready(Node),
    Draft(Draft),
}

/// The path cannot be added to the tree.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BuildTreeError {
    /// The path is not one.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Something else stands there, or a file stands where a directory is needed.
    #[error("path {path:?} is there already")]
    Duplicate {
        /// The path, normalised.
        path: String,
    },
}

impl TreeBuilder {
    /// How many files and ready directories were added.
    pub fn len(&self) -> usize {
        self.files
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    /// Adds a file or a whole directory at a path.
    ///
    /// # Errors
    /// The path is none, is taken, or runs through a file.
    pub fn add(&mut self, at: &str, node: Node) -> Result<(), BuildTreeError> {
        let at = path::normalize(at)?;
        if at.is_empty() {
            return self.add_root(node);
        }
        let mut draft = &mut self.root;
        let dir = path::parent(&at);
        for part in dir.split('/').filter(|part| !part.is_empty()) {
            let next = draft
                .0
                .entry(part.into())
                .or_insert_with(|| DraftNode::Draft(Draft::default()));
            match next {
                DraftNode::Draft(inner) => draft = inner,
                DraftNode::Ready(_) => return Err(BuildTreeError::Duplicate { path: at.clone() }),
            }
        }
        let name: Box<str> = path::file_name(&at).into();
        if draft.0.contains_key(&name) {
            return Err(BuildTreeError::Duplicate { path: at.clone() });
        }
        draft.0.insert(name, DraftNode::Ready(node));
        self.files += 1;
        Ok(())
    }

    fn add_root(&mut self, node: Node) -> Result<(), BuildTreeError> {
        let Node::Directory(directory) = node else {
            return Err(BuildTreeError::Duplicate { path: String::new() });
        };
        for (name, node) in directory.iter() {
            self.add(name, node.clone())?;
        }
        Ok(())
    }

    /// The finished tree.
    pub fn build(self) -> Tree {
        fn finish(draft: Draft) -> Arc<Directory> {
            let nodes = draft.0.into_iter().map(|(name, node)| {
                let node = match node {
                    DraftNode::Ready(node) => node,
                    DraftNode::Draft(inner) => Node::Directory(finish(inner)),
                };
                (name, node)
            });
            Arc::new(Directory::new(nodes.collect()))
        }
        Tree::new(finish(self.root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut builder = TreeBuilder::default();
        for (path, text) in files {
            let file = File::inline(Bytes::copy_from_slice(text.as_bytes()), false);
            builder.add(path, Node::File(file)).expect("path is free");
        }
        builder.build()
    }

    #[test]
    fn reads_what_was_added() {
        let tree = tree(&[("a/b.yaml", "x"), ("a/c/d", "y"), ("e", "z")]);
        assert_eq!(tree.read("a/./b.yaml").expect("is there"), "x");
        let names: Vec<String> = tree
            .entries("a")
            .expect("a directory")
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(names, ["b.yaml", "c"]);
        assert!(matches!(tree.read("a"), Err(TreeError::IsADirectory { .. })));
        assert!(matches!(tree.read("nope"), Err(TreeError::NotFound { .. })));
        assert!(matches!(tree.read("../e"), Err(TreeError::Path(_))));
        assert!(matches!(tree.entries("e"), Err(TreeError::NotADirectory { .. })));
    }

    #[test]
    fn directory_id_changes_only_with_its_view() {
        let old = tree(&[("a/x", "1"), ("b/y", "2")]);
        let new = tree(&[("a/x", "1"), ("b/y", "3")]);
        assert_eq!(old.id("a").expect("id"), new.id("a").expect("id"));
        assert_ne!(old.id("b").expect("id"), new.id("b").expect("id"));
        assert_ne!(old.root_id(), new.root_id());
        assert_eq!(old.id("c").expect("id"), None);
    }

    #[test]
    fn refuses_a_path_twice_and_through_a_file() {
        let mut builder = TreeBuilder::default();
        let file = || Node::File(File::inline(Bytes::from_static(b"1"), false));
        builder.add("a", file()).expect("free");
        assert!(builder.add("a", file()).is_err());
        assert!(builder.add("a/b", file()).is_err());
        assert!(builder.add("../a", file()).is_err());
    }
}
