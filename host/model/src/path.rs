//! Paths inside a tree: relative, separated by '/', never leaving the root.

/// A path that leaves its tree or cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?} {reason}")]
pub struct PathError {
    /// What was given, cut to 256 characters.
    pub path: String,
    /// Why it is refused.
    pub reason: &'static str,
}

/// Longest path that a tree holds, in bytes.
pub const MAX_PATH: usize = 4096;

/// The path without `.`, `..`, doubled or trailing slashes; the root is the empty string.
///
/// # Errors
/// The path is absolute, climbs above the root, holds a NUL byte or backslash-free rules are broken by length.
pub fn normalize(path: &str) -> Result<String, PathError> {
    let fail = |reason| PathError {
        path: path.chars().take(256).collect(),
        reason,
    };
    if path.len() > MAX_PATH {
        return Err(fail("is longer than 4096 bytes"));
    }
    if path.starts_with('/') {
        return Err(fail("is absolute"));
    }
    if path.contains('\0') {
        return Err(fail("holds a NUL byte"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| fail("leaves the root of its tree"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// `base` and `path` joined and normalised.
///
/// # Errors
/// As [`normalize`].
pub fn join(base: &str, path: &str) -> Result<String, PathError> {
    if path.starts_with('/') {
        return normalize(path);
    }
    normalize(&format!("{base}/{path}")[usize::from(base.is_empty())..])
}

/// The directory of a normalised path; the root for a name without a slash.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// The last component of a normalised path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether `path` is `dir` or below it, both normalised.
pub fn is_within(path: &str, dir: &str) -> bool {
    dir.is_empty() || path == dir || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes() {
        assert_eq!(normalize("./a//b/../c/").as_deref(), Ok("a/c"));
        assert_eq!(normalize(".").as_deref(), Ok(""));
        assert_eq!(join("", "a").as_deref(), Ok("a"));
        assert_eq!(join("x/y", "../a").as_deref(), Ok("x/a"));
    }

    /// A1, R1 of the adversarial catalogue.
    #[test]
    fn refuses_to_leave_the_root() {
        for path in ["../x", "a/../../x", "/etc/passwd", "a\0b"] {
            assert!(normalize(path).is_err(), "{path}");
        }
        assert!(join("x", "/etc").is_err());
    }

    #[test]
    fn knows_what_is_within() {
        assert!(is_within("a/b", "a"));
        assert!(is_within("a", ""));
        assert!(!is_within("ab", "a"));
    }
}
