//! Brings a release to what is desired, step by step: looks at its state, decides, does the next step, and looks again.
//! Each sort of step is done at most once; after a remediation the next pass decides anew (Flux, `AtomicRelease`).

mod end;
mod keep;
mod look;

use std::time::Duration;

use sluice_api::helm_release::ReleaseAction;
use sluice_api::{GoDuration, condition};
use sluice_model::condition::types;
use sluice_release::{Records as _, State, Storage, Target, Wanted, determine};
use tokio::sync::watch;

use self::end::Stop;
use self::keep::Kept;
use super::MANAGER;
use super::decide::{End, Known, Sort, Step, decide};
use super::drift::Drift;
use super::pass::{Desired, Pass};
use super::resources::ReleaseResources;
use super::spec::{self, Remediation, Timing};
use super::wait::{Trigger, Waits};
use crate::worker::Outcome;

/// A release on its way to what is desired.
pub(super) struct Atomic {
    pub(super) pass: Pass,
    pub(super) desired: Desired,
    pub(super) timing: Timing,
    pub(super) cancel: watch::Receiver<Trigger>,
    /// Number of the latest stored revision; 0 when there is none.
    pub(super) latest: u32,
    pub(super) drift: Drift,
    /// The values of the release that stands, where they are kept.
    pub(super) kept: Option<Kept>,
    done: Vec<Sort>,
}

impl Atomic {
    pub(super) fn new(pass: Pass, desired: Desired, timing: Timing) -> Self {
        let (_, cancel) = watch::channel(None);
        Self {
            pass,
            desired,
            timing,
            cancel,
            latest: 0,
            drift: Drift::default(),
            kept: None,
            done: Vec::new(),
        }
    }

    /// Looks at the release; where there is something to do, that is done in a task of its own.
    pub(super) async fn begin(mut self) -> Outcome {
        let chart = &self.desired.chart;
        let progress = &mut self.pass.progress;
        progress.status.storage_namespace = Some(self.desired.identity.storage.clone());
        progress.attempt(&chart.version, &chart.config_digest, chart.oci_digest.as_ref());
        match self.next().await {
            Ok(step) => {
                let (shared, key) = (self.pass.shared.clone(), self.pass.key.clone());
                shared.spawn(&key, |cancel| {
                    self.cancel = cancel;
                    self.go(step)
                })
            }
            Err(stop) => self.end(stop).await,
        }
    }

    async fn go(mut self, mut step: Step) -> Outcome {
        loop {
            if let Err(stop) = self.perform(step).await {
                return self.end(stop).await;
            }
            step = match self.next().await {
                Ok(step) => step,
                Err(stop) => return self.end(stop).await,
            };
        }
    }

    pub(super) fn storage(&self) -> Storage {
        Storage::new(
            &self.desired.place.cluster,
            &self.desired.identity.storage,
            MANAGER,
        )
    }

    /// The next step by the state of the release.
    async fn next(&mut self) -> Result<Step, Stop> {
        let name = &self.desired.identity.name;
        let stored = self.storage().history(name).await;
        let stored = stored.map_err(|error| {
            self.unknown_state(&format!("failed to retrieve last release from storage: {error}"))
        })?;
        self.latest = stored.first().map_or(0, |latest| latest.version);
        self.keep_values(&stored).await?;
        let state = determine(stored.first(), &self.pass.progress.status.history, &self.wanted());
        let drifted = state == State::InSync && self.find_drift(stored.first()).await?;
        let forced = self.pass.progress.take_force();
        let known = Known {
            drifted,
            forced,
            retries: self.active_retry().is_some(),
            stored: &stored,
            state,
        };
        tracing::debug!(state = ?known.state, drifted, "state of the release");
        let decided = decide(&known, &self.pass.object.spec, &mut self.pass.progress.status);
        decided.map_err(|end| self.no_step(&end, drifted))
    }

    fn wanted(&self) -> Wanted {
        let (spec, status) = (&self.pass.object.spec, &self.pass.progress.status);
        let test = match spec::tests(spec) {
            false => Target::Untested,
            true if spec::ignores_failed_tests(spec, status) => Target::Ignored,
            true => Target::Tested,
        };
        let chart = &self.desired.chart;
        let kept = self.kept.as_ref().and_then(|kept| kept.digest.clone());
        Wanted {
            chart_name: chart.name.clone(),
            chart_version: chart.version.clone(),
            config_digest: kept.unwrap_or_else(|| chart.config_digest.clone()),
            changed_since: self.pass.progress.changed_since(),
            test,
        }
    }

