//! One pass over a Kustomization: source, dependencies, render, apply, prune, health, status.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_api::{Kustomization, KustomizationStatus};
use sluice_model::condition::reasons;
use sluice_model::{Artifact, Inventory, Severity, Tree, TreeRead as _};
use sluice_render::Rendering;

use super::failure::Failure;
use super::health::{self, Attempt};
use super::memory::{Applied, is_check_due};
use super::status::Progress;
use super::tell::Revisions;
use super::timing::Timing;
use super::{KustomizationReconciler, config, decryption, dependency, source};
use crate::dependency::Terms;
use crate::engine::Engine;
use crate::expression;
use crate::feature::ADDITIVE_EXPRESSIONS;
use crate::interval::jittered;
use crate::queue::Work;
use crate::status::Writer;
use crate::worker::Outcome;

/// Annotation of OCI manifests with the commit that they were made of.
const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";
/// A phase that is over sooner is not worth a write of status.
pub(super) const WORTH_A_WRITE: Duration = Duration::from_secs(1);

/// One pass.
pub(super) struct Pass<'a> {
    pub(super) owner: &'a KustomizationReconciler,
    pub(super) object: Arc<Kustomization>,
    pub(super) work: &'a Work,
    pub(super) progress: Progress,
    pub(super) writer: Writer<Kustomization, KustomizationStatus>,
    pub(super) started: Instant,
    /// Of the source, once it is known.
    pub(super) revisions: Option<Revisions>,
}

