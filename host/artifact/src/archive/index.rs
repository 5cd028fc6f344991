//! What an archive holds and where: enough to open its tree without unpacking it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_model::Digest;
use sluice_model::tree::{BlobKey, BlobSource, BuildTreeError, File, Node, Tree, TreeBuilder};

use super::gzip::Checkpoint;

const VERSION: u32 = 1;

/// The index of one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveIndex {
    version: u32,
    /// Of the archive it describes.
    pub archive: Digest,
    /// Where a reader can start, ascending.
    pub points: Vec<Checkpoint>,
    /// Behind the last byte that can be read.
    pub end: Checkpoint,
    /// In walk order.
    pub files: Vec<IndexedFile>,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedFile {
    /// Normalised.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Any executable bit was set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
    /// Offset of its content in the uncompressed archive.
    pub at: u64,
    /// `git:<hex>` or `sha256:<hex>`.
    pub blob: String,
}

/// The index cannot be used; the archive itself still can.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No JSON, or not of this shape.
    #[error("failed to parse index: {0}")]
    Parse(#[from] serde_json::Error),
    /// Written by another version.
    #[error("index has version {0}, want {VERSION}")]
    Version(u32),
    /// It describes another archive.
    #[error("index describes archive {0}")]
    OtherArchive(Digest),
    /// Its files make another tree than the archive's comment names.
    #[error("index makes tree {0}, which is not the archive's")]
    OtherTree(Digest),
    /// A blob's key is none.
    #[error("index has no usable blob key for {0:?}")]
    Key(String),
    /// Its paths make no tree.
    #[error("index makes no tree: {0}")]
    Tree(#[from] BuildTreeError),
}

impl ArchiveIndex {
    pub(super) fn new(
        archive: Digest,
        points: Vec<Checkpoint>,
        end: Checkpoint,
        files: Vec<IndexedFile>,
    ) -> Self {
        Self {
            version: VERSION,
            archive,
            points,
            end,
            files,
        }
    }

    /// Reads an index and checks that it describes the archive with this digest.
    ///
    /// # Errors
    /// It is none, or of another archive.
    pub fn parse(bytes: &[u8], archive: &Digest) -> Result<Self, IndexError> {
        let index: Self = serde_json::from_slice(bytes)?;
        if index.version != VERSION {
            return Err(IndexError::Version(index.version));
        }
        if index.archive != *archive {
            return Err(IndexError::OtherArchive(index.archive));
        }
        Ok(index)
    }

    /// The tree of these files; it must have the id that the archive names.
    ///
    /// # Errors
    /// A key or path is bad, or the tree is another one.
    pub fn tree(&self, source: &Arc<dyn BlobSource>, want: &Digest) -> Result<Tree, IndexError> {
        let mut builder = TreeBuilder::default();
        for file in &self.files {
            let key = parse_key(&file.blob).ok_or_else(|| IndexError::Key(file.path.clone()))?;
            let node = File::new(key, file.size, file.executable, source.clone());
            builder.add(&file.path, Node::File(node))?;
        }
        let tree = builder.build();
        if tree.root_id() != *want {
            return Err(IndexError::OtherTree(tree.root_id()));
        }
        Ok(tree)
    }

    /// Whether some blob can only be read from the archive.
    pub fn needs_archive(&self) -> bool {
        self.files.iter().any(|file| !file.blob.starts_with("git:"))
    }
}

/// A key as the index writes it; bytes that a node carries are named by their sha256, which keeps the node's id.
pub(super) fn format_key(key: &BlobKey) -> String {
    match key {
        BlobKey::Git(oid) => format!("git:{}", hex::encode(oid)),
        BlobKey::Sha256(digest) => digest.to_string(),
        BlobKey::Inline(bytes) => Digest::of(bytes).to_string(),
    }
}

pub(super) fn parse_key(text: &str) -> Option<BlobKey> {
    match text.strip_prefix("git:") {
        Some(oid) => {
            let oid = hex::decode(oid).ok()?;
            matches!(oid.len(), 20 | 32).then(|| BlobKey::Git(oid.into()))
        }
        None => text.parse().ok().map(BlobKey::Sha256),
    }
}
