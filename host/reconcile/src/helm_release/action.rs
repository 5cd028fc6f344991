//! Does one step to a release and brings what became of it into status: history, conditions, counters, events.

mod draft;
mod remediate;

use std::time::Instant;

use sluice_api::helm_action::DeletionPropagation;
use sluice_api::helm_release::ReleaseAction;
use sluice_api::{GoDuration, ResourceInventory};
use sluice_cluster::k8s_openapi::jiff::Timestamp;
use sluice_model::condition::reasons;
use sluice_model::{Object, Severity};
use sluice_release::action::{ActionError, Actions, Ended, Settings};
use sluice_release::{Deletion, Journal, Records, Release, Resources, config_digest, observe};

use super::atomic::Atomic;
use super::decide::Step;
use super::spec;
use super::status::{RELEASED, REMEDIATED, TEST_SUCCESS, full_name, versioned_chart};
use super::tell::About;
use super::{drift, inventory};

/// The clock of stored releases.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Carries out actions with these settings.
pub(super) fn actions<'a>(
    records: &'a dyn Records,
    resources: &'a dyn Resources,
    settings: Settings,
) -> Actions<'a> {
    Actions {
        records,
        resources,
        clock: &now,
        settings,
    }
}

/// Waits for everything, runs hooks, keeps what is there.
pub(super) fn settings(timeout: std::time::Duration, max_history: usize) -> Settings {
    Settings {
        timeout,
        wait: true,
        wait_for_jobs: true,
        hooks: true,
        cleanup_on_fail: false,
        max_history,
        keep_history: false,
        deletion: Deletion::Background,
    }
}

/// How the objects of a release are deleted.
pub(super) fn deletion(said: Option<&DeletionPropagation>) -> Deletion {
    match said {
        Some(DeletionPropagation::Foreground) => Deletion::Foreground,
        Some(DeletionPropagation::Orphan) => Deletion::Orphan,
        _ => Deletion::Background,
    }
}

