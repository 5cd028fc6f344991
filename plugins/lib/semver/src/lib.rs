//! Semantic versions and constraints, with the rules of the library that Flux and Helm use (Masterminds/semver 3): loose
//! versions (`v1`, `1.2`, leading zeros), wildcards, `~`, `^`, hyphen ranges, `||`, and prereleases only where the
//! constraint names one.

mod constraint;
mod scan;
mod version;

pub use constraint::{Constraint, ConstraintError, fuzz};
pub use version::{ParseVersionError, Version};

#[cfg(test)]
mod differential;
