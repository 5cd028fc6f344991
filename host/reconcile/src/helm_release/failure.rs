//! Why a pass over a HelmRelease ended before anything was done to its release, and what comes next.

use sluice_cluster::kube;
use sluice_health::rules::RulesError;
use sluice_model::Severity;
use sluice_model::condition::reasons;

use crate::dependency::DependencyError;

/// What Flux says before a reason for which it gives up.
const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Stalled,
    Backoff,
    Dependency,
}

/// A pass that did not come to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// Reason of the Ready condition.
    pub(super) reason: &'static str,
    /// Names object, field or file, and why.
    pub(super) message: String,
    /// Text of its event and how much that matters; none where the condition says all.
    pub(super) event: Option<(Severity, String)>,
    next: Next,
}

impl Failure {
    /// Only a change of spec helps.
    pub(super) fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            reason,
            event: Some((Severity::Error, message.clone())),
            message,
            next: Next::Stalled,
        }
    }

    /// Tried again with back-off.
    pub(super) fn retry(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            next: Next::Backoff,
            ..Self::stalled(reason, message)
        }
    }

    /// Waits for another object, whose change wakes this one.
    pub(super) fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            event: None,
            next: Next::Dependency,
            ..Self::stalled(reason, message)
        }
    }

    /// The same without an event.
    pub(super) fn quiet(self) -> Self {
        Self { event: None, ..self }
    }

    /// An expression that cannot be used.
    fn invalid(error: &str) -> Self {
        Self {
            event: Some((Severity::Error, error.to_owned())),
            ..Self::stalled(reasons::INVALID_CEL_EXPRESSION, format!("{TERMINAL}: {error}"))
        }
    }

    /// Whether only a change of spec helps.
    pub(super) fn is_stalling(&self) -> bool {
        self.next == Next::Stalled
    }

    /// Whether another object is waited for.
    pub(super) fn is_waiting(&self) -> bool {
        self.next == Next::Dependency
    }
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        Self::invalid(&error.to_string())
    }
}

impl From<DependencyError> for Failure {
    fn from(error: DependencyError) -> Self {
        let text = error.to_string();
        match error {
            DependencyError::Denied { .. } => Self::stalled(reasons::ACCESS_DENIED, text),
            DependencyError::Expression { source, .. } if !source.is_evaluation() => Self::invalid(&text),
            _ => Self {
                event: Some((Severity::Info, text.clone())),
                ..Self::waiting(reasons::DEPENDENCY_NOT_READY, text)
            },
        }
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        Self::retry(reasons::FAILED, format!("failed to write status: {error}")).quiet()
    }
}
