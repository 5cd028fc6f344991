//! What is known of an object's health (kstatus).

use serde::{Deserialize, Serialize};

/// The state of an object (kstatus `Status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// Reconciled and healthy.
    Current,
    /// On its way.
    InProgress,
    /// Will not become healthy by itself.
    Failed,
    /// Being deleted.
    Terminating,
    /// Does not exist.
    NotFound,
    /// Cannot be told.
    Unknown,
}

impl Health {
    /// As messages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        }
    }
}

/// The state of an object with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub health: Health,
    /// For the user, for example `Replicas: 1/2`.
    pub message: String,
}

impl Verdict {
    /// A verdict.
    pub fn new(health: Health, message: impl Into<String>) -> Self {
        Self {
            health,
            message: message.into(),
        }
    }
}
