//! The arithmetic of a build's paths.
//!
//! Paths are absolute inside the tree: they start with `/`, have no `.`, `..` or empty segment, and `/` is the root.

pub use sluice_files::{Entry, EntryKind, Files, FilesError, clean_relative};

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
