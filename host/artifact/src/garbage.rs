//! Retention: which artifacts of an object go (Flux's rules: age first, then number).

use std::time::{Duration, SystemTime};

use cap_std::fs_utf8::DirEntry;
use sluice_model::Artifact;

use crate::owner::Owner;
use crate::store::{ArtifactStore, StoreError};

/// At most this many files of one object are looked at in one pass.
const MAX_FILES: usize = 1000;

struct Stored {
    name: String,
    age: Duration,
}

impl ArtifactStore {
    /// Removes the object's artifacts that are older than the retention time, then the oldest beyond the number of
    /// records. Never removes the current artifact or a symlink. Returns the names removed.
    ///
    /// # Errors
    /// The folder cannot be listed or a file not removed.
    pub fn collect_garbage(
        &self,
        owner: &Owner,
        current: Option<&Artifact>,
    ) -> Result<Vec<String>, StoreError> {
        let folder = owner.folder();
        let current = current.and_then(|artifact| artifact.path.strip_prefix(&folder)?.strip_prefix('/'));
        let mut stored = self.stored(&folder)?;
        stored.sort_by(|a, b| b.age.cmp(&a.age).then_with(|| a.name.cmp(&b.name)));
        let mut left = stored.len();
        let mut gone = Vec::new();
        for file in stored
            .into_iter()
            .filter(|file| Some(file.name.as_str()) != current)
        {
            let expired = file.age > self.config.retention_ttl;
            if expired || left > self.config.retention_records.max(1) {
                self.remove_file(&folder, &file.name)?;
                left -= 1;
                gone.push(file.name);
            }
        }
        Ok(gone)
    }

    fn stored(&self, folder: &str) -> Result<Vec<Stored>, StoreError> {
        let fail = |source| StoreError::Read {
            path: folder.to_owned(),
            source,
        };
        let entries = match self.root.read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(fail)?,
        };
        let mut out = Vec::new();
        for entry in entries.take(MAX_FILES) {
            out.extend(stored_file(&entry.map_err(fail)?).map_err(fail)?);
        }
        Ok(out)
    }
}

fn stored_file(entry: &DirEntry) -> std::io::Result<Option<Stored>> {
    let meta = entry.metadata()?;
    let name = entry.file_name()?;
    if !meta.is_file() || name.ends_with(".lock") {
        return Ok(None);
    }
    let age = SystemTime::now()
        .duration_since(meta.modified()?.into_std())
        .unwrap_or_default();
    Ok(Some(Stored { name, age }))
}
