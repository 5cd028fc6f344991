//! The memo on disk: which reads gave which output (promise 1 of the design).
//!
//! Under a key stand the last few traces with the digests of their outputs; outputs stand by digest within a budget of
//! bytes. Both are caches: everything is checked when it is read, and what is not right is dropped (C12). What must not
//! outlive the process (secrets in the output) is kept in memory only, trace and all.

mod folder;
mod trace_file;

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs_utf8::Dir;
use parking_lot::Mutex;
use sluice_model::Digest;
use sluice_model::memo::Trace;
use sluice_model::port::MemoStore;

use crate::weighted::WeightedLru;
use folder::CacheFolder;
use trace_file::Recorded;

/// Traces kept under one key.
const MAX_TRACES: usize = 4;

/// Where the memo is and how much it may hold.
#[derive(Debug, Clone)]
pub struct MemoConfig {
    /// Its folder; made when it is missing.
    pub path: PathBuf,
    /// Bytes of outputs on disk.
    pub disk_bytes: u64,
    /// Bytes of outputs in memory (those that must not reach the disk).
    pub memory_bytes: u64,
    /// Bytes of traces in memory.
    pub trace_bytes: u64,
}

impl MemoConfig {
    /// A memo in this folder: 1 GiB on disk, 64 MiB of outputs and 32 MiB of traces in memory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            disk_bytes: 1 << 30,
            memory_bytes: 64 << 20,
            trace_bytes: 32 << 20,
        }
    }

    /// The memo of a storage folder; its name keeps it from being served.
    pub fn below(storage: &std::path::Path) -> Self {
        Self::new(storage.join(".memo"))
    }
}

/// The memo's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to open memo folder {path:?}: {source}")]
pub struct OpenMemoError {
    /// By the configuration.
    pub path: PathBuf,
    /// Of the system.
    pub source: io::Error,
}

/// A [`MemoStore`] on a local folder.
pub struct DiskMemo {
    state: Mutex<State>,
}

struct State {
    traces: WeightedLru<Digest, Vec<Recorded>>,
    secret: WeightedLru<Digest, Bytes>,
    trace_files: CacheFolder,
    outputs: CacheFolder,
}

impl DiskMemo {
    /// Opens the memo, making its folder when it is missing.
    ///
    /// # Errors
    /// The folder cannot be made, opened or listed.
    pub fn open(config: MemoConfig) -> Result<Self, OpenMemoError> {
        let state = State::open(&config).map_err(|source| OpenMemoError {
            path: config.path,
            source,
        })?;
        Ok(Self {
            state: Mutex::new(state),
        })
    }
}

impl State {
    fn open(config: &MemoConfig) -> io::Result<Self> {
        let path = config.path.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        std::fs::create_dir_all(path)?;
        let root = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(Self {
            traces: WeightedLru::new(config.trace_bytes),
            secret: WeightedLru::new(config.memory_bytes),
            trace_files: CacheFolder::open(&root, "traces", config.disk_bytes / 8)?,
            outputs: CacheFolder::open(&root, "outputs", config.disk_bytes)?,
        })
    }

    /// What is recorded under a key, from memory or else from disk.
    fn recorded(&mut self, key: &Digest) -> Vec<Recorded> {
        if let Some(recorded) = self.traces.get(key) {
            return recorded.clone();
        }
        let Some(bytes) = self.trace_files.read(key) else {
            return Vec::new();
        };
        match trace_file::parse(&bytes, key) {
            Ok(recorded) => {
                self.traces
                    .insert(*key, recorded.clone(), trace_file::weight(&recorded));
                recorded
            }
            Err(reason) => {
                tracing::warn!(%key, reason, "dropping a damaged memo entry");
                self.trace_files.remove(key);
                Vec::new()
            }
        }
    }

    fn record(&mut self, key: &Digest, new: Recorded) {
        let durable = new.durable;
        let mut recorded = self.recorded(key);
        recorded.retain(|old| old.trace != new.trace);
        recorded.insert(0, new);
        recorded.truncate(MAX_TRACES);
        if durable {
            self.trace_files.write(key, &trace_file::format(&recorded, key));
        }
        self.traces
            .insert(*key, recorded.clone(), trace_file::weight(&recorded));
    }

    fn output(&mut self, digest: &Digest) -> Option<Bytes> {
        if let Some(bytes) = self.secret.get(digest) {
            return Some(bytes.clone());
        }
        let bytes = self.outputs.read(digest)?;
        if Digest::of(&bytes) != *digest {
            tracing::warn!(%digest, "dropping a damaged memo output");
            self.outputs.remove(digest);
            return None;
        }
        Some(bytes.into())
    }
}

impl MemoStore for DiskMemo {
    fn traces(&self, key: &Digest) -> Vec<(Trace, Digest)> {
        let recorded = self.state.lock().recorded(key);
        recorded
            .into_iter()
            .map(|recorded| (recorded.trace, recorded.output))
            .collect()
    }

    fn store(&self, key: &Digest, trace: Trace, output: Bytes, durable: bool) -> Digest {
        let digest = Digest::of(&output);
        let mut state = self.state.lock();
        if durable {
            state.outputs.write(&digest, &output);
        } else {
            let weight = output.len() as u64;
            state.secret.insert(digest, output, weight);
        }
        state.record(
            key,
            Recorded {
                trace,
                output: digest,
                durable,
            },
        );
        digest
    }

    fn output(&self, digest: &Digest) -> Option<Bytes> {
        self.state.lock().output(digest)
    }
}

#[cfg(test)]
mod tests;
