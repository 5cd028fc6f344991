//! One pass over a HelmRelease: gathers source, values, chart and place; what is done with them is in [`super::atomic`].

use std::sync::Arc;

use sluice_api::{HelmRelease, HelmReleaseStatus};
use sluice_health::CustomRules;
use sluice_model::Artifact;
use sluice_model::condition::reasons;
use sluice_sandbox::Plugin;

use super::atomic::Atomic;
use super::chart::{self, Loaded};
use super::dependency;
use super::failure::Failure;
use super::spec::{Identity, Timing};
use super::status::Progress;
use super::values::{self, Layers};
use super::{Shared, source};
use crate::dependency::Terms;
use crate::expression;
use crate::feature::{ADDITIVE_EXPRESSIONS, DEFAULT_TO_RETRY, NO_CHART_DIGEST};
use crate::fetched::FetchError;
use crate::key::ObjectKey;
use crate::status::Writer;
use crate::tenant::{Place, PlaceError};
use crate::worker::Outcome;

/// A phase that is over sooner is not worth a write of status.
const WORTH_A_WRITE: std::time::Duration = std::time::Duration::from_secs(1);
/// How long a default plugin may take to be there after the start.
const START: std::time::Duration = std::time::Duration::from_secs(120);
/// Between two looks for it.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(250);

/// One pass.
pub(super) struct Pass {
    pub(super) shared: Arc<Shared>,
    pub(super) object: Arc<HelmRelease>,
    pub(super) key: ObjectKey,
    pub(super) progress: Progress,
    pub(super) writer: Writer<HelmRelease, HelmReleaseStatus>,
}

/// What a release is to be made of.
pub(super) struct Desired {
    pub(super) plugin: Arc<Plugin>,
    pub(super) artifact: Artifact,
    pub(super) layers: Layers,
    pub(super) chart: Loaded,
    pub(super) identity: Identity,
    pub(super) place: Place,
    pub(super) rules: Arc<dyn CustomRules>,
}

impl Pass {
    pub(super) fn new(shared: Arc<Shared>, object: Arc<HelmRelease>, key: ObjectKey) -> Self {
        Self {
            progress: Progress::of(&object),
            writer: shared.writer(&object),
            shared,
            object,
            key,
        }
    }

    pub(super) async fn run(mut self) -> Outcome {
        let engine = self.shared.engine.clone();
        if engine.plugins.get(chart::RENDERER).is_none() && self.shared.started.elapsed() < START {
            // it is loaded behind the start
            return Outcome::RetryAfter(LOOK_AGAIN);
        }
        let retry = engine.options.features.is_on(DEFAULT_TO_RETRY);
        let timing = match Timing::of(&self.object.spec, retry) {
            Ok(timing) => timing,
            Err(error) => {
                return self
                    .end_failed(Failure::stalled(reasons::FAILED, error.to_string()))
                    .await;
            }
        };
        match self.prepare().await {
            Ok(desired) => self.release(desired, timing).await,
            Err(failure) => self.end_failed(failure).await,
        }
    }

    /// Moves the release away from where it was, or brings it to what is desired.
    async fn release(self, desired: Desired, timing: Timing) -> Outcome {
        if self.is_moved(&desired) {
            return self.leave_former_target(desired.place, timing);
        }
        Atomic::new(self, desired, timing).begin().await
    }

    async fn prepare(&mut self) -> Result<Desired, Failure> {
        let shared = self.shared.clone();
        let object = self.object.clone();
        let rules = expression::health_rules(&object.spec.health_check_exprs)?;
        let known = self.progress.status.helm_chart.clone();
        self.progress.status.helm_chart = shared.keep_chart(&object, known.as_deref()).await?;
        self.progress.preparing();
        shared.follow_references(&self.key, &object);
        self.check_dependencies()?;
        let artifact = self.artifact()?;
        let layers = values::layers(&shared.engine.cluster, &self.key.namespace, &object.spec)
            .await
            .map_err(|error| Failure::retry("ValuesError", error.to_string()))?;
        let (plugin, chart) = self.chart(&artifact, &layers).await?;
        let place = shared
            .place(&self.key, &object)
            .await
            .map_err(|error| match error {
                PlaceError::Account(_) => Failure::stalled("RESTClientError", error.to_string()).quiet(),
                PlaceError::Remote(_) => Failure::retry("RESTClientError", error.to_string()).quiet(),
            })?;
        let identity = Identity::of(&object);
        self.check_conflict(&identity)?;
        self.progress.fulfilled();
        Ok(Desired {
            plugin,
            artifact,
            layers,
            chart,
            identity,
            place,
            rules,
        })
    }

    fn check_dependencies(&self) -> Result<(), Failure> {
        let options = &self.shared.engine.options;
        let terms = Terms {
            additive: options.features.is_on(ADDITIVE_EXPRESSIONS),
            own_namespace: options.no_cross_namespace_refs,
        };
        Ok(dependency::check(
            &self.shared.engine.stores.helm_releases,
            &self.object,
            terms,
        )?)
    }

    fn artifact(&self) -> Result<Artifact, Failure> {
        let engine = &self.shared.engine;
        let target = source::target(&self.object)
            .ok_or_else(|| Failure::stalled(reasons::FAILED, "invalid Chart reference"))?;
        source::check_access(&self.key.namespace, &target, &engine.options)?;
        source::artifact(engine, &target)
    }

