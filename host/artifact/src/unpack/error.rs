//! Why an archive is refused.

use std::io;

/// A limit of [`super::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Compressed size.
    #[error("it has more than {0} compressed bytes")]
    Compressed(u64),
    /// Decompressed size.
    #[error("it has more than {0} bytes")]
    Bytes(u64),
    /// Number of entries.
    #[error("it has more than {0} entries")]
    Entries(usize),
    /// Depth of a path.
    #[error("it has a path with more than {0} components")]
    Depth(usize),
    /// Bytes of all names together.
    #[error("its names have more than {0} bytes")]
    Names(usize),
    /// Compression ratio.
    #[error("it decompresses to more than {0} times its size")]
    Ratio(u64),
}

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Over a limit.
    #[error("failed to unpack archive: {0}")]
    Limit(#[from] Limit),
    /// It ends in the middle.
    #[error("failed to unpack archive: it ends within {path:?}")]
    Truncated {
        /// The entry, empty in a header.
        path: String,
    },
    /// Bytes follow the end of the gzip member or of the tar archive.
    #[error("failed to unpack archive: it has data behind its end")]
    TrailingData,
    /// A header that is none.
    #[error("failed to unpack archive: {reason} after {path:?}")]
    Header {
        /// The entry before it.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A name that no tree may hold.
    #[error("failed to unpack archive: entry {path:?} {reason}")]
    Name {
        /// Cut.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A name twice, or two names that some file system takes for one.
    #[error("failed to unpack archive: entry {path:?} collides with another one")]
    Duplicate {
        /// The later one.
        path: String,
    },
    /// Something that is neither file nor directory.
    #[error("failed to unpack archive: entry {path:?} is {what}")]
    Entry {
        /// The entry.
        path: String,
        /// For example `a hard link`.
        what: &'static str,
    },
    /// The stream cannot be read or decompressed.
    #[error("failed to unpack archive: {0}")]
    Read(io::Error),
}

impl UnpackError {
    /// A limit that was reached inside a reader comes back out of its error.
    pub(super) fn read(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Truncated { path: String::new() };
        }
        match error.downcast::<Limit>() {
            Ok(limit) => Self::Limit(limit),
            Err(error) => Self::Read(error),
        }
    }
}
