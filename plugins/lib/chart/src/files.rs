//! The arithmetic of paths in a chart.

pub use sluice_files::{Entry, EntryKind, Files, FilesError};

/// `dir/name`, where the empty directory and `.` are nothing.
pub fn join(dir: &str, name: &str) -> String {
    match dir {
        "" | "." => name.to_owned(),
        dir if dir.ends_with('/') => format!("{dir}{name}"),
        dir => format!("{dir}/{name}"),
    }
}

/// The last name of a path, as Go's `path.Base` has it for a path without trailing slashes.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The extension with its dot, as Go's `path.Ext`: from the last dot of the last name.
pub fn extension(path: &str) -> &str {
    let name = base_name(path);
    name.rfind('.').map_or("", |at| &name[at..])
}
