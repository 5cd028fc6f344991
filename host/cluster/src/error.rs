//! What the API server refused, as types that callers match on.

use kube::core::Status;
use sluice_model::Object;

use crate::mask;

/// One detail of a refusal (`metav1.StatusCause`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For example `FieldValueInvalid`.
    pub reason: String,
    /// Without the field.
    pub message: String,
    /// For example `spec.template`.
    pub field: String,
}

/// A request to the API server failed. Display gives the server's message, with Secret values masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// The object, or its namespace, does not exist.
    #[error("{message}")]
    NotFound {
        /// The server's words.
        message: String,
    },
    /// The cluster does not serve this kind.
    #[error("no matches for kind {kind:?} in version {api_version:?}")]
    NoMatch {
        /// Group and version as asked for.
        api_version: String,
        /// The kind.
        kind: String,
        /// The group's server did not answer discovery, so that the kind may exist after all.
        uncertain: bool,
    },
    /// Someone else changed the object, or owns a field.
    #[error("{message}")]
    Conflict {
        /// The server's words.
        message: String,
        /// Field owners, for conflicts of server-side apply.
        causes: Vec<Cause>,
    },
    /// The object breaks its schema, a rule, or an immutable field.
    #[error("{message}")]
    Invalid {
        /// The server's words.
        message: String,
        /// A detail each.
        causes: Vec<Cause>,
    },
    /// The identity may not do this, or an admission webhook refused.
    #[error("{message}")]
    Forbidden {
        /// The server's words.
        message: String,
    },
    /// Created by someone else in the meantime.
    #[error("{message}")]
    AlreadyExists {
        /// The server's words.
        message: String,
    },
    /// The credentials are not accepted.
    #[error("{message}")]
    Unauthorized {
        /// The server's words.
        message: String,
    },
    /// The server asked to slow down, more often than is retried.
    #[error("{message}")]
    TooManyRequests {
        /// The server's words.
        message: String,
        /// Least wait before the next try, in seconds.
        retry_after_seconds: u32,
    },
    /// No answer in time. The request may have been carried out.
    #[error("{message}")]
    Timeout {
        /// What was waited for.
        message: String,
    },
    /// The resource version is too old to continue from (`410 Gone`).
    #[error("{message}")]
    Expired {
        /// The server's words.
        message: String,
    },
    /// The server could not be reached.
    #[error("{message}")]
    Unreachable {
        /// The client's words.
        message: String,
    },
    /// Anything else.
    #[error("{message}")]
    Other {
        /// The server's words.
        message: String,
        /// The server's reason, for example `InternalError`.
        reason: String,
        /// HTTP status.
        code: u16,
    },
}

impl ClusterError {
    /// The error in a server's `Status`.
    pub fn from_status(status: &Status) -> Self {
        let message = if status.message.is_empty() {
            status.reason.clone()
        } else {
            status.message.clone()
        };
        let causes = || causes(status);
        match (status.reason.as_str(), status.code) {
            ("NotFound", _) | ("", 404) => Self::NotFound { message },
            ("AlreadyExists", _) => Self::AlreadyExists { message },
            ("Conflict", _) | ("", 409) => Self::Conflict {
                message,
                causes: causes(),
            },
            ("Invalid", _) | ("", 422) => Self::Invalid {
                message,
                causes: causes(),
            },
            ("Forbidden", _) | ("", 403) => Self::Forbidden { message },
            ("Unauthorized", _) | (_, 401) => Self::Unauthorized { message },
            (_, 429) => Self::TooManyRequests {
                message,
                retry_after_seconds: retry_after(status),
            },
            ("Expired" | "Gone", _) | (_, 410) => Self::Expired { message },
            ("Timeout" | "ServerTimeout", _) | (_, 504) => Self::Timeout { message },
            (_, 404) => Self::NotFound { message },
            (reason, code) => Self::Other {
                message,
                reason: reason.to_owned(),
                code,
            },
        }
    }

