//! The second half of a pass: apply the objects, delete stale ones, wait for health.

use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use sluice_api::{GoDuration, Kustomization, ResourceInventory};
use sluice_apply::{
    Applied, ApplyOptions, Intent, IntentError, Owner, PruneOptions, diff_inventory, inventory, prune,
};
use sluice_cluster::ClusterError;
use sluice_cluster::kube::ResourceExt as _;
use sluice_cluster::kube::api::{Api, Patch, PatchParams};
use sluice_health::{HealthWatch, verdict};
use sluice_model::condition::reasons;
use sluice_model::{Inventory, InventoryEntry, Severity};

use super::failure::Failure;
use super::health::{self, Attempt, Waiting};
use super::pass::{Desired, Pass, WORTH_A_WRITE};
use super::tenant::Place;
use super::timing::Timing;
use super::{GROUP, MANAGER, STATUS_MANAGER};
use crate::expression;
use crate::feature::NO_FAIL_FAST;
use crate::metrics::Metrics;
use crate::worker::Outcome;

/// Writes the intended inventory into status before the first object is written, so that a crash forgets nothing.
/// When all objects are in the inventory already, nothing needs to be written.
struct StatusIntent {
    api: Api<Kustomization>,
    name: String,
    previous: Inventory,
    metrics: Metrics,
    recorded: Mutex<Option<Inventory>>,
}

#[async_trait]
impl Intent for StatusIntent {
    async fn record(&self, intended: &Inventory) -> Result<(), IntentError> {
        if diff_inventory(intended, &self.previous).is_empty() {
            return Ok(());
        }
        let body = json!({ "status": { "inventory": ResourceInventory::from(intended) } });
        let params = PatchParams {
            field_manager: Some(STATUS_MANAGER.into()),
            ..PatchParams::default()
        };
        let written = self
            .api
            .patch_status(&self.name, &params, &Patch::Merge(&body))
            .await;
        written.map_err(|error| IntentError(ClusterError::from(error).to_string()))?;
        self.metrics.status_written("Kustomization");
        *self.recorded.lock() = Some(intended.clone());
        Ok(())
    }
}

/// The owner that applied objects are labelled with.
pub(super) fn owner(object: &Kustomization) -> Owner {
    Owner {
        group_prefix: GROUP.into(),
        name: object.name_any(),
        namespace: object.namespace().unwrap_or_default(),
    }
}

