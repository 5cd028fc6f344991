//! The `tar.gz` of an artifact: written deterministically, with an index that reads single blobs back.
//!
//! Layout (as Flux's artifact storage writes it, so that its consumers read ours): relative paths in lexical walk order
//! under an entry `.`, only files and directories, owner 0, time 0, directories 0750, files 0600, executables 0700.
//! Ours beyond that, invisible to readers: the gzip comment names the tree's id, which ties the index to the archive's
//! digest, and full flush points let a reader start in the middle.

mod blobs;
mod gzip;
mod header;
mod index;
mod write;

pub use blobs::{ArchiveBlobs, FallbackBlobs};
pub use gzip::{Checkpoint, comment};
pub use index::{ArchiveIndex, IndexError};
pub use write::{ArchiveError, write};

/// Bytes of a tar block.
pub(crate) const BLOCK: usize = 512;

/// Prefix of the gzip comment; the tree's id follows.
const COMMENT: &str = "sluice-tree ";

/// The id of the tree that the first bytes of an archive name in their gzip comment.
pub fn tree_id(start: &[u8]) -> Option<sluice_model::Digest> {
    comment(start)?.strip_prefix(COMMENT)?.parse().ok()
}

#[cfg(test)]
pub(crate) mod tests;