impl Atomic {
    /// Does a step. A failure that is in the release's record is in the conditions and no error; an error is tried again.
    pub(super) async fn act(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Install => self.make(false).await,
            Step::Upgrade => self.make(true).await,
            Step::Test => self.test().await,
            Step::Unlock(pending) => self.unlock(*pending).await,
            Step::Correct => self.correct().await,
            Step::Rollback(target) => self.roll_back(*target).await,
            Step::Uninstall => self.take_down().await,
            Step::EndUninstall => self.end_uninstall().await,
        }
    }

    fn settings_of(&self, upgrade: bool) -> Settings {
        let spec = &self.pass.object.spec;
        let most = spec::max_history(spec);
        if upgrade {
            let said = spec.upgrade.as_ref();
            let is = |flag: fn(&sluice_api::helm_action::Upgrade) -> Option<bool>| {
                said.and_then(flag) == Some(true)
            };
            return Settings {
                wait: !is(|it| it.disable_wait),
                wait_for_jobs: !is(|it| it.disable_wait_for_jobs),
                hooks: !is(|it| it.disable_hooks),
                cleanup_on_fail: is(|it| it.cleanup_on_fail),
                ..settings(self.timing.upgrade, most)
            };
        }
        let said = spec.install.as_ref();
        let is =
            |flag: fn(&sluice_api::helm_action::Install) -> Option<bool>| said.and_then(flag) == Some(true);
        Settings {
            wait: !is(|it| it.disable_wait),
            wait_for_jobs: !is(|it| it.disable_wait_for_jobs),
            hooks: !is(|it| it.disable_hooks),
            ..settings(self.timing.install, most)
        }
    }

    /// Installs or upgrades.
    async fn make(&mut self, upgrade: bool) -> Result<(), String> {
        let (action, name) = match upgrade {
            true => (ReleaseAction::Upgrade, "upgrade"),
            false => (ReleaseAction::Install, "install"),
        };
        let progress = &mut self.pass.progress;
        progress.status.last_attempted_release_action = Some(action);
        if !upgrade {
            progress.status.history.clear();
        }
        let mut conditions = progress.conditions();
        conditions.delete(TEST_SUCCESS);
        conditions.delete(REMEDIATED);
        let started = Instant::now();
        let journal = Journal::default();
        let (ended, crds) = self.try_make(upgrade, &journal).await;
        self.pass.progress.status.last_attempted_release_action_duration =
            Some(GoDuration::from(started.elapsed()));
        let result = match ended {
            Ok(ended) => {
                if let Some(release) = &ended.release {
                    self.record(release, name, &crds).await;
                }
                ended
                    .result
                    .map_err(|error| (error.to_string(), ended.release.is_some()))
            }
            Err(error) => Err((error, false)),
        };
        let outcome = match result {
            Ok(()) => {
                self.made(upgrade);
                Ok(())
            }
            Err((error, stored)) => self.not_made(upgrade, &error, stored, &journal),
        };
        self.pass.progress.summarize();
        outcome
    }

    async fn try_make(&mut self, upgrade: bool, journal: &Journal) -> (Result<Ended, String>, Vec<Object>) {
        let (draft, crds) = match self.draft(upgrade).await {
            Ok(made) => made,
            Err(error) => return (Err(error), Vec::new()),
        };
        let spec = &self.pass.object.spec;
        let takes = match upgrade {
            true => spec.upgrade.as_ref().and_then(|it| it.disable_take_ownership),
            false => spec.install.as_ref().and_then(|it| it.disable_take_ownership),
        };
        let force = upgrade && spec.upgrade.as_ref().and_then(|it| it.force) == Some(true);
        let resources = self.resources(takes != Some(true), force);
        let (storage, resources) = (self.storage(), journal.of(&resources));
        let actions = actions(&storage, &resources, self.settings_of(upgrade));
        let ended = match upgrade {
            true => actions.upgrade(draft).await,
            false => actions.install(draft).await,
        };
        (Ok(ended), crds)
    }

    /// Puts a stored release at the front of the history, and looks again at what became of those before.
    pub(super) async fn record(&mut self, release: &Release, action: &str, crds: &[Object]) {
        let mut snapshot = observe(release, &config_digest(&release.config), action);
        snapshot.oci_digest.clone_from(&self.desired.chart.oci_digest);
        if action == "rollback" {
            let back = release
                .info
                .more
                .get("rollback_revision")
                .and_then(serde_json::Value::as_i64);
            let history = &self.pass.progress.status.history;
            let target = history.iter().find(|it| Some(it.version) == back);
            snapshot.oci_digest = target.and_then(|it| it.oci_digest.clone());
        }
        let stored = self.storage().history(&release.name).await.unwrap_or_default();
        let history = &mut self.pass.progress.status.history;
        history.retain(|it| it.version != snapshot.version);
        for known in history.iter_mut() {
            let now = stored.iter().find(|it| i64::from(it.version) == known.version);
            let superseded =
                now.filter(|it| known.status == "deployed" && it.info.status.as_str() != known.status);
            if let Some(now) = superseded {
                let action = known.action.clone().unwrap_or_default();
                let mut again = observe(now, &known.config_digest, &action);
                again.oci_digest = known.oci_digest.take();
                again.test_hooks = known.test_hooks.take();
                *known = again;
            }
        }
        history.insert(0, snapshot);
        match inventory::of(&self.desired.place.cluster, release, crds).await {
            Ok(inventory) => {
                let before = self.pass.progress.status.inventory.replace(inventory);
                if action == "rollback" {
                    self.keep_definitions(before);
                }
            }
            Err(error) => {
                let key = &self.pass.key;
                let text = format!("failed to build inventory for {key}: {error}");
                self.tell(Severity::Error, "InventoryBuildFailed", &text, None);
            }
        }
    }

    /// Definitions are never deleted: a rollback leaves those of the revision before.
    fn keep_definitions(&mut self, before: Option<ResourceInventory>) {
        let Some(now) = &mut self.pass.progress.status.inventory else {
            return;
        };
        for entry in before.into_iter().flat_map(|before| before.entries) {
            let is_definition = entry
                .id
                .ends_with("_apiextensions.k8s.io_CustomResourceDefinition");
            if is_definition && now.entries.iter().all(|known| known.id != entry.id) {
                now.entries.push(entry);
            }
        }
    }

    pub(super) fn tell(&self, severity: Severity, reason: &str, text: &str, about: Option<&About>) {
        self.pass
            .shared
            .tell(&self.pass.object, severity, (reason, text), about);
    }

    fn made(&mut self, upgrade: bool) {
        let Some(latest) = self.pass.progress.latest().cloned() else {
            return;
        };
        let (what, reason) = match upgrade {
            true => ("upgrade", "UpgradeSucceeded"),
            false => ("install", "InstallSucceeded"),
        };
        let (release, chart) = (full_name(&latest), versioned_chart(&latest));
        let text = format!("Helm {what} succeeded for release {release} with chart {chart}");
        let has_tests = spec::tests(&self.pass.object.spec) && !sluice_release::has_been_tested(&latest);
        let retries = self.active_retry().is_some();
        let progress = &mut self.pass.progress;
        let mut conditions = progress.conditions();
        conditions.mark_true(RELEASED, reason, &text);
        if has_tests {
            let pending = format!("Helm release {release} with chart {chart} is awaiting tests");
            conditions.mark_unknown(TEST_SUCCESS, "AwaitingTests", &pending);
        }
        if retries {
            progress.clear_failures();
        }
        self.tell(Severity::Info, reason, &text, Some(&About::from(&latest)));
    }

    /// A failure counts against the retries only when it is in the storage (section 7, item 2).
    fn not_made(
        &mut self,
        upgrade: bool,
        error: &str,
        stored: bool,
        journal: &Journal,
    ) -> Result<(), String> {
        let (what, reason) = match upgrade {
            true => ("upgrade", "UpgradeFailed"),
            false => ("install", "InstallFailed"),
        };
        let error = self.desired.layers.mask(error.trim());
        let (identity, chart) = (&self.desired.identity, &self.desired.chart);
        let text = format!(
            "Helm {what} failed for release {}/{} with chart {}@{}: {error}",
            identity.namespace, identity.name, chart.name, chart.version
        );
        let about = About::from(chart);
        let canceled = self.canceled().is_some();
        let progress = &mut self.pass.progress;
        progress.conditions().mark_false(RELEASED, reason, &text);
        if canceled {
            return Ok(());
        }
        progress.count_failure();
        if stored {
            let status = &mut progress.status;
            let count = match upgrade {
                true => &mut status.upgrade_failures,
                false => &mut status.install_failures,
            };
            *count.get_or_insert(0) += 1;
        }
        // names of objects may be made of values, too
        let told = self.desired.layers.mask(&journal.tell(&text));
        self.tell(Severity::Error, reason, &told, Some(&about));
        if stored { Ok(()) } else { Err(text) }
    }

    async fn unlock(&mut self, pending: Release) -> Result<(), String> {
        let (storage, resources) = (self.storage(), self.resources(true, false));
        let actions = actions(&storage, &resources, settings(self.timing.timeout, 0));
        let was = pending.info.status;
        let seen = observe(&pending, &config_digest(&pending.config), "");
        let (release, chart) = (full_name(&seen), versioned_chart(&seen));
        let unlocked = actions.unlock(pending).await;
        let (severity, text) = match &unlocked {
            Ok(release_now) => {
                let history = &mut self.pass.progress.status.history;
                if let Some(known) = history.iter_mut().find(|it| it.version == seen.version) {
                    let action = known.action.clone().unwrap_or_default();
                    *known = observe(release_now, &known.config_digest, &action);
                }
                let text = format!(
                    "Unlocked Helm release {release} with chart {chart} in {} state",
                    was.as_str()
                );
                (Severity::Info, text)
            }
            Err(error) => {
                self.pass.progress.count_failure();
                let was = was.as_str();
                let text = format!(
                    "Unlock of Helm release {release} with chart {chart} in {was} state failed: {error}"
                );
                (Severity::Error, text)
            }
        };
        self.pass
            .progress
            .conditions()
            .mark_false(RELEASED, "PendingRelease", &text);
        self.tell(severity, "PendingRelease", &text, Some(&About::from(&seen)));
        self.pass.progress.summarize();
        unlocked.map(drop).map_err(|error| error.to_string())
    }

    async fn correct(&mut self) -> Result<(), String> {
        let mut conditions = self.pass.progress.conditions();
        conditions.mark_unknown(
            sluice_model::condition::types::READY,
            reasons::PROGRESSING,
            "correcting cluster drift",
        );
        let ignore = drift::rules(&self.pass.object.spec).map_err(|error| error.to_string())?;
        let mut resources = self.resources(true, false);
        resources.ignore = ignore;
        let corrected = drift::correct(&resources, &self.drift).await;
        let latest = self.pass.progress.latest().cloned();
        let name = latest.as_ref().map(full_name).unwrap_or_default();
        let about = latest.as_ref().map(About::from);
        match corrected {
            Ok(()) => {
                let lines: Vec<String> = self
                    .drift
                    .objects
                    .iter()
                    .map(|object| {
                        let word = if self.drift.is_missing(object) {
                            "created"
                        } else {
                            "configured"
                        };
                        format!("{} {word}", object.id().subject())
                    })
                    .collect();
                let text = format!(
                    "Cluster state of release {name} has been corrected:\n{}",
                    lines.join("\n")
                );
                self.tell(Severity::Info, "DriftCorrected", &text, about.as_ref());
            }
            Err(error) => {
                let text = format!("Failed to correct cluster state of release {name}:\n{error}");
                self.tell(Severity::Error, "DriftCorrectionFailed", &text, about.as_ref());
            }
        }
        Ok(())
    }

    pub(super) fn tell_canceled(&mut self, trigger: &str) {
        let reason = reasons::HEALTH_CHECK_CANCELED;
        let message = format!("New reconciliation triggered by {trigger}");
        self.pass.progress.failed(reason, &message);
        let text = format!("Health checks canceled due to new reconciliation triggered by {trigger}");
        self.tell(Severity::Info, reason, &text, None);
    }
}

/// Whether an action found nothing to act on.
pub(super) fn is_missing(error: &ActionError) -> bool {
    matches!(error, ActionError::Missing { .. })
}
