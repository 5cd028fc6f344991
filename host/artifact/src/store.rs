//! The store of artifacts on a local folder: put, open, verify, remove.

mod error;
mod file;
mod open;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::{DirBuilder, DirBuilderExt};
use cap_std::fs_utf8::Dir;
use indexmap::IndexMap;
use jiff::Timestamp;
use parking_lot::Mutex;
use sluice_model::tree::{BlobKey, Tree};
use sluice_model::{Artifact, Digest};

use crate::archive::{self, ArchiveIndex};
use crate::owner::{Owner, check_component};
use crate::replace::{Durability, replace};
use crate::weighted::WeightedLru;

pub use error::StoreError;
pub use file::FileContent;

/// Below it stand the indexes, in the same folders as their archives; the name keeps it from being served.
const INDEX_FOLDER: &str = ".index";

/// Bytes of node memory that open trees may hold together.
const OPEN_TREES: u64 = 96 << 20;

/// How the store is set up; flags `--storage-path`, `--storage-adv-addr`, `--artifact-retention-*`.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Folder of the store; made when it is missing.
    pub path: PathBuf,
    /// Host (and port) in artifact URLs; with a scheme it is a verbatim prefix.
    pub advertised_address: String,
    /// Artifacts other than the current one live this long.
    pub retention_ttl: Duration,
    /// At most this many artifacts of an object are kept, the current one included.
    pub retention_records: usize,
}

impl StoreConfig {
    /// A store in this folder with Flux's retention (60 s, 2 records).
    pub fn new(path: impl Into<PathBuf>, advertised_address: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            advertised_address: advertised_address.into(),
            retention_ttl: Duration::from_secs(60),
            retention_records: 2,
        }
    }
}

/// What becomes an artifact.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// For example `main@sha1:4f3c…`.
    pub revision: &'a str,
    /// The file's name without `.tar.gz`: for git the commit's hexadecimal id.
    pub stem: &'a str,
    /// The files.
    pub tree: &'a Tree,
    /// Copied to the artifact.
    pub metadata: &'a IndexMap<String, String>,
}

/// Stores and opens artifacts. Calls block on the disk; make them from a blocking thread.
pub struct ArtifactStore {
    pub(crate) root: Dir,
    pub(crate) config: StoreConfig,
    trees: Mutex<WeightedLru<Digest, Tree>>,
    checked: Mutex<lru::LruCache<String, verify::Checked>>,
}

impl ArtifactStore {
    /// Opens the store, making its folder when it is missing.
    ///
    /// # Errors
    /// The folder cannot be made or opened.
    pub fn open(config: StoreConfig) -> Result<Arc<Self>, StoreError> {
        let path = config.path.to_str().ok_or_else(|| StoreError::RootNotUtf8 {
            path: config.path.clone(),
        })?;
        let fail = |source| StoreError::OpenRoot {
            path: config.path.clone(),
            source,
        };
        std::fs::create_dir_all(path).map_err(fail)?;
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(fail)?;
        Ok(Arc::new(Self {
            root,
            config,
            trees: Mutex::new(WeightedLru::new(OPEN_TREES)),
            checked: Mutex::new(lru::LruCache::new(verify::CHECKED_FILES)),
        }))
    }

    /// Writes the archive of a tree and makes it the object's newest artifact. What failed on the way leaves the
    /// previous artifact as it was (C4).
    ///
    /// # Errors
    /// A blob cannot be read, or the disk does not take the bytes.
    pub fn put(&self, owner: &Owner, content: &Content<'_>) -> Result<Artifact, StoreError> {
        let file = format!("{}.tar.gz", content.stem);
        check_component(&file)?;
        let (folder, path) = (owner.folder(), format!("{}/{file}", owner.folder()));
        let fail = |source| StoreError::Archive {
            path: path.clone(),
            source,
        };
        let dir = self.folder(&folder)?;
        let (index, size) = replace(&dir, &file, Durability::Synced, |out| {
            archive::write(content.tree, out)
        })
        .map_err(fail)?;
        self.put_index(&folder, &file, &index)?;
        let mut artifact = Artifact {
            path,
            url: String::new(),
            revision: content.revision.to_owned(),
            digest: index.archive,
            last_update_time: now(),
            size,
            metadata: content.metadata.clone(),
        };
        self.rewrite_url(&mut artifact);
        self.keep_open(&artifact, content.tree);
        Ok(artifact)
    }

    /// Sets the URL to the current advertised address.
    pub fn rewrite_url(&self, artifact: &mut Artifact) {
        artifact.url = self.url_of(&artifact.path);
    }

    fn url_of(&self, path: &str) -> String {
        let address = self.config.advertised_address.trim_end_matches('/');
        let scheme = if address.contains("://") { "" } else { "http://" };
        format!("{scheme}{address}/{path}")
    }

    /// Removes everything of an object.
    ///
    /// # Errors
    /// A folder cannot be removed.
    pub fn remove(&self, owner: &Owner) -> Result<(), StoreError> {
        let folder = owner.folder();
        for path in [folder.clone(), format!("{INDEX_FOLDER}/{folder}")] {
            match self.root.remove_dir_all(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Remove { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn remove_file(&self, folder: &str, file: &str) -> Result<(), StoreError> {
        let path = format!("{folder}/{file}");
        self.root
            .remove_file(&path)
            .map_err(|source| StoreError::Remove { path, source })?;
        // a lost index costs time, a left one space: neither is worth a failed reconciliation
        let _ = self.root.remove_file(index_path(folder, file));
        Ok(())
    }

    fn put_index(&self, folder: &str, file: &str, index: &ArchiveIndex) -> Result<(), StoreError> {
        let path = index_path(folder, file);
        let fail = |source| StoreError::WriteIndex {
            path: path.clone(),
            source,
        };
        let dir = self.folder(&format!("{INDEX_FOLDER}/{folder}"))?;
        replace(&dir, &format!("{file}.json"), Durability::Synced, |out| {
            serde_json::to_writer(out, index).map_err(std::io::Error::from)
        })
        .map_err(fail)
    }

    /// Keeps the tree that was just stored open; one that carries bytes is opened from its archive instead.
    fn keep_open(&self, artifact: &Artifact, tree: &Tree) {
        let files = tree.walk();
        if !files
            .iter()
            .any(|(_, file)| matches!(file.blob, BlobKey::Inline(_)))
        {
            self.trees
                .lock()
                .insert(artifact.digest, tree.clone(), open::weight(files.len(), 0));
        }
    }

    fn folder(&self, folder: &str) -> Result<Dir, StoreError> {
        let fail = |source| StoreError::MakeFolder {
            path: folder.to_owned(),
            source,
        };
        let mut builder = DirBuilder::new();
        builder.mode(0o700).recursive(true);
        self.root.create_dir_with(folder, &builder).map_err(fail)?;
        self.root.open_dir(folder).map_err(fail)
    }
}

fn index_path(folder: &str, file: &str) -> String {
    format!("{INDEX_FOLDER}/{folder}/{file}.json")
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
