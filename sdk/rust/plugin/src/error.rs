//! Errors of the contract: constructors and conversions.

use std::fmt::Display;

use crate::types::{Error, Retry};

/// What every call of a plugin gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The object's configuration is wrong; it stalls until its spec changes.
    pub fn invalid_config(message: impl Display) -> Self {
        Self::InvalidConfig(message.to_string())
    }

    /// What was asked for does not exist.
    pub fn not_found(message: impl Display) -> Self {
        Self::NotFound(message.to_string())
    }

    /// The remote or a policy refused.
    pub fn denied(message: impl Display) -> Self {
        Self::Denied(message.to_string())
    }

    /// May work later; retried with back-off.
    pub fn transient(message: impl Display) -> Self {
        Self::Transient(Retry {
            message: message.to_string(),
            after_ms: None,
        })
    }

    /// May work later, and not before `after_ms` milliseconds have passed.
    pub fn transient_after(message: impl Display, after_ms: u64) -> Self {
        Self::Transient(Retry {
            message: message.to_string(),
            after_ms: Some(after_ms),
        })
    }

    /// Anything else; retried with back-off.
    pub fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// The same case with `what: ` before its message.
    #[must_use]
    pub fn context(self, what: impl Display) -> Self {
        let add = |message: String| format!("{what}: {message}");
        match self {
            Self::InvalidConfig(message) => Self::InvalidConfig(add(message)),
            Self::NotFound(message) => Self::NotFound(add(message)),
            Self::Denied(message) => Self::Denied(add(message)),
            Self::Transient(retry) => Self::Transient(Retry {
                message: add(retry.message),
                after_ms: retry.after_ms,
            }),
            Self::NeedsInput(inputs) => Self::NeedsInput(inputs),
            Self::Failed(message) => Self::Failed(add(message)),
        }
    }
}

/// A config that does not parse is the object's fault.
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidConfig(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_keeps_the_case() {
        let error = Error::transient_after("busy", 5).context("fetch");
        assert_eq!(
            error,
            Error::Transient(Retry {
                message: "fetch: busy".into(),
                after_ms: Some(5)
            })
        );
        assert_eq!(Error::not_found("x").context("y"), Error::NotFound("y: x".into()));
    }
}