    /// What the chart says of itself, read again only when the artifact or the values are others.
    async fn chart(
        &mut self,
        artifact: &Artifact,
        layers: &Layers,
    ) -> Result<(Arc<Plugin>, Loaded), Failure> {
        let engine = self.shared.engine.clone();
        let plugin = engine
            .plugin_for(chart::RENDERER, &self.key.namespace)
            .map_err(|error| Failure::retry(reasons::PLUGIN_UNAVAILABLE, error.to_string()))?;
        let tracked =
            source::target(&self.object).is_some_and(|target| source::tracks_digest(&target, artifact));
        let in_version = !engine.options.features.is_on(NO_CHART_DIGEST);
        let key = chart::key(artifact, layers, tracked && in_version, &plugin);
        if let Some(known) = self.shared.memory.loaded(&self.key, &key) {
            return Ok((plugin, known));
        }
        let call = chart::call(&engine, chart::RENDERER, &self.key);
        let status = self.progress.status.clone();
        let loading = async {
            let bytes = source::chart_bytes(&engine, &self.object, artifact)
                .await
                .map_err(|error| self.shared.no_chart(&error))?;
            chart::load(&plugin, &call, bytes, layers, None).await
        };
        let (metadata, config) = self.writer.while_slow(loading, WORTH_A_WRITE, &status).await?;
        let loaded = chart::loaded(key, (&metadata, &config), artifact, tracked.then_some(in_version))?;
        self.shared.memory.set_loaded(&self.key, loaded.clone());
        Ok((plugin, loaded))
    }

    /// One release has one owner: of those who name the same, the oldest (H15).
    fn check_conflict(&self, identity: &Identity) -> Result<(), Failure> {
        let age = |object: &HelmRelease| {
            let created = object.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (created, ObjectKey::of(object))
        };
        let own = age(&self.object);
        let all = self.shared.engine.stores.helm_releases.list();
        let owner = all.iter().find(|other| {
            age(other) < own
                && other.metadata.deletion_timestamp.is_none()
                && Identity::of(other) == *identity
                && is_same_cluster(other, &self.object)
        });
        let Some(owner) = owner else { return Ok(()) };
        let Identity {
            name,
            namespace,
            storage,
        } = identity;
        Err(Failure::waiting(
            "ReleaseConflict",
            format!(
                "release {namespace}/{name} with its record in {storage} is the one of HelmRelease {} already",
                ObjectKey::of(owner.as_ref())
            ),
        ))
    }

    /// Whether the latest release is elsewhere than where it is wanted, or of another chart that is not to be upgraded to.
    fn is_moved(&self, desired: &Desired) -> bool {
        use sluice_api::helm_action::ChartNameChangeStrategy as Strategy;
        let status = &self.progress.status;
        let (Some(storage), Some(latest)) = (&status.storage_namespace, status.history.first()) else {
            return false;
        };
        let Identity {
            name,
            namespace,
            storage: wanted,
        } = &desired.identity;
        if storage != wanted || latest.namespace != *namespace || latest.name != *name {
            return true;
        }
        let upgrade = self.object.spec.upgrade.as_ref();
        let strategy = upgrade.and_then(|it| it.chart_name_change_strategy.as_ref());
        let in_place = matches!(strategy, Some(Strategy::InPlaceUpdate));
        latest.chart_name != desired.chart.name && !in_place
    }

    /// Writes the status as it stands, with the request answered.
    pub(super) async fn write(&mut self) -> Result<(), String> {
        self.progress.handled();
        let written = self.writer.write(&self.progress.status).await;
        written.map_err(|error| format!("failed to write status: {error}"))
    }

    async fn end_failed(mut self, failure: Failure) -> Outcome {
        tracing::error!(
            error = failure.message,
            reason = failure.reason,
            "reconciliation failed"
        );
        if failure.is_stalling() {
            self.progress.stalled(failure.reason, &failure.message);
            self.shared.engine.queues.helm_releases.unschedule(&self.key);
        } else {
            self.progress.failed(failure.reason, &failure.message);
        }
        if let Some((severity, text)) = &failure.event {
            self.shared
                .tell(&self.object, *severity, (failure.reason, text), None);
        }
        if let Err(error) = self.write().await {
            return Outcome::Backoff(error);
        }
        match () {
            () if failure.is_stalling() => Outcome::Settled,
            () if failure.is_waiting() => Outcome::RetryAfter(self.shared.engine.options.requeue_dependency),
            () => Outcome::Backoff(failure.message),
        }
    }
}

impl Shared {
    fn no_chart(&self, error: &FetchError) -> Failure {
        if error.is_absent() {
            let text = format!("Source not ready: artifact not found. {error}");
            return Failure::waiting(reasons::ARTIFACT_FAILED, text);
        }
        Failure::retry(reasons::ARTIFACT_FAILED, format!("Could not load chart: {error}"))
    }
}

/// Whether two objects release into the same cluster, as far as their specs tell: a kubeconfig is of its own namespace.
fn is_same_cluster(one: &HelmRelease, other: &HelmRelease) -> bool {
    let reference = |object: &HelmRelease| {
        let kube_config = object.spec.kube_config.clone()?;
        Some((ObjectKey::of(object).namespace, kube_config))
    };
    reference(one) == reference(other)
}
