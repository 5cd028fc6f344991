//! Reads the workspace as the rules see it: its crates with their dependencies, and its source files.

pub mod graph;
pub mod source;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .and_then(std::path::Path::parent)
        .map_or_else(|| here.clone(), PathBuf::from)
}
