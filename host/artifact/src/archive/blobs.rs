//! Blobs read out of a stored archive, each checked against its key.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use parking_lot::Mutex;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use sluice_model::Digest;
use sluice_model::tree::{BlobKey, BlobSource};

use super::gzip::Checkpoint;
use super::index::{ArchiveIndex, IndexedFile, parse_key};

/// Chunks above this many bytes are not kept for the next read.
const MAX_KEPT: usize = 4 << 20;

type Opener = Box<dyn Fn() -> Result<(ArchiveIndex, fs::File), String> + Send + Sync>;

/// The blobs of one archive. Once open, the file stays open, so that a tree goes on reading while garbage collection
/// removes the name.
pub struct ArchiveBlobs {
    open: Opener,
    opened: OnceLock<Opened>,
    last: Mutex<Option<(usize, Bytes)>>,
}

struct Opened {
    file: fs::File,
    points: Vec<Checkpoint>,
    end: Checkpoint,
    places: HashMap<BlobKey, (u64, u64)>,
}

impl Opened {
    fn new(index: &ArchiveIndex, file: fs::File) -> Self {
        let place = |file: &IndexedFile| Some((parse_key(&file.blob)?, (file.at, file.size)));
        let places = index.files.iter().filter_map(place).collect();
        Self {
            file,
            points: index.points.clone(),
            end: index.end,
            places,
        }
    }
}

impl ArchiveBlobs {
    /// The blobs that `index` describes in `file`.
    pub fn new(index: &ArchiveIndex, file: fs::File) -> Self {
        let blobs = Self::lazy(Box::new(|| Err("archive is open".into())));
        let _ = blobs.opened.set(Opened::new(index, file));
        blobs
    }

    /// As [`Self::new`], with index and file read when the first blob is: most trees never need their archive.
    pub fn lazy(open: Opener) -> Self {
        Self {
            open,
            opened: OnceLock::new(),
            last: Mutex::new(None),
        }
    }

    fn opened(&self) -> Result<&Opened, String> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let (index, file) = (self.open)()?;
        Ok(self.opened.get_or_init(|| Opened::new(&index, file)))
    }

    /// The part of the uncompressed archive between two checkpoints.
    fn chunk(&self, opened: &Opened, at: usize) -> Result<Bytes, String> {
        if let Some((_, bytes)) = self.last.lock().as_ref().filter(|(last, _)| *last == at) {
            return Ok(bytes.clone());
        }
        let bytes = opened.inflate(at)?;
        if bytes.len() <= MAX_KEPT {
            *self.last.lock() = Some((at, bytes.clone()));
        }
        Ok(bytes)
    }
}

impl Opened {
    fn inflate(&self, chunk: usize) -> Result<Bytes, String> {
        let start = self.points.get(chunk).ok_or("archive index has no such part")?;
        let end = self.points.get(chunk + 1).unwrap_or(&self.end);
        let stored = self
            .file
            .metadata()
            .map_err(|error| format!("failed to stat archive: {error}"))?
            .len();
        let length = end.gz.checked_sub(start.gz).filter(|_| end.gz <= stored);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let want = end
            .tar
            .checked_sub(start.tar)
            .and_then(|want| usize::try_from(want).ok());
        let (Some(length), Some(want)) = (length, want) else {
            return Err("archive is shorter than its index says".into());
        };
        let mut packed = vec![0; length];
        let read = self.file.read_exact_at(&mut packed, start.gz);
        read.map_err(|error| format!("failed to read archive: {error}"))?;
        inflate_exactly(&packed, want)
    }

    /// The checkpoint before an offset, and how far behind it the offset is.
    fn locate(&self, at: u64) -> (usize, usize) {
        let chunk = self
            .points
            .partition_point(|point| point.tar <= at)
            .saturating_sub(1);
        let start = self.points.get(chunk).map_or(0, |point| point.tar);
        (
            chunk,
            usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX),
        )
    }
}

impl BlobSource for ArchiveBlobs {
    fn read(&self, key: &BlobKey) -> Result<Bytes, String> {
        let opened = self.opened()?;
        let (at, size) = opened
            .places
            .get(key)
            .copied()
            .ok_or("blob is not in the archive")?;
        let (chunk, from) = opened.locate(at);
        let bytes = self.chunk(opened, chunk)?;
        let to = usize::try_from(size).ok().and_then(|size| from.checked_add(size));
        let to = to
            .filter(|to| *to <= bytes.len())
            .ok_or("archive is shorter than its index says")?;
        let bytes = bytes.slice(from..to);
        if !is_content_of(key, &bytes) {
            return Err("blob in the archive does not match its digest".into());
        }
        Ok(bytes)
    }
}

/// Inflates a raw deflate stream that must give `want` bytes; memory grows with what really comes out.
fn inflate_exactly(packed: &[u8], want: usize) -> Result<Bytes, String> {
    let mut inflate = Decompress::new(false);
    let mut out: Vec<u8> = Vec::with_capacity(want.min(1 << 20));
    while out.len() < want {
        let room = (want - out.len()).min(out.len().max(64 * 1024));
        out.reserve_exact(room);
        let (used, had) = (
            usize::try_from(inflate.total_in()).unwrap_or(packed.len()),
            out.len(),
        );
        let rest = packed.get(used..).unwrap_or_default();
        let status = inflate
            .decompress_vec(rest, &mut out, FlushDecompress::None)
            .map_err(|error| format!("archive is damaged: {error}"))?;
        if out.len() == had || status == Status::StreamEnd {
            break;
        }
    }
    if out.len() < want {
        return Err("archive is damaged: a part of it is missing".into());
    }
    out.truncate(want);
    Ok(out.into())
}

/// Whether these bytes are what the key names (for git: the hash over the blob's header and content).
fn is_content_of(key: &BlobKey, bytes: &[u8]) -> bool {
    let header = format!("blob {}\0", bytes.len());
    match key {
        BlobKey::Git(oid) if oid.len() == 20 => {
            Sha1::new()
                .chain_update(&header)
                .chain_update(bytes)
                .finalize()
                .as_slice()
                == &oid[..]
        }
        BlobKey::Git(oid) => {
            Sha256::new()
                .chain_update(&header)
                .chain_update(bytes)
                .finalize()
                .as_slice()
                == &oid[..]
        }
        BlobKey::Sha256(digest) => Digest::of(bytes) == *digest,
        BlobKey::Inline(inline) => inline == bytes,
    }
}

/// Git blobs from their object database, and from the archive when that cannot give them any more.
pub struct FallbackBlobs {
    first: Arc<dyn BlobSource>,
    archive: Arc<ArchiveBlobs>,
}

impl FallbackBlobs {
    /// Reads from `first`, then from `archive`.
    pub fn new(first: Arc<dyn BlobSource>, archive: Arc<ArchiveBlobs>) -> Self {
        Self { first, archive }
    }
}

impl BlobSource for FallbackBlobs {
    fn read(&self, key: &BlobKey) -> Result<Bytes, String> {
        if !matches!(key, BlobKey::Git(_)) {
            return self.archive.read(key);
        }
        self.first.read(key).or_else(|first| {
            self.archive
                .read(key)
                .map_err(|archive| format!("{first}; from the archive: {archive}"))
        })
    }
}
