//! Failures under the names of Flux's stages of a chart build. The host knows the stage by the text before the first colon.

use std::fmt::Display;

use sluice_plugin::Error;

/// An index that cannot be read.
pub const INDEX: &str = "failed to load Helm repository from index YAML";
/// The spec names a chart that is not there.
pub const REFERENCE: &str = "invalid chart reference";
/// The chart cannot be fetched.
pub const PULL: &str = "chart pull error";
/// The version cannot carry the metadata that it should.
pub const METADATA: &str = "chart metadata patch error";
/// Values files are missing or malformed.
pub const VALUES: &str = "values files merge error";
/// A dependency is missing.
pub const DEPENDENCY: &str = "dependency build error";
/// The chart cannot be loaded or packed.
pub const PACKAGE: &str = "chart package error";

/// Only a change of spec, or of the source, helps.
pub fn invalid(stage: &str, problem: impl Display) -> Error {
    Error::InvalidConfig(format!("{stage}: {problem}"))
}

/// Tried again.
pub fn failed(stage: &str, problem: impl Display) -> Error {
    Error::Failed(format!("{stage}: {problem}"))
}

/// The host's error under a stage. What an index or a chart made the host refuse is no fault of the spec.
pub fn remote(stage: &str, what: impl Display, error: Error) -> Error {
    match error.context(format!("{stage}: {what}")) {
        Error::InvalidConfig(message) => Error::Failed(message),
        other => other,
    }
}