    pub(super) fn active_retry(&self) -> Option<Duration> {
        self.timing.active_retry(&self.pass.progress.status)
    }

    fn unknown_state(&mut self, why: &str) -> Stop {
        let mut conditions = self.pass.progress.conditions();
        let text = format!("Could not determine release state: {why}");
        conditions.mark_false(types::READY, "StateError", &text);
        Stop::Failed(format!("cannot determine release state: {why}"))
    }

    /// What it means that there is no next step.
    fn no_step(&mut self, end: &End, drifted: bool) -> Stop {
        let stalled = match end {
            End::InSync => {
                self.in_sync(drifted);
                return Stop::Done;
            }
            End::Unknown(status) => {
                let why = format!("unable to determine state for release with status '{}'", status.as_str());
                return self.unknown_state(&why);
            }
            End::RetriesExceeded => ("RetriesExceeded", self.retries_exceeded()),
            End::NoRollbackTarget => (
                "MissingRollbackTarget",
                "Failed to perform remediation: missing target release for rollback: cannot remediate failed release".to_owned(),
            ),
        };
        self.pass.progress.gave_up(stalled.0, &stalled.1);
        Stop::Stalled
    }

    fn retries_exceeded(&self) -> String {
        let status = &self.pass.progress.status;
        let action = status
            .last_attempted_release_action
            .as_ref()
            .map_or("release", ReleaseAction::as_str);
        let failures = Remediation::active(&self.pass.object.spec, status).map_or(0, |it| it.failures);
        format!("Failed to {action} after {failures} attempt(s)")
    }

    /// The objects of the release as an action handles them.
    pub(super) fn resources(&self, take_ownership: bool, force: bool) -> ReleaseResources {
        let (engine, key) = (&self.pass.shared.engine, &self.pass.key);
        ReleaseResources {
            waits: Waits {
                place: self.desired.place.clone(),
                owner: format!("HelmRelease/{key}"),
                cancel: self.cancel.clone(),
            },
            identity: self.desired.identity.clone(),
            key: key.clone(),
            rules: self.desired.rules.clone(),
            protected: engine.protected(&self.desired.place, &key.namespace),
            ignore: sluice_apply::IgnoreRules::default(),
            take_ownership,
            force,
            concurrency: engine.options.concurrent_ssa,
            override_managers: engine.options.override_managers.clone(),
        }
    }

    fn timeout(&self, step: &Step) -> Duration {
        match step {
            Step::Install => self.timing.install,
            Step::Upgrade => self.timing.upgrade,
            Step::Test => self.timing.test,
            Step::Rollback(_) => self.timing.rollback,
            Step::Uninstall | Step::EndUninstall => self.timing.uninstall,
            Step::Unlock(_) | Step::Correct => self.timing.timeout,
        }
    }

    async fn perform(&mut self, step: Step) -> Result<(), Stop> {
        let sort = step.sort();
        if self.done.contains(&sort) {
            return Err(self.wait_for_next_pass());
        }
        let timeout = self.timeout(&step);
        self.pass
            .progress
            .acting(step.name(), timeout, sort == Sort::Release);
        self.pass.write().await.map_err(Stop::Failed)?;
        tracing::info!(
            "running '{}' action with timeout of {}",
            step.name(),
            GoDuration::from(timeout)
        );
        if let Err(error) = self.act(step).await {
            return Err(self.failed(error));
        }
        if let Some(trigger) = self.canceled() {
            return Err(Stop::Canceled(trigger));
        }
        if sort == Sort::Remediate {
            return Err(self.after_remediation());
        }
        self.done.push(sort);
        self.pass.write().await.map_err(Stop::Failed)
    }

    /// What asked for the end of the wait.
    pub(super) fn canceled(&self) -> Option<String> {
        self.cancel.borrow().clone()
    }

    fn failed(&mut self, error: String) -> Stop {
        if let Some(trigger) = self.canceled() {
            return Stop::Canceled(trigger);
        }
        if let Some(after) = self.active_retry() {
            tracing::error!(error, "action failed");
            return Stop::RetryAfter(after);
        }
        if condition::is_true(&self.pass.progress.status.conditions, types::READY) {
            let mut conditions = self.pass.progress.conditions();
            conditions.mark_false(types::READY, "ReconcileError", &error);
        }
        Stop::Failed(error)
    }
}
