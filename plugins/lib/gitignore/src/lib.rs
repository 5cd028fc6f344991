//! Flux's source ignore rules: which files of a repository do not belong to its artifact.
//!
//! The dialect is that of Flux (`.sourceignore` and `spec.ignore`), not git's: patterns are matched a path at a time,
//! the last pattern that matches decides, a file below an excluded directory can be included again, and globs are those
//! of Go's `path.Match` with `**` as a whole component. See [`Pattern`] for one line and [`Rules`] for all lines
//! of a repository.

mod glob;
mod pattern;
mod rules;

pub use glob::{BadGlob, Glob};
pub use pattern::{Pattern, read_patterns};
pub use rules::{Rules, Scope};

/// Name of the files that hold patterns.
pub const IGNORE_FILE: &str = ".sourceignore";

#[cfg(test)]
mod differential;