impl Pass<'_> {
    /// Applies, prunes and waits.
    pub(super) async fn apply(&mut self, desired: Desired, timing: Timing) -> Result<Outcome, Failure> {
        let place = self.owner.place(&self.object).await?;
        let applied = match self.apply_objects(&place, &desired, timing).await {
            Ok(applied) => applied,
            Err(failure) => return Err(self.note_failure(&desired, failure)),
        };
        self.tell_changes(&applied.changes.log());
        self.tell_taken(&applied);
        let stale = diff_inventory(&self.inventory(), &applied.inventory);
        self.set_inventory(&applied.inventory);
        if self.object.spec.prune && !stale.is_empty() {
            match self.prune(&place, &stale, &applied.inventory).await {
                Ok(deleted) => self.tell_changes(&deleted),
                Err(failure) => return Err(self.note_failure(&desired, failure)),
            }
        }
        self.watch_drift(&place, &applied);
        self.settle(&place, &desired, &applied, timing).await
    }

    /// A failure after the objects were known stands in the history.
    fn note_failure(&mut self, desired: &Desired, failure: Failure) -> Failure {
        let attempt = self.attempted(desired, false);
        self.progress
            .remember(&attempt, self.started.elapsed(), failure.reason);
        failure
    }

    fn tell_changes(&self, log: &str) {
        if !log.is_empty() {
            self.tell(Severity::Info, reasons::PROGRESSING, log);
        }
    }

    async fn apply_objects(
        &mut self,
        place: &Place,
        desired: &Desired,
        timing: Timing,
    ) -> Result<Applied, Failure> {
        let options = self.apply_options(place)?;
        let intent = StatusIntent {
            api: self.owner.api(&self.work.key),
            name: self.object.name_any(),
            previous: options.previous.clone(),
            metrics: self.engine().metrics.clone(),
            recorded: Mutex::default(),
        };
        let phase = timing.phase("Detecting drift", &desired.artifact.revision);
        self.progress.working(&phase);
        let status = self.progress.status.clone();
        let objects = desired.rendering.manifests.objects.clone();
        let work = sluice_apply::apply(&place.cluster, objects, &options, &intent);
        let applied = self.writer.while_slow(work, WORTH_A_WRITE, &status).await;
        if let Some(recorded) = intent.recorded.into_inner() {
            self.writer.written.inventory = Some(ResourceInventory::from(&recorded));
            self.set_inventory(&recorded);
        }
        applied.map_err(|error| {
            self.set_inventory(&error.inventory);
            match error.failure {
                sluice_apply::Failure::Intent(_) => Failure::backoff(error.reason(), error.message()),
                _ => Failure::retry(error.reason(), error.message()),
            }
        })
    }

    fn apply_options(&self, place: &Place) -> Result<ApplyOptions, Failure> {
        let (spec, settings) = (&self.object.spec, &self.engine().options);
        let mut options = ApplyOptions::new(MANAGER, owner(&self.object), verdict);
        options.force = spec.force;
        options.concurrency = settings.concurrent_ssa;
        options.override_managers.clone_from(&settings.override_managers);
        options
            .custom_stage_kinds
            .clone_from(&settings.custom_stage_kinds);
        options.protected = self.owner.protected(place, &self.object);
        options.previous = self.inventory();
        options.ignore = super::ignore::rules(spec)
            .map_err(|error| Failure::retry(reasons::RECONCILIATION_FAILED, error.to_string()))?;
        if let Some(common) = &spec.common_metadata {
            options.common_labels = common.labels.clone().into_iter().collect();
            options.common_annotations = common.annotations.clone().into_iter().collect();
        }
        Ok(options)
    }

    fn set_inventory(&mut self, inventory: &Inventory) {
        self.progress.status.inventory = Some(ResourceInventory::from(inventory));
    }

    /// Deletes stale objects; those that the server kept stay in the inventory and are tried again.
    async fn prune(
        &mut self,
        place: &Place,
        stale: &[InventoryEntry],
        applied: &Inventory,
    ) -> Result<String, Failure> {
        let mut options = PruneOptions::new(owner(&self.object));
        options.protected = self.owner.protected(place, &self.object);
        let pruned = prune(&place.cluster, stale, &options).await;
        let kept: Vec<InventoryEntry> = pruned.failed.iter().map(|(entry, _)| entry.clone()).collect();
        self.set_inventory(&inventory::join(applied, &kept));
        match pruned.into_result() {
            Ok(changes) => Ok(changes.log()),
            Err(error) => Err(Failure::retry(error.reason(), error.to_string())),
        }
    }

    /// Waits for health where that is asked for, else the pass is done.
    async fn settle(
        &mut self,
        place: &Place,
        desired: &Desired,
        applied: &Applied,
        timing: Timing,
    ) -> Result<Outcome, Failure> {
        let attempt = self.attempted(desired, applied.changes.has_changes());
        if !health::is_asked_for(&self.object) {
            return self.finish(&attempt, false, timing).await;
        }
        let targets = health::targets(&self.object, &applied.changes.changes);
        let Some(targets) = targets else {
            return self.finish(&attempt, false, timing).await;
        };
        let rules = expression::health_rules(&self.object.spec.health_check_exprs)?;
        let owner = format!("Kustomization/{}", self.work.key);
        let watch = HealthWatch::start_with(&place.cluster, &place.hub, &owner, targets, rules);
        let target = (self.engine().queues.kustomizations.clone(), self.work.key.clone());
        let until = (
            timing.timeout,
            !self.engine().options.features.is_on(NO_FAIL_FAST),
        );
        let waiting = Waiting::start(watch, (attempt, self.started), until, target);
        if waiting.outcome().is_some() {
            return self.conclude(&waiting, timing).await;
        }
        let phase = timing.phase("Running health checks", &waiting.attempt.revision);
        self.progress.checking_health(&phase);
        self.writer.write(&self.progress.status).await?;
        self.owner.memory.set_waiting(&self.work.key, waiting);
        // a retry that an earlier pass asked for would begin the wait again, with the whole of its time
        self.engine().queues.kustomizations.unschedule(&self.work.key);
        Ok(Outcome::Settled)
    }

    /// A pass for a health signal alone: looks at the wait that an earlier pass began.
    pub(super) async fn look_at_health(&mut self, timing: Timing) -> Result<Outcome, Failure> {
        let Some(waiting) = self.owner.memory.take_waiting(&self.work.key) else {
            return Ok(Outcome::Settled);
        };
        if waiting.attempt.generation != self.generation() {
            // the newer spec is in the queue already
            return Ok(Outcome::Settled);
        }
        if waiting.outcome().is_none() {
            self.owner.memory.set_waiting(&self.work.key, waiting);
            return Ok(Outcome::Settled);
        }
        self.started = waiting.started;
        self.revisions = Some(waiting.attempt.revisions());
        self.conclude(&waiting, timing).await
    }

    async fn conclude(&mut self, waiting: &Waiting, timing: Timing) -> Result<Outcome, Failure> {
        let attempt = &waiting.attempt;
        if let Some(Err(error)) = waiting.outcome() {
            let took = self.started.elapsed();
            self.progress.remember(attempt, took, error.reason());
            return Err(Failure::retry(error.reason(), error.to_string()));
        }
        if attempt.tells_of_health() {
            let message = format!(
                "Health check passed in {}",
                GoDuration::from(rounded(self.started.elapsed()))
            );
            let reason = self.progress.ready_reason();
            self.tell(Severity::Info, &reason, &message);
        }
        self.finish(attempt, true, timing).await
    }

    /// Everything is applied, and healthy where that is asked for.
    async fn finish(
        &mut self,
        attempt: &Attempt,
        health_checked: bool,
        timing: Timing,
    ) -> Result<Outcome, Failure> {
        self.record_success(attempt, health_checked);
        self.write().await?;
        let next = self.remember(attempt.digest, timing);
        let took = GoDuration::from(rounded(self.started.elapsed()));
        let message = format!(
            "Reconciliation finished in {took}, next run in {}",
            GoDuration::from(timing.interval)
        );
        tracing::info!(revision = attempt.revision, "{message}");
        let reason = self.progress.ready_reason();
        self.owner
            .tell_commit_status(&self.object, &reason, &message, &attempt.revisions());
        Ok(Outcome::Next(next))
    }
}

/// To whole milliseconds, as people read them.
fn rounded(took: Duration) -> Duration {
    Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
