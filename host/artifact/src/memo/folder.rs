//! A folder of files named by digest, within a budget of bytes; those used longest ago go first.

use std::io::{self, Write};
use std::time::SystemTime;

use cap_std::fs_utf8::{Dir, DirEntry};
use sluice_model::Digest;

use crate::replace::{Durability, replace};
use crate::weighted::WeightedLru;

/// A file costs at least a block on disk, and an entry in memory.
const MIN_WEIGHT: u64 = 4096;

pub(super) struct CacheFolder {
    dir: Dir,
    known: WeightedLru<Digest, ()>,
}

impl CacheFolder {
    /// Opens the folder and learns what it holds, by age; files that are none of ours go.
    pub(super) fn open(root: &Dir, name: &str, budget: u64) -> io::Result<Self> {
        root.create_dir_all(name)?;
        let dir = root.open_dir(name)?;
        let mut found = Vec::new();
        for entry in dir.entries()? {
            let entry = entry?;
            match listed(&entry)? {
                Some(file) => found.push(file),
                None => entry.remove_file()?,
            }
        }
        found.sort_by_key(|(modified, ..)| *modified);
        let mut folder = Self {
            dir,
            known: WeightedLru::new(budget),
        };
        for (_, digest, size) in found {
            folder.note(digest, size);
        }
        Ok(folder)
    }

    /// The bytes of a file, unchecked.
    pub(super) fn read(&mut self, name: &Digest) -> Option<Vec<u8>> {
        self.known.get(name)?;
        match self.dir.read(name.hex()) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(%name, %error, "failed to read from the memo");
                self.known.remove(name);
                None
            }
        }
    }

    /// Writes a file; a failure costs a render later and no more than that.
    pub(super) fn write(&mut self, name: &Digest, bytes: &[u8]) {
        let written = replace::<_, io::Error>(&self.dir, &name.hex(), Durability::Lazy, |out| {
            out.write_all(bytes)
        });
        match written {
            Ok(()) => self.note(*name, bytes.len() as u64),
            Err(error) => tracing::warn!(%name, %error, "failed to write to the memo"),
        }
    }

    pub(super) fn remove(&mut self, name: &Digest) {
        self.known.remove(name);
        let _ = self.dir.remove_file(name.hex());
    }

    fn note(&mut self, name: Digest, size: u64) {
        for gone in self.known.insert(name, (), size.max(MIN_WEIGHT)) {
            let _ = self.dir.remove_file(gone.hex());
        }
    }
}

fn listed(entry: &DirEntry) -> io::Result<Option<(SystemTime, Digest, u64)>> {
    let meta = entry.metadata()?;
    let name = entry.file_name().unwrap_or_default();
    let digest = format!("sha256:{name}")
        .parse()
        .ok()
        .filter(|digest: &Digest| digest.hex() == name);
    let Some(digest) = digest.filter(|_| meta.is_file()) else {
        return Ok(None);
    };
    Ok(Some((meta.modified()?.into_std(), digest, meta.len())))
}
