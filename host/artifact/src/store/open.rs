//! Opens the tree of a stored artifact, from its index where that can be trusted.

use std::io::{self, BufReader, Read, Seek};
use std::sync::Arc;

use cap_std::fs_utf8::{Dir, File};
use sluice_model::tree::{BlobSource, Tree};
use sluice_model::{Artifact, Digest};

use super::{ArtifactStore, StoreError, index_path};
use crate::archive::{self, ArchiveBlobs, ArchiveIndex, FallbackBlobs};
use crate::owner::check_path;
use crate::unpack::{self, Limits, Symlinks};

/// Longest index that is read.
const MAX_INDEX: u64 = 256 << 20;

/// Memory of an open tree with so many files and bytes that they carry.
pub(super) fn weight(files: usize, inline: u64) -> u64 {
    256 * files as u64 + inline
}

impl ArtifactStore {
    /// Opens the tree of an artifact: its git blobs from `git` when that is given and has them, all others from the
    /// archive. Nothing is unpacked, and nothing fetched. An artifact without a usable index is unpacked into memory.
    ///
    /// # Errors
    /// The file is gone, or is not the one that was stored.
    pub fn open_tree(
        &self,
        artifact: &Artifact,
        git: Option<Arc<dyn BlobSource>>,
    ) -> Result<Tree, StoreError> {
        if let Some(tree) = self.trees.lock().get(&artifact.digest) {
            return Ok(tree.clone());
        }
        let archive = self.checked_file(artifact)?;
        let (tree, weight) = match self.indexed_tree(artifact, &archive, git) {
            Ok(opened) => opened,
            Err(reason) => {
                tracing::warn!(
                    artifact = artifact.path,
                    reason,
                    "unpacking an artifact without usable index"
                );
                self.unpacked_tree(artifact, archive)?
            }
        };
        self.trees.lock().insert(artifact.digest, tree.clone(), weight);
        Ok(tree)
    }

    fn indexed_tree(
        &self,
        artifact: &Artifact,
        archive: &File,
        git: Option<Arc<dyn BlobSource>>,
    ) -> Result<(Tree, u64), String> {
        let id = stored_tree_id(archive).map_err(|error| error.to_string())?;
        let id = id.ok_or("the archive does not name its tree")?;
        let (folder, file) = check_path(&artifact.path).map_err(|error| error.to_string())?;
        let path = index_path(folder, file);
        let index = read_index(&self.root, &path, &artifact.digest)?;
        let blobs = if git.is_some() && !index.needs_archive() {
            self.lazy_blobs(path, artifact)?
        } else {
            let file = archive.try_clone().map_err(|error| error.to_string())?;
            ArchiveBlobs::new(&index, file.into_std())
        };
        let blobs = Arc::new(blobs);
        let source: Arc<dyn BlobSource> = match git {
            Some(git) => Arc::new(FallbackBlobs::new(git, blobs)),
            None => blobs,
        };
        let tree = index.tree(&source, &id).map_err(|error| error.to_string())?;
        Ok((tree, weight(index.files.len(), 0)))
    }

    fn lazy_blobs(&self, index: String, artifact: &Artifact) -> Result<ArchiveBlobs, String> {
        let root = self.root.try_clone().map_err(|error| error.to_string())?;
        let (path, digest) = (artifact.path.clone(), artifact.digest);
        Ok(ArchiveBlobs::lazy(Box::new(move || {
            let index = read_index(&root, &index, &digest)?;
            let file = root
                .open(&path)
                .map_err(|error| format!("failed to open archive: {error}"))?;
            Ok((index, file.into_std()))
        })))
    }

    fn unpacked_tree(&self, artifact: &Artifact, mut archive: File) -> Result<(Tree, u64), StoreError> {
        archive.rewind().map_err(|source| StoreError::Read {
            path: artifact.path.clone(),
            source,
        })?;
        let tree = unpack::unpack(BufReader::new(archive), &Limits::default(), Symlinks::Refuse).map_err(
            |source| StoreError::Unpack {
                path: artifact.path.clone(),
                source,
            },
        )?;
        let files = tree.walk();
        let bytes = files.iter().map(|(_, file)| file.size).sum();
        Ok((tree, weight(files.len(), bytes)))
    }
}

fn stored_tree_id(archive: &File) -> io::Result<Option<Digest>> {
    let mut start = Vec::new();
    let mut file = archive.try_clone()?;
    file.rewind()?;
    file.take(256).read_to_end(&mut start)?;
    Ok(archive::tree_id(&start))
}

fn read_index(root: &Dir, path: &str, archive: &Digest) -> Result<ArchiveIndex, String> {
    let fail = |error: io::Error| format!("failed to read index: {error}");
    let mut bytes = Vec::new();
    root.open(path)
        .map_err(fail)?
        .take(MAX_INDEX)
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    ArchiveIndex::parse(&bytes, archive).map_err(|error| error.to_string())
}
