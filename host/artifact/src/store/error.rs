//! Why the store failed, with the condition reason that tells it.

use std::io;
use std::path::PathBuf;

use sluice_model::Digest;

use crate::archive::ArchiveError;
use crate::unpack::UnpackError;

/// Why the store failed. Paths are below the storage folder.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The storage folder cannot be used.
    #[error("failed to open storage folder {path:?}: {source}")]
    OpenRoot {
        /// By the flag.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// The storage folder's name is not UTF-8.
    #[error("failed to open storage folder {path:?}: its path is not UTF-8")]
    RootNotUtf8 {
        /// By the flag.
        path: PathBuf,
    },
    /// A name or path that would leave its folder.
    #[error("{part:?} cannot be a name in the storage folder")]
    Name {
        /// Cut.
        part: String,
    },
    /// A folder cannot be made.
    #[error("failed to make folder {path}: {source}")]
    MakeFolder {
        /// The folder.
        path: String,
        /// Of the system.
        source: io::Error,
    },
    /// The archive cannot be written.
    #[error("failed to archive {path}: {source}")]
    Archive {
        /// The archive.
        path: String,
        /// What failed.
        source: ArchiveError,
    },
    /// The index cannot be written.
    #[error("failed to write index {path}: {source}")]
    WriteIndex {
        /// The index.
        path: String,
        /// Of the system.
        source: io::Error,
    },
    /// A file or link cannot be written.
    #[error("failed to write {path}: {source}")]
    WriteFile {
        /// The file.
        path: String,
        /// Of the system.
        source: io::Error,
    },
    /// The artifact's file is not there.
    #[error("artifact {path} disappeared from storage")]
    Missing {
        /// The archive.
        path: String,
    },
    /// The artifact's file is not what was stored (A11, A14).
    #[error("artifact {path} has digest {actual}, want {expected}")]
    DigestMismatch {
        /// The archive.
        path: String,
        /// In status.
        expected: Digest,
        /// On disk.
        actual: Digest,
    },
    /// A file cannot be read.
    #[error("failed to read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Of the system.
        source: io::Error,
    },
    /// The artifact has no usable index and cannot be unpacked either.
    #[error("failed to unpack artifact {path}: {source}")]
    Unpack {
        /// The archive.
        path: String,
        /// What failed.
        source: UnpackError,
    },
    /// A file or folder cannot be removed.
    #[error("failed to remove {path}: {source}")]
    Remove {
        /// The file or folder.
        path: String,
        /// Of the system.
        source: io::Error,
    },
}

impl StoreError {
    /// Flux's reason for the `StorageOperationFailed` condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::OpenRoot { .. } | Self::RootNotUtf8 { .. } | Self::MakeFolder { .. } => {
                "DirectoryCreationFailed"
            }
            Self::Name { .. } | Self::Archive { .. } | Self::WriteIndex { .. } | Self::WriteFile { .. } => {
                "ArchiveOperationFailed"
            }
            Self::Missing { .. } | Self::Remove { .. } => "StatOperationFailed",
            Self::DigestMismatch { .. } | Self::Read { .. } | Self::Unpack { .. } => "ReadOperationFailed",
        }
    }

    /// Whether the artifact has to be made again: it is gone, or no longer what was stored.
    pub fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::DigestMismatch { .. } | Self::Unpack { .. }
        )
    }
}
