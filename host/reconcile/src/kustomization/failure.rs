//! Why a pass over a Kustomization ended early, with the condition reason and what comes next.

use std::time::Duration;

use sluice_cluster::kube;
use sluice_health::rules::RulesError;
use sluice_model::condition::reasons;

use super::dependency::DependencyError;
use super::source::SourceError;

/// What Flux says before a reason for which it gives up.
const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Stalled,
    Retry,
    Dependency,
}

/// A pass that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Reason of the Ready condition.
    pub reason: &'static str,
    /// Names object, field or file, and why.
    pub message: String,
    next: Next,
}

impl Failure {
    /// Tried again after the retry interval.
    pub fn retry(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Retry,
        }
    }

    /// Only a change of spec helps.
    pub fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Stalled,
        }
    }

    /// Waits for another object, whose change wakes this one.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Dependency,
        }
    }

    /// Whether only a change of spec helps.
    pub fn is_stalling(&self) -> bool {
        self.next == Next::Stalled
    }

    /// Whether another object is waited for.
    pub fn is_waiting(&self) -> bool {
        self.next == Next::Dependency
    }

    /// The wait before the next attempt.
    pub fn wait(&self, retry: Duration, dependency: Duration) -> Duration {
        if self.is_waiting() { dependency } else { retry }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let message = error.to_string();
        match error {
            _ if error.is_stalling() => Self::stalled(error.reason(), message),
            SourceError::NoArtifact { .. } => Self::waiting(error.reason(), message),
            _ => Self::retry(error.reason(), message),
        }
    }
}

impl From<DependencyError> for Failure {
    fn from(error: DependencyError) -> Self {
        let message = error.to_string();
        match error {
            DependencyError::Expression { source, .. } if !source.is_evaluation() => {
                Self::stalled(reasons::INVALID_CEL_EXPRESSION, format!("{TERMINAL}: {message}"))
            }
            _ => Self::waiting(reasons::DEPENDENCY_NOT_READY, message),
        }
    }
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        Self::stalled(reasons::INVALID_CEL_EXPRESSION, format!("{TERMINAL}: {error}"))
    }
}

impl From<sluice_model::path::PathError> for Failure {
    fn from(error: sluice_model::path::PathError) -> Self {
        Self::stalled(reasons::ARTIFACT_FAILED, format!("spec.path: {error}"))
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        Self::retry(
            reasons::RECONCILIATION_FAILED,
            format!("failed to write status: {error}"),
        )
    }
}

impl From<sluice_artifact::StoreError> for Failure {
    fn from(error: sluice_artifact::StoreError) -> Self {
        Self::retry(reasons::ARTIFACT_FAILED, error.to_string())
    }
}

impl From<sluice_render::RenderError> for Failure {
    fn from(error: sluice_render::RenderError) -> Self {
        Self::retry(error.reason(), error.to_string())
    }
}
