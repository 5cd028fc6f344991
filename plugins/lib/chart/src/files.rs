//! The only view of files that loading a chart has.

use thiserror::Error;

/// Why a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilesError {
    /// Nothing has this path.
    #[error("no such file or directory")]
    NotFound,
    /// A file where a directory is needed.
    #[error("not a directory")]
    NotADirectory,
    /// Anything else, in the store's own words.
    #[error("{0}")]
    Other(String),
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Bytes.
    File,
    /// More names.
    Directory,
    /// A link that leads nowhere; trees follow the others.
    Symlink,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Without any slash.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// An immutable tree of files. Paths are separated by `/` and mean what the tree takes them for.
pub trait Files {
    /// The names in a directory, sorted bytewise.
    ///
    /// # Errors
    /// The path does not exist or is no directory.
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError>;

    /// What a path names, links followed.
    ///
    /// # Errors
    /// The path does not exist.
    fn kind(&self, path: &str) -> Result<EntryKind, FilesError>;

    /// The bytes of a file.
    ///
    /// # Errors
    /// The path does not exist or is no file.
    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError>;

    /// The bytes of several files, in their order; one call where the tree has one.
    ///
    /// # Errors
    /// The first that cannot be read, with its path.
    fn read_many(&self, paths: &[String]) -> Result<Vec<Vec<u8>>, (String, FilesError)> {
        paths
            .iter()
            .map(|path| self.read(path).map_err(|error| (path.clone(), error)))
            .collect()
    }
}

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