    /// The server's reason word, as Flux puts it in brackets; empty when there is none.
    pub fn status_reason(&self) -> &str {
        match self {
            Self::NotFound { .. } => "NotFound",
            Self::Conflict { causes, .. }
                if causes.iter().any(|cause| cause.reason == "FieldManagerConflict") =>
            {
                "FieldManagerConflict"
            }
            Self::Conflict { .. } => "Conflict",
            Self::Invalid { .. } => "Invalid",
            Self::Forbidden { .. } => "Forbidden",
            Self::AlreadyExists { .. } => "AlreadyExists",
            Self::Unauthorized { .. } => "Unauthorized",
            Self::TooManyRequests { .. } => "TooManyRequests",
            Self::Timeout { .. } => "Timeout",
            Self::Expired { .. } => "Expired",
            Self::NoMatch { .. } | Self::Unreachable { .. } => "",
            Self::Other { reason, .. } => reason,
        }
    }

    /// Whether the object is known not to exist; a kind that may exist after all does not count.
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. } | Self::NoMatch { uncertain: false, .. }
        )
    }

    /// Whether the same request may work later without any change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TooManyRequests { .. }
            | Self::Timeout { .. }
            | Self::Unreachable { .. }
            | Self::Expired { .. } => true,
            Self::Other { code, .. } => *code >= 500,
            _ => false,
        }
    }

    /// The same error with every Secret value of the object masked; other kinds pass through.
    #[must_use]
    pub fn masked(self, object: &Object) -> Self {
        if !mask::is_secret(object) {
            return self;
        }
        let values = mask::values(object);
        self.map_texts(&|text| mask::mask(text, &values))
    }

    fn map_texts(mut self, change: &dyn Fn(&str) -> String) -> Self {
        match &mut self {
            Self::NotFound { message }
            | Self::Forbidden { message }
            | Self::AlreadyExists { message }
            | Self::Unauthorized { message }
            | Self::TooManyRequests { message, .. }
            | Self::Timeout { message }
            | Self::Expired { message }
            | Self::Unreachable { message }
            | Self::Other { message, .. } => *message = change(message),
            Self::Conflict { message, causes } | Self::Invalid { message, causes } => {
                *message = change(message);
                for cause in causes {
                    cause.message = change(&cause.message);
                }
            }
            Self::NoMatch { .. } => {}
        }
        self
    }
}

impl From<kube::Error> for ClusterError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from_status(&status),
            other => Self::Unreachable {
                message: chain(&other),
            },
        }
    }
}

/// The error with its causes; the client's own text often leaves the cause out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

fn causes(status: &Status) -> Vec<Cause> {
    let details = status.details.iter().flat_map(|details| &details.causes);
    details
        .map(|cause| Cause {
            reason: cause.reason.clone(),
            message: cause.message.clone(),
            field: cause.field.clone(),
        })
        .collect()
}

fn retry_after(status: &Status) -> u32 {
    status
        .details
        .as_ref()
        .map_or(0, |details| details.retry_after_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(reason: &str, code: u16) -> Status {
        serde_json::from_value(json!({"status": "Failure", "message": "m", "reason": reason, "code": code,
            "details": {"causes": [{"reason": "FieldManagerConflict", "message": "conflict with x", "field": ".spec"}],
            "retryAfterSeconds": 7}}))
        .expect("a status")
    }

    #[test]
    fn reasons_become_variants() {
        let of = |reason, code| ClusterError::from_status(&status(reason, code));
        assert!(matches!(of("NotFound", 404), ClusterError::NotFound { .. }));
        assert!(matches!(of("Invalid", 422), ClusterError::Invalid { causes, .. } if causes.len() == 1));
        assert!(matches!(
            of("TooManyRequests", 429),
            ClusterError::TooManyRequests {
                retry_after_seconds: 7,
                ..
            }
        ));
        assert!(matches!(
            of("AlreadyExists", 409),
            ClusterError::AlreadyExists { .. }
        ));
        assert!(matches!(of("", 503), ClusterError::Other { code: 503, .. }));
        assert_eq!(of("Conflict", 409).status_reason(), "FieldManagerConflict");
        assert!(of("", 503).is_transient() && !of("Forbidden", 403).is_transient());
    }
}
