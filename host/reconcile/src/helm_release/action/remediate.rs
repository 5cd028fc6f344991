//! Tests of a release, and what is done when it failed: back to a revision, or away with it.

use sluice_api::helm_release::ReleaseSnapshot;
use sluice_model::Severity;
use sluice_release::action::{Ended, Settings, is_chosen};
use sluice_release::{Journal, config_digest, has_been_tested, observe, test_hooks};

use super::super::atomic::Atomic;
use super::super::spec::{self, Remediation};
use super::super::status::{REMEDIATED, TEST_SUCCESS, full_name, versioned_chart};
use super::super::tell::About;
use super::{actions, deletion, settings};

impl Atomic {
    pub(super) async fn test(&mut self) -> Result<(), String> {
        let Some(latest) = self.pass.progress.latest().cloned() else {
            return Err("no latest release: required for test".into());
        };
        let filters = spec::test_filters(&self.pass.object.spec);
        let (storage, resources) = (self.storage(), self.resources(true, false));
        let actions = actions(&storage, &resources, settings(self.timing.test, 0));
        let ended = actions.test(&latest.name, &filters).await;
        let mut result = ended.result.map_err(|error| error.to_string());
        match &ended.release {
            Some(release) if i64::from(release.version) == latest.version => {
                let action = latest.action.clone().unwrap_or_default();
                let mut tested = observe(release, &latest.config_digest, &action);
                tested.oci_digest.clone_from(&latest.oci_digest);
                tested.test_hooks = Some(test_hooks(release, |name| is_chosen(name, &filters)));
                self.pass.progress.status.history[0] = tested;
            }
            Some(release) => {
                result = Err(format!(
                    "release mismatch: tested release {}/{}.v{} != current release {}",
                    release.namespace,
                    release.name,
                    release.version,
                    full_name(&latest)
                ));
            }
            None => {}
        }
        let outcome = self.tested(result);
        self.pass.progress.summarize();
        outcome
    }

    fn tested(&mut self, result: Result<(), String>) -> Result<(), String> {
        let Some(latest) = self.pass.progress.latest().cloned() else {
            return Ok(());
        };
        let (release, chart) = (full_name(&latest), versioned_chart(&latest));
        let about = About::from(&latest);
        let Err(error) = result else {
            let hooks = match latest.test_hooks.as_ref().map_or(0, |hooks| hooks.len()) {
                0 => "no test hooks".to_owned(),
                1 => "1 test hook completed successfully".to_owned(),
                more => format!("{more} test hooks completed successfully"),
            };
            let text = format!("Helm test succeeded for release {release} with chart {chart}: {hooks}");
            let mut conditions = self.pass.progress.conditions();
            conditions.mark_true(TEST_SUCCESS, "TestSucceeded", &text);
            self.tell(Severity::Info, "TestSucceeded", &text, Some(&about));
            return Ok(());
        };
        let text = format!(
            "Helm test failed for release {release} with chart {chart}: {}",
            error.trim()
        );
        let has_run = has_been_tested(&latest);
        let progress = &mut self.pass.progress;
        progress.count_failure();
        progress
            .conditions()
            .mark_false(TEST_SUCCESS, "TestFailed", &text);
        let remediation = Remediation::active(&self.pass.object.spec, &progress.status);
        if let Some(remediation) = remediation.filter(|it| has_run && !it.ignore_tests) {
            let status = &mut progress.status;
            let count = match remediation.of_upgrade {
                true => &mut status.upgrade_failures,
                false => &mut status.install_failures,
            };
            *count.get_or_insert(0) += 1;
        }
        self.tell(Severity::Error, "TestFailed", &text, Some(&about));
        if has_run { Ok(()) } else { Err(text) }
    }