/// What a pass is about to apply.
pub(super) struct Desired {
    pub(super) artifact: Artifact,
    pub(super) rendering: Rendering,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        owner: &'a KustomizationReconciler,
        object: Arc<Kustomization>,
        work: &'a Work,
    ) -> Self {
        let progress = Progress::of(&object);
        let writer = owner.writer(&object);
        Self {
            owner,
            object,
            work,
            progress,
            writer,
            started: Instant::now(),
            revisions: None,
        }
    }

    pub(super) fn engine(&self) -> &'a Engine {
        &self.owner.engine
    }

    pub(super) fn generation(&self) -> i64 {
        self.object.metadata.generation.unwrap_or_default()
    }

    pub(super) async fn run(mut self) -> Outcome {
        let timing = match Timing::of(&self.object.spec) {
            Ok(timing) => timing,
            Err(error) => return self.end_stalled(reasons::FAILED, &error.to_string()).await,
        };
        match self.attempt(timing).await {
            Ok(outcome) => outcome,
            Err(failure) => self.end_failed(failure, timing).await,
        }
    }

    async fn attempt(&mut self, timing: Timing) -> Result<Outcome, Failure> {
        if self.is_for_the_wait() {
            return self.look_at_health(timing).await;
        }
        self.end_wait().await?;
        expression::health_rules(&self.object.spec.health_check_exprs)?;
        self.owner.follow_references(&self.work.key, &self.object);
        let artifact = self.source()?;
        self.check_dependencies(&artifact)?;
        let tree = self.fetch(&artifact, timing).await?;
        self.progress.status.last_attempted_revision = Some(artifact.revision.clone());
        let rendering = self.render(&artifact, tree, timing).await?;
        let rendering = self.post_build(rendering).await?;
        let desired = Desired { artifact, rendering };
        if let Some(next_check) = self.unchanged(&desired) {
            return self.end_unchanged(&desired, next_check).await;
        }
        if self.engine().queues.kustomizations.is_superseded(&self.work.key) {
            return Ok(self.give_way());
        }
        self.apply(desired, timing).await
    }

    /// A newer generation, revision or request waits: it takes over this pass's reasons.
    fn give_way(&self) -> Outcome {
        for reason in &self.work.reasons {
            self.engine()
                .queues
                .kustomizations
                .add(self.work.key.clone(), *reason);
        }
        Outcome::Settled
    }

    /// The artifact of the source.
    fn source(&mut self) -> Result<Artifact, Failure> {
        let engine = self.engine();
        let target = source::target(&self.object);
        source::check_access(&self.object, &target, &engine.options)?;
        let artifact = source::artifact(&engine.stores, &target, engine.options.requeue_dependency)?;
        self.revisions = Some(Revisions {
            revision: artifact.revision.clone(),
            origin: artifact.metadata.get(ORIGIN_REVISION).cloned(),
        });
        Ok(artifact)
    }

    /// The artifact, opened: from our own store, or from whoever serves it.
    async fn fetch(&mut self, artifact: &Artifact, timing: Timing) -> Result<Tree, Failure> {
        let engine = self.engine();
        let target = source::target(&self.object);
        let tree = if engine.stores_artifacts_of(&target.kind) {
            engine.open_tree(&target, artifact)?
        } else {
            self.progress
                .working(&timing.phase("Fetching manifests", &artifact.revision));
            let status = self.progress.status.clone();
            let fetched = engine.fetched.open(artifact);
            self.writer.while_slow(fetched, WORTH_A_WRITE, &status).await?
        };
        let root = config::root(&self.object.spec)?;
        if tree.entries(&root).is_err() {
            return Err(Failure::retry(
                reasons::ARTIFACT_FAILED,
                format!(
                    "kustomization path not found: {root:?} is no directory of revision {}",
                    artifact.revision
                ),
            ));
        }
        Ok(tree)
    }

    fn check_dependencies(&self, artifact: &Artifact) -> Result<(), Failure> {
        let target = source::target(&self.object);
        let store = &self.engine().stores.kustomizations;
        let options = &self.engine().options;
        let terms = Terms {
            additive: options.features.is_on(ADDITIVE_EXPRESSIONS),
            own_namespace: options.no_cross_namespace_refs,
        };
        let revision = &artifact.revision;
        dependency::check(store, &self.object, &target, revision, terms).map_err(Failure::from)
    }

    /// The final objects, from the memo where what the renderer read has not changed.
    async fn render(
        &mut self,
        artifact: &Artifact,
        tree: Tree,
        timing: Timing,
    ) -> Result<Rendering, Failure> {
        let engine = self.engine();
        let plugin = super::build::renderer(engine, &self.object)?;
        let mut input = super::build::input(&self.owner.engine, &plugin, &self.object, tree)?;
        input.decryptor = decryption::decryptor(engine, &self.object).await?;
        self.progress
            .working(&timing.phase("Building manifests", &artifact.revision));
        let rendered = engine.renderer.render(input);
        let status = self.progress.status.clone();
        let rendering = self.writer.while_slow(rendered, WORTH_A_WRITE, &status).await?;
        decryption::refuse_encrypted(&rendering.manifests)?;
        for warning in &rendering.warnings {
            tracing::info!(warning, "renderer warned");
        }
        Ok(rendering)
    }

    /// When the cluster is to be compared next, if these objects are the ones that were applied last and nothing
    /// makes a comparison due now.
    fn unchanged(&self, desired: &Desired) -> Option<tokio::time::Instant> {
        let applied = self.owner.memory.applied(&self.work.key)?;
        let same = applied.generation == self.generation()
            && applied.digest == desired.rendering.digest
            && !is_check_due(&self.work.reasons)
            && applied.next_check > tokio::time::Instant::now();
        same.then_some(applied.next_check)
    }

    async fn end_unchanged(
        &mut self,
        desired: &Desired,
        next_check: tokio::time::Instant,
    ) -> Result<Outcome, Failure> {
        let attempt = self.attempted(desired, false);
        self.record_success(&attempt, health::is_asked_for(&self.object));
        self.write().await?;
        tracing::info!(revision = attempt.revision, "nothing that was read has changed");
        Ok(Outcome::Next(
            next_check.saturating_duration_since(tokio::time::Instant::now()),
        ))
    }

    /// What this pass stands for.
    pub(super) fn attempted(&self, desired: &Desired, changed: bool) -> Attempt {
        Attempt {
            revision: desired.artifact.revision.clone(),
            origin_revision: desired.artifact.metadata.get(ORIGIN_REVISION).cloned(),
            generation: self.generation(),
            digest: desired.rendering.digest,
            changed,
            was_healthy: self.progress.was_healthy(),
            is_new_revision: self.progress.status.last_applied_revision.as_ref()
                != Some(&desired.artifact.revision),
        }
    }

    /// Sets the status of a success.
    pub(super) fn record_success(&mut self, attempt: &Attempt, health_checked: bool) {
        self.progress.applied(
            &attempt.revision,
            attempt.origin_revision.as_deref(),
            health_checked,
        );
        self.progress
            .remember(attempt, self.started.elapsed(), reasons::RECONCILIATION_SUCCEEDED);
    }

    /// Notes that these objects stand in the cluster, and when to compare next.
    pub(super) fn remember(&self, digest: sluice_model::Digest, timing: Timing) -> Duration {
        let next = jittered(timing.interval, self.engine().options.jitter_percent);
        let applied = Applied {
            generation: self.generation(),
            digest,
            next_check: tokio::time::Instant::now() + next,
        };
        self.owner.memory.set_applied(&self.work.key, applied);
        next
    }

    /// Writes the status as it stands, with the request answered.
    pub(super) async fn write(&mut self) -> Result<(), Failure> {
        self.progress.handled();
        Ok(self.writer.write(&self.progress.status).await?)
    }

    /// The inventory in status.
    pub(super) fn inventory(&self) -> Inventory {
        self.object
            .status
            .as_ref()
            .and_then(|status| status.inventory.as_ref())
            .map(Inventory::from)
            .unwrap_or_default()
    }

    async fn end_stalled(&mut self, reason: &'static str, message: &str) -> Outcome {
        self.progress.stalled(reason, message);
        self.tell(Severity::Error, reason, message);
        // what an earlier pass scheduled would only stall again
        self.engine().queues.kustomizations.unschedule(&self.work.key);
        match self.write().await {
            Ok(()) => Outcome::Settled,
            Err(failure) => Outcome::Backoff(failure.message),
        }
    }

    async fn end_failed(&mut self, failure: Failure, timing: Timing) -> Outcome {
        self.owner.memory.distrust(&self.work.key);
        if failure.is_stalling() {
            return self.end_stalled(failure.reason, &failure.message).await;
        }
        tracing::error!(
            error = failure.message,
            reason = failure.reason,
            "reconciliation failed"
        );
        self.progress.failed(failure.reason, &failure.message);
        let severity = if failure.is_waiting() {
            Severity::Info
        } else {
            Severity::Error
        };
        if let Some(text) = failure.event(self.engine().options.requeue_dependency) {
            self.tell(severity, failure.reason, &text);
        }
        if let Err(error) = self.write().await {
            return Outcome::Backoff(error.message);
        }
        if failure.backs_off() {
            return Outcome::Backoff(failure.message);
        }
        Outcome::RetryAfter(failure.wait(timing.retry, self.engine().options.requeue_dependency))
    }
}
