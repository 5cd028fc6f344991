//! Why there is no index or chart, with Flux's conditions and reasons.

use sluice_model::condition::{reasons, types};
use sluice_model::port::EndpointError;
use sluice_sandbox::{CallError, Failure, GuestError};

use super::verification::SignatureProblem;

/// Stages of a chart build, by the text that the plugin begins its failures with.
const STAGES: [(&str, &str, &str); 6] = [
    (
        "invalid chart reference",
        types::FETCH_FAILED,
        "InvalidChartReference",
    ),
    ("chart pull error", types::FETCH_FAILED, "ChartPullError"),
    (
        "chart metadata patch error",
        types::BUILD_FAILED,
        "MetadataPatchError",
    ),
    (
        "values files merge error",
        types::BUILD_FAILED,
        "ValuesFilesError",
    ),
    (
        "dependency build error",
        types::BUILD_FAILED,
        "DependencyBuildError",
    ),
    ("chart package error", types::BUILD_FAILED, "ChartPackageError"),
];
/// What the plugin begins with when an index is none.
const INDEXATION: &str = "failed to load Helm repository from index YAML";
/// Words of a refusal that is about credentials; Flux looks for such words, too.
const CREDENTIALS: [&str; 5] = [
    "status 401",
    "status 403",
    "credentials",
    "unauthorized",
    "the registry refused",
];

/// Why there is no index or chart.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HelmFetchError {
    /// A field of a spec cannot be used; only a change of spec helps.
    #[error("{field}: {problem}")]
    InvalidSpec {
        /// For example `spec.url`.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A field that this version does not serve; ignoring it would give another artifact than asked for.
    #[error("{field} is not served by this version of Sluice; the stored artifact stays")]
    Unserved {
        /// For example `spec.verify`.
        field: &'static str,
    },
    /// The repository's address or a Secret cannot be used.
    #[error("{0}")]
    Target(EndpointError),
    /// The plugin gave no index.
    #[error("{0}")]
    Index(CallError),
    /// The plugin gave no chart.
    #[error("{0}")]
    Chart(CallError),
    /// A dependency of a chart is not to be had.
    #[error("dependency build error: failed to add remote dependency '{name}': {problem}")]
    Dependency {
        /// Of the chart.
        name: String,
        /// Why.
        problem: String,
    },
    /// The signature of a chart does not count, or could not be looked for.
    #[error("chart verification error: failed to verify {chart}: {problem}")]
    Unverified {
        /// Its address and tag.
        chart: String,
        /// Why.
        problem: SignatureProblem,
    },
    /// The plugin's answer has another shape than it must have.
    #[error("plugin source-helm gave no artifact: {0}")]
    Output(String),
}

