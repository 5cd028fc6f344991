//! Walks the entries of a tar stream: POSIX ustar with PAX, and GNU long names.

use std::io::Read;

use bytes::Bytes;
use tar::{EntryType, Header};

use super::error::Limit;
use super::pax::{self, Pax};
use super::{Limits, UnpackError, name, read_exactly};
use crate::archive::BLOCK;

/// Longest extension header that is read.
const MAX_EXTENSION: u64 = 64 * 1024;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File { size: u64, executable: bool },
    Symlink,
}

/// An entry; a file's content follows in the stream.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) path: String,
    pub(super) kind: Kind,
}

/// The entries of a stream.
pub(super) struct Members<R> {
    stream: R,
    entries: usize,
    limits: Limits,
    /// Of the entry read last, for messages.
    last: String,
}

impl<R: Read> Members<R> {
    pub(super) fn new(stream: R, limits: &Limits) -> Self {
        Self {
            stream,
            entries: 0,
            limits: *limits,
            last: String::new(),
        }
    }

    /// The next entry; none at the end of the archive.
    pub(super) fn next(&mut self) -> Result<Option<Member>, UnpackError> {
        let mut extension = Pax::default();
        loop {
            let Some(header) = self.header()? else {
                return if extension == Pax::default() {
                    Ok(None)
                } else {
                    Err(self.bad("nothing"))
                };
            };
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(Limit::Entries(self.limits.entries).into());
            }
            match header.entry_type() {
                EntryType::XHeader => {
                    let pax = self.extension(&header)?;
                    let pax = pax::parse(&pax).map_err(|reason| self.bad(reason))?;
                    self.extend(&mut extension, pax)?;
                }
                EntryType::XGlobalHeader => {
                    let bytes = self.extension(&header)?;
                    pax::check_global(&bytes, &self.last)?;
                }
                EntryType::GNULongName => {
                    let path = Some(long_name(&self.extension(&header)?));
                    self.extend(&mut extension, Pax { path, size: None })?;
                }
                EntryType::GNULongLink => drop(self.extension(&header)?),
                kind => return self.member(&header, kind, &extension).map(Some),
            }
        }
    }

    /// The content of the file entry read last, with its padding.
    pub(super) fn content(&mut self, path: &str, size: u64) -> Result<Bytes, UnpackError> {
        let bytes = read_exactly(&mut self.stream, size, path)?;
        let rest = size % BLOCK as u64;
        if rest != 0 {
            read_exactly(&mut self.stream, BLOCK as u64 - rest, path)?;
        }
        Ok(bytes)
    }

    /// Reads what stands behind the end marker: nothing but zeros.
    pub(super) fn finish(mut self) -> Result<R, UnpackError> {
        let mut block = [0; 4096];
        loop {
            let count = self.stream.read(&mut block).map_err(UnpackError::read)?;
            if count == 0 {
                return Ok(self.stream);
            }
            if block[..count].iter().any(|byte| *byte != 0) {
                return Err(UnpackError::TrailingData);
            }
        }
    }

    fn header(&mut self) -> Result<Option<Header>, UnpackError> {
        let bytes = read_exactly(&mut self.stream, BLOCK as u64, "")?;
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&bytes).clone();
        let fields = bytes[..148].iter().chain(&[b' '; 8]).chain(&bytes[156..]);
        let sum: u32 = fields.map(|byte| u32::from(*byte)).sum();
        if header.cksum().ok() != Some(sum) {
            return Err(self.bad("a header has a wrong checksum"));
        }
        Ok(Some(header))
    }

    fn extension(&mut self, header: &Header) -> Result<Bytes, UnpackError> {
        let size = header
            .entry_size()
            .map_err(|_| self.bad("a header has no size"))?;
        if size > MAX_EXTENSION {
            return Err(self.bad("an extension header is longer than 64 KiB"));
        }
        self.content("", size)
    }

    fn extend(&self, extension: &mut Pax, more: Pax) -> Result<(), UnpackError> {
        if extension.path.is_some() && more.path.is_some() || extension.size.is_some() && more.size.is_some()
        {
            return Err(self.bad("an entry is named twice"));
        }
        extension.path = extension.path.take().or(more.path);
        extension.size = extension.size.or(more.size);
        Ok(())
    }

    fn member(&mut self, header: &Header, kind: EntryType, more: &Pax) -> Result<Member, UnpackError> {
        let raw = more
            .path
            .clone()
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let path = name::parse(&raw, self.limits.depth)?;
        let size = header
            .entry_size()
            .map_err(|_| self.bad("a header has no size"))?;
        if more.size.is_some_and(|claimed| claimed != size) {
            return Err(self.bad("PAX and header give different sizes"));
        }
        self.last.clone_from(&path);
        let refuse = |what| {
            Err(UnpackError::Entry {
                path: path.clone(),
                what,
            })
        };
        let kind = match kind {
            EntryType::Regular if raw.ends_with(b"/") => return refuse("a file with a directory's name"),
            EntryType::Regular => {
                let mode = header.mode().map_err(|_| self.bad("a header has no mode"))?;
                Kind::File {
                    size,
                    executable: mode & 0o111 != 0,
                }
            }
            _ if size != 0 => return refuse("no file, but has content"),
            EntryType::Directory => Kind::Directory,
            EntryType::Symlink => Kind::Symlink,
            EntryType::Link => return refuse("a hard link"),
            EntryType::Char | EntryType::Block => return refuse("a device"),
            EntryType::Fifo => return refuse("a pipe"),
            EntryType::GNUSparse => return refuse("a sparse file"),
            _ => return refuse("of an unknown type"),
        };
        Ok(Member { path, kind })
    }

    fn bad(&self, reason: &'static str) -> UnpackError {
        UnpackError::Header {
            path: self.last.clone(),
            reason,
        }
    }
}

/// A GNU long name ends with a NUL byte.
fn long_name(bytes: &[u8]) -> Vec<u8> {
    bytes.strip_suffix(b"\0").unwrap_or(bytes).to_vec()
}
