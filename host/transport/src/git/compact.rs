//! Each fetch leaves a pack; after many of them the kept commits are written into one.

use std::path::PathBuf;

use git2::PackBuilderStage;
use sluice_model::port::EndpointError;

use crate::git::fetch::kept_tips;
use crate::git::repository::Repository;

/// Packs that a repository may have before it is compacted.
const MAX_PACKS: usize = 24;

/// Rewrites the repository when it has many packs. Objects that no kept commit reaches are dropped.
pub(crate) fn compact_when_needed(repository: &Repository) -> Result<bool, EndpointError> {
    let _writing = repository.writing.lock();
    let old = packs(repository);
    if old.len() <= MAX_PACKS {
        return Ok(false);
    }
    let name = repository.with(write_kept)?;
    let name = name.map_err(|error| {
        EndpointError::Failed(format!(
            "failed to compact the kept Git repository: {}",
            error.message()
        ))
    })?;
    for pack in old.iter().filter(|pack| !pack.to_string_lossy().contains(&name)) {
        for extension in ["pack", "idx", "rev"] {
            // A file that stays is only space; the next compaction finds it again.
            let _ = std::fs::remove_file(pack.with_extension(extension));
        }
    }
    repository.rewritten();
    Ok(true)
}

fn packs(repository: &Repository) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository.path().join("objects/pack"));
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "pack"))
        .collect()
}

/// Writes the kept commits with their trees into one pack; its name.
fn write_kept(handle: &git2::Repository) -> Result<String, git2::Error> {
    let mut builder = handle.packbuilder()?;
    builder.set_threads(1);
    builder.set_progress_callback(|_: PackBuilderStage, _, _| true)?;
    for (_, tip) in kept_tips(handle)? {
        builder.insert_commit(tip)?;
    }
    let folder = handle.path().join("objects/pack");
    builder.write(&folder, 0)?;
    builder
        .name()?
        .map(str::to_owned)
        .ok_or_else(|| git2::Error::from_str("the pack has no name"))
}