impl HelmFetchError {
    /// The condition that says where it failed.
    pub fn condition(&self) -> &'static str {
        match self {
            Self::Chart(error) => stage(error).map_or(types::FETCH_FAILED, |(_, condition, _)| condition),
            Self::Dependency { .. } | Self::Unverified { .. } => types::BUILD_FAILED,
            _ => types::FETCH_FAILED,
        }
    }

    /// The condition's reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSpec {
                field: "spec.url", ..
            } => "URLInvalid",
            Self::InvalidSpec { .. } => "InvalidSpec",
            Self::Unserved { .. } => reasons::FEATURE_GATE_DISABLED,
            Self::Target(EndpointError::Unauthorized(_)) => "AuthenticationFailed",
            Self::Target(EndpointError::Invalid(_) | EndpointError::Denied(_)) => "URLInvalid",
            Self::Target(_) => reasons::FAILED,
            Self::Index(error) => match &error.failure {
                Failure::Guest(_) if self.message().starts_with(INDEXATION) => "IndexationFailed",
                Failure::Guest(_) => reasons::FAILED,
                other => other.reason(),
            },
            Self::Chart(error) if is_about_credentials(error) => "AuthenticationFailed",
            Self::Chart(error) => match (&error.failure, stage(error)) {
                (_, Some((_, _, reason))) => reason,
                (Failure::Guest(_), None) => "Unknown",
                (other, None) => other.reason(),
            },
            Self::Dependency { .. } => "DependencyBuildError",
            Self::Unverified { .. } => "ChartVerificationError",
            Self::Output(_) => reasons::PLUGIN_INVALID,
        }
    }

    /// Whether only a change of spec (or of the source) helps. A Secret may be repaired without one.
    pub fn is_stalling(&self) -> bool {
        match self {
            Self::InvalidSpec { .. } | Self::Unserved { .. } => true,
            Self::Target(source) => matches!(source, EndpointError::Invalid(_)),
            Self::Index(error) | Self::Chart(error) => matches!(
                &error.failure,
                Failure::InvalidConfig(_) | Failure::Guest(GuestError::InvalidConfig(_))
            ),
            Self::Dependency { .. } | Self::Unverified { .. } | Self::Output(_) => false,
        }
    }

    /// The words for the condition: a plugin's own error without the frame around it.
    pub fn message(&self) -> String {
        match self {
            Self::InvalidSpec {
                field: "spec.url",
                problem,
            } => {
                format!("invalid Helm repository URL: {problem}")
            }
            Self::Index(CallError {
                failure: Failure::Guest(error),
                ..
            }) => {
                let text = error.to_string();
                if text.starts_with(INDEXATION) {
                    text
                } else {
                    format!("failed to fetch Helm repository index: {text}")
                }
            }
            Self::Chart(error) if is_about_credentials(error) => {
                format!("failed to authenticate with the Helm repository: {}", told(error))
            }
            Self::Chart(error) => told(error),
            other => other.to_string(),
        }
    }

    /// What the plugin wants to be brought before it can pack the chart.
    pub fn needs(&self) -> Option<&[String]> {
        match self {
            Self::Chart(CallError {
                failure: Failure::Guest(GuestError::NeedsInput(names)),
                ..
            }) => Some(names),
            _ => None,
        }
    }
}

fn told(error: &CallError) -> String {
    match &error.failure {
        Failure::Guest(guest) => guest.to_string(),
        _ => error.to_string(),
    }
}

fn stage(error: &CallError) -> Option<(&'static str, &'static str, &'static str)> {
    let Failure::Guest(guest) = &error.failure else {
        return None;
    };
    let text = guest.to_string();
    STAGES.into_iter().find(|(prefix, ..)| text.starts_with(prefix))
}

fn is_about_credentials(error: &CallError) -> bool {
    let Failure::Guest(GuestError::Denied(text)) = &error.failure else {
        return false;
    };
    let text = text.to_ascii_lowercase();
    CREDENTIALS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::Digest;

    fn chart(failure: GuestError) -> HelmFetchError {
        HelmFetchError::Chart(CallError {
            plugin: "source-helm".into(),
            digest: Digest::of(b""),
            function: "fetch",
            failure: Failure::Guest(failure),
        })
    }

    #[test]
    fn stages_have_fluxs_conditions_and_reasons() {
        let error = chart(GuestError::InvalidConfig(
            "invalid chart reference: no chart name found".into(),
        ));
        assert_eq!(
            (error.condition(), error.reason(), error.is_stalling()),
            ("FetchFailed", "InvalidChartReference", true)
        );
        let error = chart(GuestError::InvalidConfig("values files merge error: x".into()));
        assert_eq!(
            (error.condition(), error.reason(), error.is_stalling()),
            ("BuildFailed", "ValuesFilesError", true)
        );
        let error = chart(GuestError::Failed("chart package error: x".into()));
        assert_eq!(
            (error.condition(), error.reason(), error.is_stalling()),
            ("BuildFailed", "ChartPackageError", false)
        );
        let error = chart(GuestError::Denied(
            "chart pull error: endpoint answered with status 401".into(),
        ));
        assert_eq!(
            (error.condition(), error.reason()),
            ("FetchFailed", "AuthenticationFailed")
        );
        assert!(
            error
                .message()
                .starts_with("failed to authenticate with the Helm repository: chart pull error")
        );
        let error = chart(GuestError::Denied(
            "chart pull error: host refused by the egress policy".into(),
        ));
        assert_eq!(error.reason(), "ChartPullError");
        assert_eq!(
            chart(GuestError::NeedsInput(vec!["a".into()])).needs(),
            Some(&["a".to_owned()][..])
        );
    }
}
