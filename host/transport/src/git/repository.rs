//! The bare repository that is kept for one object: its handles, and blobs read from it on demand.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use bytes::Bytes;
use git2::{ErrorCode, ObjectType, Oid, RepositoryInitOptions};
use parking_lot::Mutex;
use sluice_model::port::EndpointError;
use sluice_model::tree::{BlobKey, BlobSource};

use crate::git::handles::Handles;
use crate::git::snapshot::SnapshotCache;

/// Largest blob that is read.
const MAX_BLOB: usize = 512 * 1024 * 1024;
/// Largest commit or tag object that is read.
const MAX_META: usize = 4 * 1024 * 1024;

/// A kept repository. Its content can always be fetched again.
pub(crate) struct Repository {
    path: PathBuf,
    id: u64,
    handles: Arc<Handles>,
    /// Counts rewrites of the files: older handles are not used again.
    generation: AtomicU64,
    /// Held while something is fetched or rewritten.
    pub(crate) writing: Mutex<()>,
    pub(crate) snapshots: Mutex<SnapshotCache>,
}

impl Repository {
    pub fn new(path: PathBuf, handles: Arc<Handles>) -> Self {
        static SETTINGS: Once = Once::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Snapshots are cached here as directories; libgit2's own object cache would hold the same twice.
        SETTINGS.call_once(|| git2::opts::enable_caching(false));
        Self {
            path,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            handles,
            generation: AtomicU64::new(0),
            writing: Mutex::default(),
            snapshots: Mutex::default(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs work with an open handle; makes the repository when there is none.
    pub fn with<T>(&self, work: impl FnOnce(&git2::Repository) -> T) -> Result<T, EndpointError> {
        let generation = self.generation.load(Ordering::Acquire);
        let handle = match self.handles.take(self.id, generation) {
            Some(handle) => handle,
            None => self.open()?,
        };
        let result = work(&handle);
        self.handles.give(self.id, generation, handle);
        Ok(result)
    }

    fn open(&self) -> Result<git2::Repository, EndpointError> {
        match git2::Repository::open_bare(&self.path) {
            Ok(handle) => Ok(handle),
            Err(error) if error.code() == ErrorCode::NotFound => self.init(),
            Err(error) => Err(self.failed("open", &error)),
        }
    }

    fn init(&self) -> Result<git2::Repository, EndpointError> {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false).mkpath(true);
        git2::Repository::init_opts(&self.path, &options).map_err(|error| self.failed("create", &error))
    }

    /// Drops everything: the next use starts from nothing.
    pub fn wipe(&self) -> Result<(), EndpointError> {
        self.rewritten();
        *self.snapshots.lock() = SnapshotCache::default();
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EndpointError::Failed(
                format!("failed to remove a damaged Git repository: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Tells that files were replaced: handles that are open are not used again.
    pub fn rewritten(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.handles.close(self.id);
    }

    fn failed(&self, step: &str, error: &git2::Error) -> EndpointError {
        EndpointError::Failed(format!(
            "failed to {step} the kept Git repository: {}",
            error.message()
        ))
    }

    /// Whether a commit with its root tree is here.
    pub fn holds(&self, oid: Oid) -> bool {
        let found = self.with(|handle| {
            let commit = handle.find_commit(oid)?;
            handle.odb().map(|odb| odb.exists(commit.tree_id()))
        });
        matches!(found, Ok(Ok(true)))
    }

    /// The raw content of a commit or tag object; none when it is not here.
    pub fn meta(&self, oid: Oid) -> Result<Option<Bytes>, EndpointError> {
        self.with(|handle| {
            let odb = handle.odb().map_err(|error| self.failed("read", &error))?;
            let (size, kind) = match odb.read_header(oid) {
                Ok(header) => header,
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
                Err(error) => return Err(self.failed("read", &error)),
            };
            if !matches!(kind, ObjectType::Commit | ObjectType::Tag) {
                return Err(EndpointError::Denied(format!(
                    "object {oid} is no commit and no tag"
                )));
            }
            if size > MAX_META {
                return Err(EndpointError::Failed(format!(
                    "object {oid} is larger than 4 MiB"
                )));
            }
            let object = odb.read(oid).map_err(|error| self.failed("read", &error))?;
            Ok(Some(Bytes::copy_from_slice(object.data())))
        })?
    }

    fn blob(&self, oid: Oid) -> Result<Bytes, String> {
        let read = || {
            self.with(|handle| {
                let odb = handle.odb()?;
                let (size, _) = odb.read_header(oid)?;
                if size > MAX_BLOB {
                    return Err(git2::Error::from_str("the blob is larger than 512 MiB"));
                }
                odb.read(oid).map(|object| Bytes::copy_from_slice(object.data()))
            })
        };
        let told = |read: Result<Result<Bytes, git2::Error>, EndpointError>| match read {
            Ok(read) => read.map_err(|error| error.message().to_owned()),
            Err(error) => Err(error.to_string()),
        };
        told(read()).or_else(|_| {
            // The pack may have been replaced under an open handle: once more with a new one.
            self.rewritten();
            told(read())
        })
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        self.handles.close(self.id);
    }
}

impl BlobSource for Repository {
    fn read(&self, key: &BlobKey) -> Result<Bytes, String> {
        let BlobKey::Git(raw) = key else {
            return Err("not a git object".into());
        };
        let oid = Oid::from_bytes(raw).map_err(|error| error.message().to_owned())?;
        self.blob(oid)
    }
}

/// An object id from its 40 hexadecimal digits.
pub(crate) fn parse_oid(text: &str) -> Result<Oid, EndpointError> {
    let hexed = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let oid = hexed.then(|| Oid::from_str(text).ok()).flatten();
    oid.ok_or_else(|| {
        EndpointError::Invalid(format!(
            "{:?} is no Git object id",
            text.chars().take(80).collect::<String>()
        ))
    })
}

/// As the source of a tree's files.
pub(crate) fn blob_source(repository: &Arc<Repository>) -> Arc<dyn BlobSource> {
    repository.clone()
}
