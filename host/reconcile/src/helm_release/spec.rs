//! What the spec of a HelmRelease says, with Flux's defaults.

use std::time::Duration;

use sluice_api::helm_action::{ActionStrategyName, RemediationStrategy};
use sluice_api::helm_release::{DriftDetectionMode, ReleaseAction};
use sluice_api::{GoDuration, HelmRelease, HelmReleaseSpec, HelmReleaseStatus};
use sluice_cluster::kube::ResourceExt as _;
use sluice_release::action::TestFilter;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
const DEFAULT_RETRY: Duration = Duration::from_secs(300);
const DEFAULT_HISTORY: usize = 5;

/// A duration of the spec cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {source}")]
pub(super) struct DurationError {
    field: &'static str,
    source: sluice_api::duration::ParseDurationError,
}

/// The durations of a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timing {
    /// Time between two passes.
    pub(super) interval: Duration,
    /// Of what has no timeout of its own.
    pub(super) timeout: Duration,
    /// Of an installation.
    pub(super) install: Duration,
    /// Of an upgrade.
    pub(super) upgrade: Duration,
    /// Of tests.
    pub(super) test: Duration,
    /// Of a rollback.
    pub(super) rollback: Duration,
    /// Of an uninstallation.
    pub(super) uninstall: Duration,
    /// Before a failed installation is tried again, where that is the strategy.
    pub(super) install_retry: Option<Duration>,
    /// Before a failed upgrade is tried again, where that is the strategy.
    pub(super) upgrade_retry: Option<Duration>,
}

fn read(
    field: &'static str,
    duration: Option<&GoDuration>,
    default: Duration,
) -> Result<Duration, DurationError> {
    match duration {
        Some(duration) => duration.get().map_err(|source| DurationError { field, source }),
        None => Ok(default),
    }
}

impl Timing {
    /// Reads the spec. `retry` is the operator's default where a spec names no strategy.
    pub(super) fn of(spec: &HelmReleaseSpec, retry: bool) -> Result<Self, DurationError> {
        let timeout = read("spec.timeout", spec.timeout.as_ref(), DEFAULT_TIMEOUT)?;
        let (install, upgrade) = (spec.install.as_ref(), spec.upgrade.as_ref());
        let install_strategy = install.and_then(|it| it.strategy.as_ref());
        let upgrade_strategy = upgrade.and_then(|it| it.strategy.as_ref());
        let of_install = install_strategy.map(|it| (&it.name, it.retry_interval.as_ref()));
        let of_upgrade = upgrade_strategy.map(|it| (&it.name, it.retry_interval.as_ref()));
        let field = |field, duration| read(field, duration, timeout);
        Ok(Self {
            interval: read("spec.interval", Some(&spec.interval), DEFAULT_TIMEOUT)?,
            timeout,
            install: field("spec.install.timeout", install.and_then(|it| it.timeout.as_ref()))?,
            upgrade: field("spec.upgrade.timeout", upgrade.and_then(|it| it.timeout.as_ref()))?,
            test: field(
                "spec.test.timeout",
                spec.test.as_ref().and_then(|it| it.timeout.as_ref()),
            )?,
            rollback: field(
                "spec.rollback.timeout",
                spec.rollback.as_ref().and_then(|it| it.timeout.as_ref()),
            )?,
            uninstall: field(
                "spec.uninstall.timeout",
                spec.uninstall.as_ref().and_then(|it| it.timeout.as_ref()),
            )?,
            install_retry: retry_interval("spec.install.strategy.retryInterval", of_install, retry)?,
            upgrade_retry: retry_interval("spec.upgrade.strategy.retryInterval", of_upgrade, retry)?,
        })
    }

    /// Before the action that was tried last is tried again without a remediation; none where failures are remediated.
    pub(super) fn active_retry(&self, status: &HelmReleaseStatus) -> Option<Duration> {
        match status.last_attempted_release_action.as_ref()? {
            ReleaseAction::Install => self.install_retry,
            ReleaseAction::Upgrade => self.upgrade_retry,
            _ => None,
        }
    }
}

fn retry_interval(
    field: &'static str,
    strategy: Option<(&ActionStrategyName, Option<&GoDuration>)>,
    default: bool,
) -> Result<Option<Duration>, DurationError> {
    match strategy {
        Some((ActionStrategyName::RetryOnFailure, interval)) => {
            read(field, interval, DEFAULT_RETRY).map(Some)
        }
        None if default => Ok(Some(DEFAULT_RETRY)),
        _ => Ok(None),
    }
}

/// What is done about failures of the action that was tried last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remediation {
    /// How often it is tried again; negative for without end.
    pub(super) retries: i64,
    /// Failed tests are no failure.
    pub(super) ignore_tests: bool,
    /// The last failure is remediated too.
    pub(super) remediate_last: bool,
    /// How.
    pub(super) strategy: RemediationStrategy,
    /// How often it failed so far.
    pub(super) failures: i64,
    /// Whether it is one of upgrades.
    pub(super) of_upgrade: bool,
}

