//! Reads a `tar.gz` that comes from elsewhere into a tree, under caps and without ever following a name.
//!
//! One parser decides what an entry is called and how long it is: where a PAX record and a header disagree the archive
//! is refused, as is everything that is neither a file nor a directory (A1-A12 of the adversarial catalogue).

mod error;
mod member;
mod meter;
mod name;
mod pax;

use std::collections::HashSet;
use std::io::{BufRead, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use sluice_model::tree::{File, Node, Tree, TreeBuilder};

pub use error::{Limit, UnpackError};
use member::{Kind, Members};
use meter::{Counted, Metered};

/// What an archive may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive.
    pub compressed: u64,
    /// Bytes after decompression, headers included.
    pub bytes: u64,
    /// Entries of any kind.
    pub entries: usize,
    /// Components of a path.
    pub depth: usize,
    /// Decompressed bytes for one compressed byte; counts only from 16 MiB on.
    pub ratio: u64,
}

impl Default for Limits {
    /// 100 MiB packed (as Flux's consumers), 512 MiB unpacked, 100,000 entries.
    fn default() -> Self {
        Self {
            compressed: 100 << 20,
            bytes: 512 << 20,
            entries: 100_000,
            depth: 128,
            ratio: 512,
        }
    }
}

/// What to do with symbolic links, which no tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symlinks {
    /// The archive is refused (Flux's consumers).
    Refuse,
    /// They are left out (Flux's OCI source).
    Skip,
}

/// Unpacks a gzipped tar archive into a tree that carries its bytes.
///
/// # Errors
/// The archive is damaged, is over a limit, or holds an entry that no tree may hold.
pub fn unpack(archive: impl BufRead, limits: &Limits, symlinks: Symlinks) -> Result<Tree, UnpackError> {
    let packed = Counted::new(archive, limits.compressed);
    let mut members = Members::new(Metered::new(GzDecoder::new(packed), limits), limits);
    let mut files = Draft::default();
    while let Some(member) = members.next()? {
        match member.kind {
            Kind::Directory => files.add_directory(&member.path)?,
            Kind::File { size, executable } => {
                let bytes = members.content(&member.path, size)?;
                files.add_file(&member.path, File::inline(bytes, executable))?;
            }
            Kind::Symlink if symlinks == Symlinks::Skip => {}
            Kind::Symlink => {
                return Err(UnpackError::Entry {
                    path: member.path,
                    what: "a symbolic link",
                });
            }
        }
    }
    let mut packed = members.finish()?.into_inner().into_inner();
    if packed.read(&mut [0; 1]).map_err(UnpackError::read)? != 0 {
        return Err(UnpackError::TrailingData);
    }
    Ok(files.builder.build())
}

/// Bytes of all names together; a name costs more memory than its header costs in the archive.
const MAX_NAMES: usize = 32 << 20;

/// The files so far, with what their names collide with.
#[derive(Default)]
struct Draft {
    builder: TreeBuilder,
    files: HashSet<String>,
    folded: HashSet<String>,
    directories: HashSet<String>,
    names: usize,
}

impl Draft {
    fn add_directory(&mut self, path: &str) -> Result<(), UnpackError> {
        if path.is_empty() || self.directories.contains(path) {
            return Ok(());
        }
        for ancestor in name::ancestors_and_self(path) {
            if self.files.contains(ancestor) {
                return Err(UnpackError::Duplicate { path: path.into() });
            }
            if self.directories.insert(ancestor.to_owned()) {
                self.claim(ancestor)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &str, file: File) -> Result<(), UnpackError> {
        if path.is_empty() || self.directories.contains(path) {
            return Err(UnpackError::Duplicate { path: path.into() });
        }
        self.add_directory(sluice_model::path::parent(path))?;
        self.claim(path)?;
        self.files.insert(path.into());
        self.builder
            .add(path, Node::File(file))
            .map_err(|_| UnpackError::Duplicate { path: path.into() })
    }

    /// Takes a name together with all names that some file system would not tell from it (A2).
    fn claim(&mut self, path: &str) -> Result<(), UnpackError> {
        self.names += path.len();
        if self.names > MAX_NAMES {
            return Err(Limit::Names(MAX_NAMES).into());
        }
        if self.folded.insert(name::fold(path)) {
            return Ok(());
        }
        Err(UnpackError::Duplicate { path: path.into() })
    }
}

/// Reads exactly this many bytes; memory grows with what really comes.
fn read_exactly(reader: &mut impl Read, size: u64, path: &str) -> Result<Bytes, UnpackError> {
    let expected = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(expected.min(1 << 20));
    reader
        .take(size)
        .read_to_end(&mut bytes)
        .map_err(UnpackError::read)?;
    if bytes.len() as u64 != size {
        return Err(UnpackError::Truncated { path: path.into() });
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests;
