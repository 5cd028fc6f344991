//! Stores trees, tarballs and memo entries; serves artifacts; collects garbage.
//!
//! An artifact is one `tar.gz` in the layout that Flux's consumers read, and beside it an index that names every file's
//! blob, so that a tree opens again after a restart without unpacking and without fetching. Whatever is on disk is
//! checked by digest when it is read, and can be derived again.

pub mod archive;
pub mod memo;
pub mod serve;
pub mod store;
pub mod unpack;

mod garbage;
mod owner;
mod replace;
mod weighted;

pub use memo::{DiskMemo, MemoConfig};
pub use owner::Owner;
pub use serve::router;
pub use store::{ArtifactStore, Content, FileContent, StoreConfig, StoreError};
pub use unpack::{Limits, Symlinks, UnpackError, unpack};