impl Remediation {
    /// Of installations.
    pub(super) fn of_install(spec: &HelmReleaseSpec, status: &HelmReleaseStatus) -> Self {
        let said = spec.install.as_ref().and_then(|it| it.remediation.clone());
        let said = said.unwrap_or_default();
        Self {
            retries: said.retries.unwrap_or_default(),
            ignore_tests: said.ignore_test_failures.unwrap_or_else(|| ignores_tests(spec)),
            remediate_last: said.remediate_last_failure.unwrap_or_default(),
            strategy: RemediationStrategy::Uninstall,
            failures: status.install_failures.unwrap_or_default(),
            of_upgrade: false,
        }
    }

    /// Of upgrades.
    pub(super) fn of_upgrade(spec: &HelmReleaseSpec, status: &HelmReleaseStatus) -> Self {
        let said = spec.upgrade.as_ref().and_then(|it| it.remediation.clone());
        let said = said.unwrap_or_default();
        let retries = said.retries.unwrap_or_default();
        Self {
            retries,
            ignore_tests: said.ignore_test_failures.unwrap_or_else(|| ignores_tests(spec)),
            remediate_last: said.remediate_last_failure.unwrap_or(retries > 0),
            strategy: said.strategy.unwrap_or(RemediationStrategy::Rollback),
            failures: status.upgrade_failures.unwrap_or_default(),
            of_upgrade: true,
        }
    }

    /// Of the action that was tried last; none before the first.
    pub(super) fn active(spec: &HelmReleaseSpec, status: &HelmReleaseStatus) -> Option<Self> {
        match status.last_attempted_release_action.as_ref()? {
            ReleaseAction::Install => Some(Self::of_install(spec, status)),
            ReleaseAction::Upgrade => Some(Self::of_upgrade(spec, status)),
            _ => None,
        }
    }

    /// Whether it failed more often than it may be tried again.
    pub(super) fn is_exhausted(&self) -> bool {
        self.retries >= 0 && self.failures > self.retries
    }

    /// Whether a failed upgrade ends without a release, so that an installation follows.
    pub(super) fn is_uninstall_after_upgrade(&self) -> bool {
        self.of_upgrade && self.strategy == RemediationStrategy::Uninstall
    }
}

fn ignores_tests(spec: &HelmReleaseSpec) -> bool {
    let test = spec.test.as_ref();
    test.and_then(|test| test.ignore_failures).unwrap_or_default()
}

/// Whether failed tests count for the action that was tried last.
pub(super) fn ignores_failed_tests(spec: &HelmReleaseSpec, status: &HelmReleaseStatus) -> bool {
    Remediation::active(spec, status).map_or_else(|| ignores_tests(spec), |it| it.ignore_tests)
}

/// Whether values are not checked against schemas.
pub(super) fn skips_schema(spec: &HelmReleaseSpec, is_upgrade: bool) -> bool {
    let said = match is_upgrade {
        true => spec.upgrade.as_ref().and_then(|it| it.disable_schema_validation),
        false => spec.install.as_ref().and_then(|it| it.disable_schema_validation),
    };
    said == Some(true)
}

/// Whether releases are tested.
pub(super) fn tests(spec: &HelmReleaseSpec) -> bool {
    spec.test.as_ref().is_some_and(|test| test.enable == Some(true))
}

/// Whether tests decide on readiness.
pub(super) fn tests_count(spec: &HelmReleaseSpec) -> bool {
    tests(spec) && !ignores_tests(spec)
}

/// Which tests run.
pub(super) fn test_filters(spec: &HelmReleaseSpec) -> Vec<TestFilter> {
    let filters = spec.test.iter().flat_map(|test| &test.filters);
    let filter = |filter: &sluice_api::helm_action::TestFilter| TestFilter {
        name: filter.name.clone(),
        exclude: filter.exclude == Some(true),
    };
    filters.map(filter).collect()
}

/// What is done about objects that differ from their release; none for nothing.
pub(super) fn drift_mode(spec: &HelmReleaseSpec) -> Option<DriftDetectionMode> {
    let mode = spec.drift_detection.as_ref().and_then(|it| it.mode.clone());
    mode.filter(|mode| matches!(mode, DriftDetectionMode::Enabled | DriftDetectionMode::Warn))
}

/// How many revisions are kept; 0 for all.
pub(super) fn max_history(spec: &HelmReleaseSpec) -> usize {
    let most = spec
        .max_history
        .map(|most| usize::try_from(most).unwrap_or_default());
    most.unwrap_or(DEFAULT_HISTORY)
}

/// Where a release is and how it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// Name of the release.
    pub(super) name: String,
    /// Its namespace.
    pub(super) namespace: String,
    /// Namespace of its record.
    pub(super) storage: String,
}

impl Identity {
    /// That an object asks for.
    pub(super) fn of(object: &HelmRelease) -> Self {
        let own = object.namespace().unwrap_or_default();
        let or_own = |named: Option<&String>| match named.filter(|name| !name.is_empty()) {
            Some(named) => named.clone(),
            None => own.clone(),
        };
        let spec = &object.spec;
        Self {
            name: sluice_release::release_name(
                spec.release_name.as_deref(),
                spec.target_namespace.as_deref(),
                &object.name_any(),
            ),
            namespace: or_own(spec.target_namespace.as_ref()),
            storage: or_own(spec.storage_namespace.as_ref()),
        }
    }
}
