//! Uninstalls a release that is not wanted any more: its HelmRelease is deleted, or wants it elsewhere.

use sluice_api::HelmRelease;
use sluice_health::rules::BuiltIn;
use sluice_model::Severity;
use sluice_release::action::Settings;
use sluice_release::{Journal, Records as _, Release, Storage, config_digest, observe, read_manifest};
use std::sync::Arc;
use tokio::sync::watch;

use super::action::{actions, deletion, is_missing, settings};
use super::pass::Pass;
use super::resources::ReleaseResources;
use super::spec::{Identity, Timing};
use super::status::{RELEASED, full_name, versioned_chart};
use super::tell::About;
use super::wait::{Trigger, Waits};
use super::{GROUP, MANAGER};
use crate::key::ObjectKey;
use crate::tenant::Place;
use crate::worker::Outcome;

fn uninstall_settings(object: &HelmRelease, timing: &Timing) -> Settings {
    let said = object.spec.uninstall.as_ref();
    Settings {
        wait: said.and_then(|it| it.disable_wait) != Some(true),
        hooks: said.and_then(|it| it.disable_hooks) != Some(true),
        keep_history: said.and_then(|it| it.keep_history) == Some(true),
        deletion: deletion(said.map(|it| &it.deletion_propagation)),
        ..settings(timing.uninstall, 0)
    }
}

/// Whether a stored release was made for this HelmRelease: its objects say so.
fn is_made_for(release: &Release, key: &ObjectKey) -> bool {
    let objects = read_manifest(&release.manifest).unwrap_or_default();
    objects.iter().any(|object| {
        object.label(&format!("{GROUP}/name")) == Some(&key.name)
            && object.label(&format!("{GROUP}/namespace")) == Some(&key.namespace)
    })
}

impl Pass {
    /// The release that stands: the latest of the history, else one that was made and not noted before its process was
    /// killed.
    async fn standing(&self, storage: &Storage, namespace: &str) -> Result<Option<Identity>, String> {
        if let Some(latest) = self.progress.latest() {
            return Ok(Some(Identity {
                name: latest.name.clone(),
                namespace: latest.namespace.clone(),
                storage: namespace.to_owned(),
            }));
        }
        let wanted = Identity::of(&self.object);
        let stored = storage
            .history(&wanted.name)
            .await
            .map_err(|error| error.to_string())?;
        let is_ours = stored
            .first()
            .is_some_and(|release| is_made_for(release, &self.key));
        Ok(is_ours.then_some(wanted))
    }

    /// Uninstalls what stands of the release in status; nothing there is fine.
    pub(super) async fn uninstall(
        &mut self,
        place: &Place,
        timing: &Timing,
        cancel: watch::Receiver<Trigger>,
    ) -> Result<(), String> {
        let Some(namespace) = self.progress.status.storage_namespace.clone() else {
            return Ok(());
        };
        let storage = Storage::new(&place.cluster, &namespace, MANAGER);
        let Some(identity) = self.standing(&storage, &namespace).await? else {
            return Ok(());
        };
        let name = identity.name.clone();
        let engine = &self.shared.engine;
        let resources = ReleaseResources {
            waits: Waits {
                place: place.clone(),
                owner: format!("HelmRelease/{}", self.key),
                cancel,
            },
            identity,
            key: self.key.clone(),
            rules: Arc::new(BuiltIn),
            protected: engine.protected(place, &self.key.namespace),
            ignore: sluice_apply::IgnoreRules::default(),
            take_ownership: true,
            force: false,
            concurrency: engine.options.concurrent_ssa,
            override_managers: Vec::new(),
        };
        let settings = uninstall_settings(&self.object, timing);
        let journal = Journal::default();
        let resources = journal.of(&resources);
        let ended = actions(&storage, &resources, settings).uninstall(&name).await;
        self.shared.memory.end_drift_watch(&self.key);
        let outcome = match ended.result {
            Ok(()) => {
                self.uninstalled(ended.release.as_ref());
                Ok(())
            }
            Err(error) if is_missing(&error) => {
                let latest = self.progress.latest().map(full_name).unwrap_or_default();
                let text = format!("Release {latest} was not found, assuming it is uninstalled");
                self.progress
                    .conditions()
                    .mark_false(RELEASED, "UninstallSucceeded", &text);
                Ok(())
            }
            Err(error) => Err(self.not_uninstalled(&error.to_string(), &journal)),
        };
        self.progress.summarize();
        outcome
    }

    fn uninstalled(&mut self, release: Option<&Release>) {
        self.progress.status.inventory = None;
        let latest = release.map(|release| observe(release, &config_digest(&release.config), "uninstall"));
        let Some(latest) = latest else { return };
        let (release, chart) = (full_name(&latest), versioned_chart(&latest));
        let text = format!("Helm uninstall succeeded for release {release} with chart {chart}");
        self.progress
            .conditions()
            .mark_false(RELEASED, "UninstallSucceeded", &text);
        let about = About::from(&latest);
        self.shared.tell(
            &self.object,
            Severity::Info,
            ("UninstallSucceeded", &text),
            Some(&about),
        );
    }

    fn not_uninstalled(&mut self, error: &str, journal: &Journal) -> String {
        let latest = self.progress.latest().cloned();
        let release = latest.as_ref().map(full_name).unwrap_or_default();
        let chart = latest.as_ref().map(versioned_chart).unwrap_or_default();
        let text = format!("Helm uninstall failed for release {release} with chart {chart}: {error}");
        self.progress.count_failure();
        self.progress
            .conditions()
            .mark_false(RELEASED, "UninstallFailed", &text);
        let about = latest.as_ref().map(About::from);
        self.shared.tell(
            &self.object,
            Severity::Error,
            ("UninstallFailed", &journal.tell(&text)),
            about.as_ref(),
        );
        text
    }

    /// Uninstalls the release from where it was, in a task of its own; the next pass installs it where it is wanted.
    pub(super) fn leave_former_target(mut self, place: Place, timing: Timing) -> Outcome {
        tracing::info!("release target configuration changed: running uninstall for current release");
        let (shared, key) = (self.shared.clone(), self.key.clone());
        shared.spawn(&key, |cancel| async move {
            let soon = self.shared.engine.options.min_retry_delay;
            self.progress.acting("uninstall", timing.uninstall, false);
            if let Err(error) = self.write().await {
                return Outcome::Backoff(error);
            }
            let left = self.uninstall(&place, &timing, cancel).await;
            if left.is_ok() {
                self.progress.status.history.clear();
                self.progress.status.storage_namespace = None;
                self.progress.clear_failures();
            }
            match (left, self.write().await) {
                (Ok(()), Ok(())) => Outcome::RetryAfter(soon),
                (Err(error), _) | (_, Err(error)) => Outcome::Backoff(error),
            }
        })
    }
}