    pub(super) async fn roll_back(&mut self, target: ReleaseSnapshot) -> Result<(), String> {
        let spec = &self.pass.object.spec;
        let said = spec.rollback.clone().unwrap_or_default();
        let settings = Settings {
            wait: said.disable_wait != Some(true),
            wait_for_jobs: said.disable_wait_for_jobs != Some(true),
            hooks: said.disable_hooks != Some(true),
            cleanup_on_fail: said.cleanup_on_fail == Some(true),
            ..settings(self.timing.rollback, spec::max_history(spec))
        };
        let version = u32::try_from(target.version).unwrap_or_default();
        let (storage, resources) = (self.storage(), self.resources(true, said.force == Some(true)));
        let journal = Journal::default();
        let resources = journal.of(&resources);
        let ended = actions(&storage, &resources, settings)
            .rollback(&target.name, version)
            .await;
        if let Some(release) = &ended.release {
            self.record(release, "rollback", &[]).await;
        }
        let (release, chart) = (full_name(&target), versioned_chart(&target));
        let mut about = About::from(&target);
        about.set_config(&self.desired.chart);
        let head = format!("Helm rollback to previous release {release} with chart {chart}");
        self.end_remediation(ended, ("Rollback", &head), &about, &journal)
    }

    /// Tells how a remediation went. One that failed is an error of the pass only when it wrote nothing.
    fn end_remediation(
        &mut self,
        ended: Ended,
        (verb, head): (&str, &str),
        about: &About,
        journal: &Journal,
    ) -> Result<(), String> {
        let outcome = match ended.result {
            Ok(()) => {
                let (reason, text) = (format!("{verb}Succeeded"), format!("{head} succeeded"));
                self.pass
                    .progress
                    .conditions()
                    .mark_true(REMEDIATED, &reason, &text);
                self.tell(Severity::Info, &reason, &text, Some(about));
                Ok(())
            }
            Err(error) => {
                let error = self.desired.layers.mask(&error.to_string());
                let (reason, text) = (format!("{verb}Failed"), format!("{head} failed: {error}"));
                self.pass
                    .progress
                    .conditions()
                    .mark_false(REMEDIATED, &reason, &text);
                self.pass.progress.count_failure();
                let told = self.desired.layers.mask(&journal.tell(&text));
                self.tell(Severity::Error, &reason, &told, Some(about));
                if ended.release.is_some() {
                    Ok(())
                } else {
                    Err(text)
                }
            }
        };
        self.pass.progress.summarize();
        outcome
    }

    fn uninstall_settings(&self) -> Settings {
        let said = self.pass.object.spec.uninstall.as_ref();
        Settings {
            wait: said.and_then(|it| it.disable_wait) != Some(true),
            hooks: said.and_then(|it| it.disable_hooks) != Some(true),
            keep_history: said.and_then(|it| it.keep_history) == Some(true),
            deletion: deletion(said.map(|it| &it.deletion_propagation)),
            ..settings(self.timing.uninstall, 0)
        }
    }

    pub(super) async fn take_down(&mut self) -> Result<(), String> {
        let Some(latest) = self.pass.progress.latest().cloned() else {
            return Err("no latest release: required to uninstall".into());
        };
        let (storage, resources) = (self.storage(), self.resources(true, false));
        let journal = Journal::default();
        let resources = journal.of(&resources);
        let actions = actions(&storage, &resources, self.uninstall_settings());
        let ended = actions.uninstall(&latest.name).await;
        if let Some(release) = &ended.release {
            let mut snapshot = observe(release, &config_digest(&release.config), "uninstall-remediation");
            snapshot.oci_digest.clone_from(&latest.oci_digest);
            snapshot.test_hooks.clone_from(&latest.test_hooks);
            self.pass.progress.status.history[0] = snapshot;
        }
        let (release, chart) = (full_name(&latest), versioned_chart(&latest));
        let head = format!("Helm uninstall remediation for release {release} with chart {chart}");
        let about = About::from(&latest);
        if ended.result.is_ok() {
            self.pass.progress.status.inventory = None;
        }
        self.end_remediation(ended, ("Uninstall", &head), &about, &journal)
    }

    /// Ends an uninstallation that a process began and did not end.
    pub(super) async fn end_uninstall(&mut self) -> Result<(), String> {
        let (storage, resources) = (self.storage(), self.resources(true, false));
        let actions = actions(&storage, &resources, self.uninstall_settings());
        let ended = actions.uninstall(&self.desired.identity.name).await;
        if let (Ok(()), Some(release)) = (&ended.result, &ended.release) {
            let history = &mut self.pass.progress.status.history;
            if let Some(known) = history
                .iter_mut()
                .find(|it| it.version == i64::from(release.version))
            {
                *known = observe(release, &known.config_digest, "uninstall-remediation");
            }
        }
        ended.result.map_err(|error| error.to_string())
    }
}
