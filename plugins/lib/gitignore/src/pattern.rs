//! One ignore pattern: a line of `.sourceignore` or `spec.ignore`.

use crate::glob::Glob;

/// Longest line that is read; like Flux, the lines after a longer one are not read.
const MAX_LINE: usize = 64 * 1024;
/// Most patterns of one document.
const MAX_PATTERNS: usize = 100_000;

/// A component of a pattern that holds a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Between two slashes, or before the first.
    Empty,
    /// `**`.
    AnyDirectories,
    /// `**` beside other characters, or a malformed glob: the pattern matches nothing that gets here.
    Never,
    One(Glob),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// Without a slash: matches any component of a path.
    Name(Option<Glob>),
    /// With a slash: matches from the start of the domain.
    Path(Vec<Part>),
}

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    shape: Shape,
    /// Starts with `!`: what matches belongs to the artifact.
    pub(crate) includes: bool,
    directories_only: bool,
}

impl Pattern {
    /// Parses a line. Every text is a pattern; a malformed one matches nothing.
    pub fn new(line: &str) -> Self {
        let (includes, text) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let text = if text.ends_with("\\ ") {
            text
        } else {
            text.trim_end_matches(' ')
        };
        let (directories_only, text) = match text.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let shape = if text.contains('/') {
            Shape::Path(text.split('/').map(Part::new).collect())
        } else {
            Shape::Name(Glob::new(text).ok())
        };
        Self {
            shape,
            includes,
            directories_only,
        }
    }

    /// Whether it matches a path below its domain, given as components. A match of a directory holds for all below it.
    pub fn matches(&self, path: &[&str], is_directory: bool) -> bool {
        match &self.shape {
            Shape::Name(glob) => path.iter().enumerate().any(|(at, name)| {
                glob.as_ref().is_some_and(|glob| glob.matches(name))
                    && (at + 1 < path.len() || is_directory || !self.directories_only)
            }),
            Shape::Path(parts) => self.matches_path(parts, path, is_directory),
        }
    }

    /// As [`matches`](Self::matches), when it is known that no directory above the last component matches.
    pub(crate) fn matches_last(&self, path: &[&str], is_directory: bool) -> bool {
        match &self.shape {
            Shape::Name(glob) => {
                let allowed = is_directory || !self.directories_only;
                let hit = |name: &&str| glob.as_ref().is_some_and(|glob| glob.matches(name));
                allowed && path.last().is_some_and(hit)
            }
            Shape::Path(parts) => self.matches_path(parts, path, is_directory),
        }
    }

    fn matches_path(&self, parts: &[Part], mut path: &[&str], is_directory: bool) -> bool {
        let mut matched = false;
        let mut skipping = false;
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Empty => skipping = false,
                Part::AnyDirectories if at + 1 == parts.len() => break,
                Part::AnyDirectories => skipping = true,
                Part::Never => return false,
                Part::One(glob) => {
                    let Some((first, rest)) = path.split_first() else {
                        return false;
                    };
                    if std::mem::take(&mut skipping) {
                        let found = path.iter().position(|name| glob.matches(name));
                        matched = found.is_some();
                        path = found.map_or(&[], |at| &path[at + 1..]);
                    } else if glob.matches(first) {
                        matched = true;
                        path = rest;
                    } else {
                        return false;
                    }
                }
            }
        }
        matched && !(self.directories_only && !is_directory && path.is_empty())
    }
}

impl Part {
    fn new(text: &str) -> Self {
        match text {
            "" => Self::Empty,
            "**" => Self::AnyDirectories,
            text if text.contains("**") => Self::Never,
            text => Glob::new(text).map_or(Self::Never, Self::One),
        }
    }
}

/// The patterns of a document: one a line, without blank lines and lines that start with `#`.
pub fn read_patterns(bytes: &[u8]) -> Vec<Pattern> {
    let text = String::from_utf8_lossy(bytes);
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .take_while(|line| line.len() < MAX_LINE)
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .take(MAX_PATTERNS)
        .map(Pattern::new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(line: &str, path: &str, is_directory: bool) -> bool {
        Pattern::new(line).matches(&path.split('/').collect::<Vec<_>>(), is_directory)
    }

    #[test]
    fn names_match_anywhere() {
        assert!(matches("*.jpg", "a/b/c.jpg", false));
        assert!(matches("docs", "a/docs/x", false), "everything below");
        assert!(matches("docs/", "a/docs/x", false));
        assert!(matches("docs/", "docs", true));
        assert!(!matches("docs/", "docs", false), "a file of that name");
        assert!(!matches("[a", "a", false), "malformed");
        assert!(matches("**", "a/b", false));
    }

    #[test]
    fn paths_match_from_the_root() {
        assert!(matches("/a", "a", false));
        assert!(!matches("/a", "b/a", false));
        assert!(matches("a/b", "a/b/c", false));
        assert!(!matches("a/b", "x/a/b", false));
        assert!(matches("**/b", "x/y/b", false));
        assert!(matches("**/.sops.yaml", ".sops.yaml", false));
        assert!(matches("a/**/b", "a/b", false));
        assert!(matches("a/**/b", "a/x/y/b/z", false));
        assert!(matches("a/**", "a", true), "unlike git");
        assert!(matches("a/**", "a/b/c", false));
        assert!(!matches("a/**b", "a/xb", false));
        assert!(!matches("a/b/", "a/b", false));
        assert!(matches("a/b/", "a/b/c", false));
        assert!(!matches("/", "a", true));
    }

    #[test]
    fn reads_lines_as_flux() {
        let patterns = read_patterns(b"# c\n\n  \r\n*.jpg\r\n!keep.jpg  \n\\ \n a\n");
        let wanted: Vec<Pattern> = ["*.jpg", "!keep.jpg", "\\ ", " a"].map(Pattern::new).into();
        assert_eq!(patterns, wanted);
        let long = format!("a\n{}\nb\n", "x".repeat(MAX_LINE));
        assert_eq!(read_patterns(long.as_bytes()), [Pattern::new("a")]);
    }
}
