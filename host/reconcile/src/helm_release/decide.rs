//! What is to be done about a release in a state. Decides; does nothing.

use sluice_api::helm_action::RemediationStrategy;
use sluice_api::helm_release::{DriftDetectionMode, ReleaseSnapshot};
use sluice_api::{HelmReleaseSpec, HelmReleaseStatus};
use sluice_release::{Release, State, Status, is_untouched, previous, truncate, truncate_to_latest};

use super::spec::{Remediation, ignores_failed_tests};

/// The next thing to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Mark a revision that nobody works on any more as failed.
    Unlock(Box<Release>),
    /// Make the first revision.
    Install,
    /// Make the next revision.
    Upgrade,
    /// Run the tests.
    Test,
    /// Put the cluster right.
    Correct,
    /// Go back to a revision.
    Rollback(Box<ReleaseSnapshot>),
    /// Take a failed release away.
    Uninstall,
    /// End an uninstallation that was cut off.
    EndUninstall,
}

/// What a step does to a release; of each sort one is made in a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Makes a revision.
    Release,
    /// Remediates a failed one.
    Remediate,
    /// Tests one.
    Test,
    /// Unlocks one.
    Unlock,
    /// Corrects the cluster.
    Correct,
}

impl Step {
    /// Its sort.
    pub(super) fn sort(&self) -> Sort {
        match self {
            Self::Unlock(_) | Self::EndUninstall => Sort::Unlock,
            Self::Install | Self::Upgrade => Sort::Release,
            Self::Test => Sort::Test,
            Self::Correct => Sort::Correct,
            Self::Rollback(_) | Self::Uninstall => Sort::Remediate,
        }
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Unlock(_) => "unlock",
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Test => "test",
            Self::Correct => "correct cluster drift",
            Self::Rollback(_) => "rollback",
            Self::Uninstall | Self::EndUninstall => "uninstall",
        }
    }
}

/// There is no next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The release is as it should be.
    InSync,
    /// It failed more often than it may be tried again.
    RetriesExceeded,
    /// There is no good revision to go back to.
    NoRollbackTarget,
    /// The record says what no action leads out of.
    Unknown(Status),
}

/// What is known of a release.
pub(super) struct Known<'a> {
    /// Its state.
    pub(super) state: State,
    /// Its stored revisions, the latest first.
    pub(super) stored: &'a [Release],
    /// Whether the cluster differs.
    pub(super) drifted: bool,
    /// A forced release was asked for.
    pub(super) forced: bool,
    /// Failures are tried again and not remediated.
    pub(super) retries: bool,
}

/// The next step; `status` is brought to what the state says of its history.
pub(super) fn decide(
    known: &Known<'_>,
    spec: &HelmReleaseSpec,
    status: &mut HelmReleaseStatus,
) -> Result<Step, End> {
    let forced = known.forced;
    match &known.state {
        State::InSync if known.drifted => {
            match spec.drift_detection.as_ref().and_then(|it| it.mode.clone()) {
                Some(DriftDetectionMode::Enabled) => Ok(Step::Correct),
                _ => Err(End::InSync),
            }
        }
        State::InSync => {
            if known.retries {
                truncate_to_latest(&mut status.history);
            } else {
                let ignore_tests = ignores_failed_tests(spec, status);
                truncate(&mut status.history, ignore_tests);
            }
            if forced {
                Ok(Step::Upgrade)
            } else {
                Err(End::InSync)
            }
        }
        State::Locked(_) => known.stored.first().map_or(Err(End::InSync), |pending| {
            Ok(Step::Unlock(Box::new(pending.clone())))
        }),
        State::Absent => {
            let is_over = Remediation::of_install(spec, status).is_exhausted() && !forced;
            if is_over {
                Err(End::RetriesExceeded)
            } else {
                Ok(Step::Install)
            }
        }
        State::Unmanaged(_) => {
            status.history.clear();
            Ok(Step::Upgrade)
        }
        State::OutOfSync(_) => {
            let is_over = Remediation::of_upgrade(spec, status).is_exhausted() && !forced;
            if is_over {
                Err(End::RetriesExceeded)
            } else {
                Ok(Step::Upgrade)
            }
        }
        State::Untested => Ok(Step::Test),
        State::Failed(_) => failed(known, spec, status),
        State::Undetermined(Status::Uninstalling) => Ok(Step::EndUninstall),
        State::Undetermined(other) => Err(End::Unknown(*other)),
    }
}

fn failed(known: &Known<'_>, spec: &HelmReleaseSpec, status: &mut HelmReleaseStatus) -> Result<Step, End> {
    if known.retries {
        truncate_to_latest(&mut status.history);
        return Ok(Step::Upgrade);
    }
    let Some(remediation) = Remediation::active(spec, status) else {
        return Ok(Step::Upgrade);
    };
    // without a counted failure the conditions under which it failed have changed
    if remediation.failures <= 0 || known.forced {
        return Ok(Step::Upgrade);
    }
    if remediation.is_exhausted() && !remediation.remediate_last {
        return Err(End::RetriesExceeded);
    }
    truncate(&mut status.history, remediation.ignore_tests);
    if remediation.strategy == RemediationStrategy::Uninstall {
        return Ok(Step::Uninstall);
    }
    let Some(target) = previous(&status.history, remediation.ignore_tests) else {
        return Err(End::NoRollbackTarget);
    };
    let stored = known
        .stored
        .iter()
        .find(|it| i64::from(it.version) == target.version);
    match stored {
        Some(stored) if is_untouched(target, stored) => Ok(Step::Rollback(Box::new(target.clone()))),
        // what was gone back to is not what was seen then
        _ => Ok(Step::Upgrade),
    }
}

#[cfg(test)]
mod tests;
