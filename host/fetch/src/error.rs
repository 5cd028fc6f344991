//! Why a source gave no artifact, with Flux's condition reasons.

use sluice_model::condition::reasons;
use sluice_model::port::EndpointError;
use sluice_sandbox::{CallError, Failure, GuestError};

/// How the plugin `source-git` names a repository without any reference.
const EMPTY: &str = "git repository is empty";

/// Why a source gave no artifact.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// A field of the spec cannot be used; only a change of spec helps.
    #[error("{field}: {problem}")]
    InvalidSpec {
        /// For example `spec.url`.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A field of the spec that this version does not serve; ignoring it would give another artifact than asked for.
    #[error("{field} is not served by this version of Sluice; the stored artifact stays")]
    Unserved {
        /// For example `spec.verify`.
        field: &'static str,
    },
    /// The Secret is for another provider than the spec's.
    #[error("{0}")]
    Provider(String),
    /// The remote's address or a Secret cannot be used.
    #[error("{source}")]
    Target {
        /// The transport's words, without credentials.
        source: EndpointError,
    },
    /// The plugin gave no result.
    #[error("{0}")]
    Plugin(CallError),
}

impl FetchError {
    /// The reason of the FetchFailed condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSpec {
                field: "spec.url", ..
            } => "URLInvalid",
            Self::InvalidSpec { .. } => "InvalidSpec",
            Self::Unserved { .. } => reasons::FEATURE_GATE_DISABLED,
            Self::Provider(_) => "InvalidProviderConfiguration",
            Self::Target {
                source: EndpointError::Unauthorized(_),
            } => "AuthenticationFailed",
            Self::Target {
                source: EndpointError::Invalid(_) | EndpointError::Denied(_),
            } => "URLInvalid",
            Self::Target { .. } => "GitOperationFailed",
            Self::Plugin(error) => reason_of(&error.failure),
        }
    }

    /// Whether only a change of spec helps. A Secret may be repaired without one, so credentials never stall.
    pub fn is_stalling(&self) -> bool {
        match self {
            Self::InvalidSpec { .. } | Self::Unserved { .. } => true,
            Self::Provider(_) => false,
            Self::Target { source } => matches!(source, EndpointError::Invalid(_)),
            Self::Plugin(error) => {
                matches!(
                    &error.failure,
                    Failure::InvalidConfig(_) | Failure::Guest(GuestError::InvalidConfig(_))
                )
            }
        }
    }

    /// The words for the condition: a plugin's own error without the frame around it.
    pub fn message(&self) -> String {
        match self {
            Self::Plugin(CallError {
                failure: Failure::Guest(error),
                ..
            }) => error.to_string(),
            other => other.to_string(),
        }
    }
}

fn reason_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Guest(GuestError::NotFound(message)) if message == EMPTY => "EmptyGitRepository",
        Failure::Guest(GuestError::Denied(_)) => "AuthenticationFailed",
        Failure::Guest(_) => "GitOperationFailed",
        other => other.reason(),
    }
}
