//! HelmRelease: renders a chart in the sandbox and installs, upgrades, tests, rolls back or uninstalls its release.
//!
//! A pass ([`pass`]) gathers what is wanted: source, values, chart, place. What is to be done then is decided from the
//! release's record ([`decide`]) and done step by step ([`atomic`]) in a task of its own, so that no wait of an action
//! holds a worker. What happens to an object meanwhile is kept and comes back when the task has ended.

mod action;
mod atomic;
mod chart;
mod chart_template;
mod crds;
mod decide;
pub mod dependency;
mod drift;
mod failure;
mod finalize;
mod inventory;
mod lookup;
mod memory;
mod pass;
mod post_render;
pub mod preview;
mod reference;
mod render;
mod resources;
mod reuse;
mod slot;
mod source;
mod spec;
mod status;
mod task;
mod tell;
mod uninstall;
mod values;
mod wait;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use sluice_api::annotation::FINALIZER;
use sluice_api::{HelmRelease, HelmReleaseStatus};
use sluice_cluster::kube::{Api, ResourceExt as _};
use sluice_event::Recorder;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::memory::Memory;
use self::slot::Slots;
use crate::engine::Engine;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::queue::Work;
use crate::status::{Writer, set_finalizer};
use crate::tenant::{Place, PlaceError, Tenant};
use crate::worker::{Outcome, Reconciler};

/// Field manager of everything: objects, status, metadata.
pub const MANAGER: &str = "helm-controller";
/// Group of the kind, prefix of its labels and event metadata.
pub const GROUP: &str = "helm.toolkit.fluxcd.io";

/// The reconciler of HelmRelease.
pub struct HelmReleaseReconciler {
    shared: Arc<Shared>,
}

/// What workers and tasks share.
struct Shared {
    engine: Arc<Engine>,
    recorder: Recorder,
    memory: Memory,
    started: Instant,
    /// The tasks of actions.
    actions: TaskTracker,
    slots: Slots,
    /// Ends the tasks with the workers.
    stopped: CancellationToken,
}

/// What an object refers to: its source and what it depends on.
pub fn targets(object: &HelmRelease) -> Vec<Target> {
    let dependencies = crate::dependency::keys(object)
        .into_iter()
        .map(|key| Target::new("HelmRelease", key));
    source::target(object).into_iter().chain(dependencies).collect()
}

impl HelmReleaseReconciler {
    /// With nothing remembered.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            shared: Arc::new(Shared {
                recorder: engine.recorder.named(MANAGER),
                engine,
                memory: Memory::default(),
                started: Instant::now(),
                actions: TaskTracker::new(),
                slots: Slots::default(),
                stopped: CancellationToken::new(),
            }),
        }
    }

    /// Puts our finalizer on the object, so that its deletion waits for the uninstallation.
    async fn adopt(&self, key: &ObjectKey, object: Arc<HelmRelease>) -> Result<Arc<HelmRelease>, Outcome> {
        if object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            return Ok(object);
        }
        match set_finalizer(&self.shared.api(key), object.as_ref(), MANAGER, true).await {
            Ok(adopted) => Ok(self.shared.engine.stores.helm_releases.learn(adopted)),
            Err(error) => Err(Outcome::Backoff(format!("failed to add the finalizer: {error}"))),
        }
    }

    /// A suspended object keeps its state; only a request is answered.
    async fn note_suspended(&self, object: &HelmRelease) -> Outcome {
        let mut progress = status::Progress::of(object);
        progress.handled();
        match self.shared.writer(object).write(&progress.status).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::Backoff(error.to_string()),
        }
    }
}

impl Shared {
    fn api(&self, key: &ObjectKey) -> Api<HelmRelease> {
        Api::namespaced(self.engine.cluster.client(), &key.namespace)
    }

    fn writer(&self, object: &HelmRelease) -> Writer<HelmRelease, HelmReleaseStatus> {
        Writer {
            api: self.api(&ObjectKey::of(object)),
            name: object.name_any(),
            manager: MANAGER,
            written: object.status.clone().unwrap_or_default(),
            store: self.engine.stores.helm_releases.clone(),
            metrics: self.engine.metrics.clone(),
        }
    }

    /// Where the object's release is; its kubeconfig is followed, whether it can be used or not.
    async fn place(&self, key: &ObjectKey, object: &HelmRelease) -> Result<Place, PlaceError> {
        let place = self.engine.place(&tenant(key, object)).await;
        let remote = place.as_ref().ok().and_then(|place| place.remote.clone());
        if let Some(reference) = &object.spec.kube_config {
            let version = remote.as_ref().map_or("0", |remote| remote.version.as_str());
            self.follow_kubeconfig(key, reference, version);
        }
        if place.is_ok() {
            self.memory.hold_remote(key, remote);
        }
        place
    }
}

fn tenant<'a>(key: &'a ObjectKey, object: &'a HelmRelease) -> Tenant<'a> {
    Tenant {
        namespace: &key.namespace,
        kube_config: object.spec.kube_config.as_ref(),
        service_account: object.spec.service_account_name.as_deref(),
    }
}

impl Drop for HelmReleaseReconciler {
    /// No task outlives the workers: another process may work on its release then.
    fn drop(&mut self) {
        self.shared.stopped.cancel();
    }
}

#[async_trait]
impl Reconciler for HelmReleaseReconciler {
    fn kind(&self) -> &'static str {
        "HelmRelease"
    }

    fn group(&self) -> &'static str {
        GROUP
    }

    async fn drain(&self) {
        self.shared.slots.close();
        self.shared.actions.close();
        self.shared.actions.wait().await;
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let Some(object) = self.shared.engine.stores.helm_releases.get(&work.key) else {
            self.shared.memory.forget(&work.key);
            return Outcome::Gone;
        };
        if let Some(outcome) = self.shared.of_task(&object, work) {
            return outcome;
        }
        if object.metadata.deletion_timestamp.is_some() {
            return self.shared.clone().finalize(&work.key, object).await;
        }
        let object = match self.adopt(&work.key, object).await {
            Ok(object) => object,
            Err(outcome) => return outcome,
        };
        if object.spec.suspend == Some(true) {
            return self.note_suspended(&object).await;
        }
        pass::Pass::new(self.shared.clone(), object, work.key.clone())
            .run()
            .await
    }
}
