//! A pass over a source that did not succeed: the condition that says where, its reason, and what comes next.

use sluice_artifact::StoreError;
use sluice_fetch::helm::HelmFetchError;
use sluice_model::condition::{reasons, types};

use crate::secret::SecretError;

/// Why a pass ended without a current artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Type of the condition that says where.
    pub condition: &'static str,
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
    /// Whether only a change of spec helps.
    pub stalling: bool,
    /// Whether it is a wait for another object, whose change brings this one back.
    pub waiting: bool,
}

impl Failure {
    /// One that is tried again.
    pub fn new(condition: &'static str, reason: &str, message: impl Into<String>) -> Self {
        Self {
            condition,
            reason: reason.to_owned(),
            message: message.into(),
            stalling: false,
            waiting: false,
        }
    }

    /// One that only a change of spec ends.
    pub fn stalling(condition: &'static str, reason: &str, message: impl Into<String>) -> Self {
        Self {
            stalling: true,
            ..Self::new(condition, reason, message)
        }
    }

    /// A wait for another object.
    pub fn waiting(condition: &'static str, reason: &str, message: impl Into<String>) -> Self {
        Self {
            waiting: true,
            ..Self::new(condition, reason, message)
        }
    }

    /// The artifact could not be stored, for no reason of its own.
    pub fn storage(message: impl Into<String>) -> Self {
        Self::new(types::STORAGE_OPERATION_FAILED, reasons::FAILED, message)
    }
}

impl From<HelmFetchError> for Failure {
    fn from(error: HelmFetchError) -> Self {
        Self {
            stalling: error.is_stalling(),
            ..Self::new(error.condition(), error.reason(), error.message())
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(types::STORAGE_OPERATION_FAILED, error.reason(), error.to_string())
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::new(types::FETCH_FAILED, "AuthenticationFailed", error.to_string())
    }
}
