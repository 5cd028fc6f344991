//! The only view of files that a renderer has, whatever holds them: the host's tree, an archive, a folder in a test.

#[cfg(target_family = "wasm")]
mod input_tree;

#[cfg(target_family = "wasm")]
pub use input_tree::InputTree;
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
    /// A directory where a file is needed.
    #[error("is a directory")]
    IsADirectory,
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
    /// A link that the tree keeps as one, or that leads nowhere.
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

    /// The path with all links resolved. Trees without links keep the default.
    ///
    /// # Errors
    /// The path does not exist.
    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        self.kind(path).map(|_| path.to_owned())
    }

    /// True when the tree is a whole file system, so that absolute paths name files of it.
    fn is_file_system(&self) -> bool {
        false
    }
}

/// A relative path in its shortest form (`a/../b` is `b`, nothing is `.`), `..` at its start kept.
pub fn clean_relative(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    if segments.is_empty() {
        ".".into()
    } else {
        segments.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_relative_paths() {
        assert_eq!(clean_relative("a/../b//c"), "b/c");
        assert_eq!(clean_relative("../../x/.."), "../..");
        assert_eq!(clean_relative(""), ".");
    }
}
