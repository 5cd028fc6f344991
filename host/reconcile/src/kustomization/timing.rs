//! The durations of a Kustomization's spec, checked when they are used.

use std::time::Duration;

use sluice_api::{GoDuration, KustomizationSpec};

const LEAST_TIMEOUT: Duration = Duration::from_secs(30);

/// Interval, retry interval and timeout, with Flux's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Time between two comparisons with the cluster.
    pub interval: Duration,
    /// Time after a failure.
    pub retry: Duration,
    /// Longest wait for health.
    pub timeout: Duration,
}

/// A duration of the spec cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {source}")]
pub struct TimingError {
    field: &'static str,
    source: sluice_api::duration::ParseDurationError,
}

impl Timing {
    /// Reads the spec: the retry interval defaults to the interval, the timeout to the interval less 30 s, never
    /// under 30 s.
    ///
    /// # Errors
    /// The first field that is no duration.
    pub fn of(spec: &KustomizationSpec) -> Result<Self, TimingError> {
        let read =
            |field, duration: &GoDuration| duration.get().map_err(|source| TimingError { field, source });
        let interval = read("spec.interval", &spec.interval)?;
        let retry = match &spec.retry_interval {
            Some(retry) => read("spec.retryInterval", retry)?,
            None => interval,
        };
        let timeout = match &spec.timeout {
            Some(timeout) => read("spec.timeout", timeout)?,
            None => interval.saturating_sub(LEAST_TIMEOUT),
        };
        Ok(Self {
            interval,
            retry,
            timeout: timeout.max(LEAST_TIMEOUT),
        })
    }
}

impl Timing {
    /// What is under way, as Flux words it.
    pub fn phase(&self, what: &str, revision: &str) -> String {
        let timeout = GoDuration::from(self.timeout);
        format!("{what} for revision {revision} with a timeout of {timeout}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(interval: &str, timeout: Option<&str>) -> KustomizationSpec {
        let mut spec =
            json!({"interval": interval, "prune": true, "sourceRef": {"kind": "GitRepository", "name": "r"}});
        if let Some(timeout) = timeout {
            spec["timeout"] = timeout.into();
        }
        serde_json::from_value(spec).expect("a spec")
    }

    /// Section 7, item 9: floor of 30 s, default interval - 30 s.
    #[test]
    fn timeout_has_a_floor_and_a_default() {
        let timeout = |interval, timeout| {
            Timing::of(&spec(interval, timeout))
                .expect("reads")
                .timeout
                .as_secs()
        };
        assert_eq!(timeout("10m", None), 570);
        assert_eq!(timeout("30s", None), 30);
        assert_eq!(timeout("10m", Some("5s")), 30);
        assert_eq!(timeout("10m", Some("2m")), 120);
    }

    /// CVE-2022-39272, K1: a malformed duration is an error of its object.
    #[test]
    fn a_malformed_duration_names_its_field() {
        let error = Timing::of(&spec("soon", None))
            .expect_err("no duration")
            .to_string();
        assert!(error.starts_with("spec.interval"), "{error}");
    }
}
