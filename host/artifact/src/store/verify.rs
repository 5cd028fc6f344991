//! Checks that a stored file is the one in status, reading it again only when it may have changed.

use std::io::{self, Read, Seek};
use std::num::NonZeroUsize;
use std::time::SystemTime;

use cap_std::fs::MetadataExt;
use cap_std::fs_utf8::File;
use sha2::{Digest as _, Sha256};
use sluice_model::{Artifact, Digest};

use super::{ArtifactStore, StoreError};
use crate::owner::check_path;

/// Files whose last check is remembered.
pub(super) const CHECKED_FILES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

/// Two changes within this many seconds may carry the same time stamps.
const STAMP_GRAIN: u64 = 1;

/// What a file looked like when its digest was last computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    digest: Digest,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A stamp with the time it was taken, in seconds since the epoch.
pub(super) type Checked = (Stamp, u64);

impl Stamp {
    fn of(file: &File, digest: Digest) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self {
            digest,
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }

    /// Whether any change after a check made at this time shows in the stamp.
    fn is_settled_at(&self, checked: u64) -> bool {
        u64::try_from(self.changed.0).is_ok_and(|changed| changed + STAMP_GRAIN < checked)
    }
}

impl ArtifactStore {
    /// Checks that the artifact's file is there and is what status says. A file whose inode, size and times are as
    /// they were at the last check is not read again.
    ///
    /// # Errors
    /// It is gone or another one.
    pub fn verify(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let file = self.archive_file(artifact)?;
        let seen = Stamp::of(&file, artifact.digest).map_err(|source| StoreError::Read {
            path: artifact.path.clone(),
            source,
        })?;
        let last = self.checked.lock().get(&artifact.path).copied();
        if last.is_some_and(|(stamp, at)| stamp == seen && stamp.is_settled_at(at)) {
            return Ok(());
        }
        self.checked_file(artifact).map(drop)
    }

    fn archive_file(&self, artifact: &Artifact) -> Result<File, StoreError> {
        check_path(&artifact.path)?;
        self.root
            .open(&artifact.path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => StoreError::Missing {
                    path: artifact.path.clone(),
                },
                _ => StoreError::Read {
                    path: artifact.path.clone(),
                    source,
                },
            })
    }

    /// The artifact's file, after its digest was found right.
    pub(super) fn checked_file(&self, artifact: &Artifact) -> Result<File, StoreError> {
        let fail = |source| StoreError::Read {
            path: artifact.path.clone(),
            source,
        };
        let mut file = self.archive_file(artifact)?;
        let stamp = Stamp::of(&file, artifact.digest).map_err(fail)?;
        let at = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let actual = digest_of(&mut file).map_err(fail)?;
        if actual != artifact.digest {
            self.checked.lock().pop(&artifact.path);
            let (path, expected) = (artifact.path.clone(), artifact.digest);
            return Err(StoreError::DigestMismatch {
                path,
                expected,
                actual,
            });
        }
        self.checked.lock().put(artifact.path.clone(), (stamp, at));
        Ok(file)
    }
}

fn digest_of(file: &mut File) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    file.rewind()?;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Digest::from_bytes(hash.finalize().into()));
        }
        hash.update(&buffer[..count]);
    }
}
