//! Why a pass over a Kustomization ended early, with the condition reason and what comes next.

use std::time::Duration;

use sluice_api::GoDuration;
use sluice_cluster::{ClusterError, kube};
use sluice_health::rules::RulesError;
use sluice_model::condition::reasons;

use super::source::SourceError;
use crate::dependency::DependencyError;
use crate::fetched::FetchError;

/// What Flux says before a reason for which it gives up.
const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Stalled,
    Retry,
    Backoff,
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
    quiet: bool,
}

impl Failure {
    /// Tried again after the retry interval.
    pub fn retry(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Retry,
            quiet: false,
        }
    }

    /// Tried again soon, then less and less often: the API server did not take what must be on record.
    pub fn backoff(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            next: Next::Backoff,
            ..Self::retry(reason, message)
        }
    }

    /// Whether it is tried again with back-off rather than after the retry interval.
    pub fn backs_off(&self) -> bool {
        self.next == Next::Backoff
    }

    /// Only a change of spec helps.
    pub fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Stalled,
            quiet: false,
        }
    }

    /// Waits for another object, whose change wakes this one.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            next: Next::Dependency,
            quiet: false,
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

    /// The text of its event, as Flux words it; none where the condition says all.
    pub fn event(&self, dependency: Duration) -> Option<String> {
        match self.reason {
            reasons::DEPENDENCY_NOT_READY => Some(format!(
                "Dependencies do not meet ready condition, retrying in {}",
                GoDuration::from(dependency)
            )),
            reasons::ARTIFACT_FAILED if self.is_waiting() || self.quiet => None,
            _ => Some(self.message.clone()),
        }
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
            SourceError::NotFound { .. } => Self {
                quiet: true,
                ..Self::retry(error.reason(), message)
            },
            _ => Self::retry(error.reason(), message),
        }
    }
}

impl From<DependencyError> for Failure {
    fn from(error: DependencyError) -> Self {
        let message = error.to_string();
        match error {
            DependencyError::Denied { .. } => Self::stalled(reasons::ACCESS_DENIED, message),
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
        Self::backoff(
            reasons::RECONCILIATION_FAILED,
            format!("failed to write status: {}", ClusterError::from(error)),
        )
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let message = error.to_string();
        if error.is_absent() {
            return Self::waiting(reasons::ARTIFACT_FAILED, message);
        }
        Self::retry(reasons::ARTIFACT_FAILED, message)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Flux tells neither of a missing source nor of a missing artifact, and words dependencies for people.
    #[test]
    fn events_are_as_flux_words_them() {
        let requeue = Duration::from_secs(30);
        let waiting = Failure::waiting(reasons::DEPENDENCY_NOT_READY, "dependency 'a/b' is not ready");
        assert_eq!(
            waiting.event(requeue).as_deref(),
            Some("Dependencies do not meet ready condition, retrying in 30s")
        );
        let none = SourceError::NoArtifact { retry: "30s".into() };
        assert_eq!(Failure::from(none).event(requeue), None);
        let key = crate::key::ObjectKey::new("ns", "repo");
        let missing = SourceError::NotFound {
            kind: "GitRepository".into(),
            key: key.clone(),
        };
        assert_eq!(Failure::from(missing).event(requeue), None);
        let denied = SourceError::Denied {
            kind: "GitRepository".into(),
            key,
        };
        assert!(Failure::from(denied).event(requeue).is_some());
    }
}
