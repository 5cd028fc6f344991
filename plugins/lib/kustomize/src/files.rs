//! The only view of files that a build has, and the arithmetic of its paths.
//!
//! Paths are absolute inside the tree: they start with `/`, have no `.`, `..` or empty segment, and `/` is the root.

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
    /// A link that the tree keeps as one.
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

/// An immutable tree of files.
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

    /// The path with all links resolved. Trees without links keep the default.
    ///
    /// # Errors
    /// The path does not exist.
    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        self.kind(path).map(|_| path.to_owned())
    }

    /// True when the tree is a whole file system, so that absolute paths in a kustomization name files of it.
    fn is_file_system(&self) -> bool {
        false
    }
}

/// A path that climbs above the root of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escape;

/// `base` followed by `path`, cleaned; an error when `path` climbs above the root.
///
/// # Errors
/// [`Escape`].
pub fn join(base: &str, path: &str) -> Result<String, Escape> {
    let mut segments: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                segments.pop().ok_or(Escape)?;
            }
            name => segments.push(name),
        }
    }
    let mut out = String::with_capacity(base.len() + path.len() + 2);
    for segment in segments {
        out.push('/');
        out.push_str(segment);
    }
    if out.is_empty() {
        out.push('/');
    }
    Ok(out)
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

/// `base/path` in its shortest form for relative paths, the empty base being nothing.
pub fn join_relative(base: &str, path: &str) -> String {
    if base.is_empty() && path.is_empty() {
        return String::new();
    }
    clean_relative(&format!("{base}/{path}"))
}

/// The directory of a path.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The last name of a path.
pub fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// True when `path` is `dir` or below it.
pub fn is_in(path: &str, dir: &str) -> bool {
    dir == "/" || path == dir || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_cleans() {
        assert_eq!(join("/a/b", "../c/./d"), Ok("/a/c/d".into()));
        assert_eq!(join("/a", ".."), Ok("/".into()));
        assert_eq!(clean_relative("a/../b//c"), "b/c");
        assert_eq!(clean_relative("../../x/.."), "../..");
        assert_eq!(join_relative("", "../base"), "../base");
    }

    #[test]
    fn refuses_to_climb_out_r1() {
        assert_eq!(join("/a", "../../etc"), Err(Escape));
    }

    #[test]
    fn knows_what_is_inside() {
        assert!(is_in("/a/b", "/a"));
        assert!(!is_in("/ab", "/a"));
        assert!(is_in("/anything", "/"));
        assert_eq!(base_name("x/y.yaml"), "y.yaml");
        assert_eq!(parent("/x"), "/");
    }
}
