//! Objects did not become healthy; texts are Flux's.

use sluice_model::Health;
use sluice_model::condition::reasons;

use crate::wait::Finding;

/// A health check failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HealthError {
    /// Some objects will not become healthy by themselves.
    #[error("failed early due to stalled resources: [{}]", list(.failed))]
    Stalled {
        /// Those objects.
        failed: Vec<Finding>,
    },
    /// The owner's time for the check is over.
    #[error("timeout waiting for: [{}]", list(.unhealthy))]
    Timeout {
        /// Whatever is not Current.
        unhealthy: Vec<Finding>,
    },
}

impl HealthError {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        reasons::HEALTH_CHECK_FAILED
    }
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn text(finding: &Finding) -> String {
    let subject = finding.id.subject();
    match &finding.verdict {
        None => format!("can't determine status for {subject}"),
        Some(verdict) if verdict.health == Health::Unknown && !verdict.message.is_empty() => {
            format!(
                "{subject} status: '{}': {}",
                verdict.health.as_str(),
                verdict.message
            )
        }
        Some(verdict) => format!("{subject} status: '{}'", verdict.health.as_str()),
    }
}
