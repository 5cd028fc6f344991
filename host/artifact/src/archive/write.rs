//! Writes a tree as a `tar.gz` and notes where everything went.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use sluice_model::Digest;
use sluice_model::tree::{Directory, File, Node, Tree};

use super::gzip::{Checkpoint, GzipWriter};
use super::header::{self, Member, padding};
use super::index::{ArchiveIndex, IndexedFile, format_key};
use super::{BLOCK, COMMENT};

/// Uncompressed bytes between two places where a reader can start.
const CHECKPOINT_EVERY: u64 = 256 * 1024;

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A blob could not be read from its source.
    #[error("failed to read {path:?}: {reason}")]
    Blob {
        /// The file.
        path: String,
        /// The source's own words.
        reason: String,
    },
    /// A blob has another size than its node says.
    #[error("failed to archive {path:?}: it has {actual} bytes, want {expected}")]
    Size {
        /// The file.
        path: String,
        /// By the node.
        expected: u64,
        /// By its content.
        actual: u64,
    },
    /// The output does not take the bytes.
    #[error("failed to write: {0}")]
    Write(#[from] io::Error),
}

/// Writes the archive of a tree and returns its index; `index.archive` is the digest of the bytes written, `size` theirs.
///
/// # Errors
/// A blob cannot be read or the output does not take the bytes.
pub fn write(tree: &Tree, out: &mut dyn Write) -> Result<(ArchiveIndex, u64), ArchiveError> {
    let mut hashed = Hashed {
        out,
        hash: Sha256::new(),
        size: 0,
    };
    let comment = format!("{COMMENT}{}", tree.root_id());
    let gzip = GzipWriter::new(&mut hashed, &comment)?;
    let mut writer = Writer {
        points: vec![gzip.position()],
        gzip,
        files: Vec::new(),
        at: 0,
    };
    writer.directory("", tree.root())?;
    let Writer {
        mut gzip,
        points,
        files,
        at,
    } = writer;
    gzip.append(&[0; 2 * BLOCK])?;
    let end = Checkpoint {
        tar: at + 2 * BLOCK as u64,
        gz: gzip.finish()?,
    };
    let archive = Digest::from_bytes(hashed.hash.finalize().into());
    Ok((ArchiveIndex::new(archive, points, end, files), hashed.size))
}

/// Hashes and counts what passes through.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
    size: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct Writer<W: Write> {
    gzip: GzipWriter<W>,
    points: Vec<Checkpoint>,
    files: Vec<IndexedFile>,
    at: u64,
}

impl<W: Write> Writer<W> {
    fn directory(&mut self, path: &str, directory: &Directory) -> Result<(), ArchiveError> {
        let name = if path.is_empty() { "." } else { path };
        self.append(&header::blocks(name, Member::Directory))?;
        for (name, node) in directory.iter() {
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}/{name}")
            };
            match node {
                Node::Directory(below) => self.directory(&path, below)?,
                Node::File(file) => self.file(path, file)?,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String, file: &File) -> Result<(), ArchiveError> {
        let bytes = file.read().map_err(|reason| ArchiveError::Blob {
            path: path.clone(),
            reason,
        })?;
        let size = bytes.len() as u64;
        if size != file.size {
            return Err(ArchiveError::Size {
                path,
                expected: file.size,
                actual: size,
            });
        }
        self.checkpoint()?;
        self.append(&header::blocks(
            &path,
            Member::File {
                size,
                executable: file.executable,
            },
        ))?;
        let (at, executable, blob) = (self.at, file.executable, format_key(&file.blob));
        self.files.push(IndexedFile {
            path,
            size,
            executable,
            at,
            blob,
        });
        self.append(&bytes)?;
        self.append(&[0; BLOCK][..padding(size)])
    }

    fn checkpoint(&mut self) -> Result<(), ArchiveError> {
        let last = self.points.last().map_or(0, |point| point.tar);
        if self.at - last >= CHECKPOINT_EVERY {
            self.points.push(self.gzip.checkpoint()?);
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.at += bytes.len() as u64;
        Ok(self.gzip.append(bytes)?)
    }
}
