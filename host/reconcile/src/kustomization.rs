//! Kustomization: renders a directory of a source's artifact, applies it, prunes what is gone, waits for health.

mod apply;
pub mod build;
mod cancellation;
pub mod config;
pub mod decryption;
pub mod dependency;
mod failure;
mod finalize;
pub mod health;
mod ignore;
pub mod memory;
mod pass;
pub mod post_build;
mod reference;
pub mod source;
pub mod status;
mod tell;
mod tenant;
mod termination;
pub mod timing;
mod vault_login;

use std::sync::Arc;

use async_trait::async_trait;
use sluice_api::Kustomization;
use sluice_api::annotation::FINALIZER;
use sluice_cluster::kube::{Api, ResourceExt as _};
use sluice_event::Recorder;

use self::memory::Memory;
use crate::engine::Engine;
use crate::key::ObjectKey;
use crate::queue::Work;
use crate::status::{Writer, set_finalizer};
use crate::worker::{Outcome, Reconciler};

/// Field manager of objects and of `metadata`.
pub const MANAGER: &str = "kustomize-controller";
/// Field manager of status.
pub const STATUS_MANAGER: &str = "gotk-kustomize-controller";
/// Group of the kind, prefix of its labels and event metadata.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// The reconciler of Kustomization.
pub struct KustomizationReconciler {
    engine: Arc<Engine>,
    recorder: Recorder,
    memory: Memory,
}

impl KustomizationReconciler {
    /// With nothing remembered.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            recorder: engine.recorder.named(MANAGER),
            engine,
            memory: Memory::default(),
        }
    }

    fn api(&self, key: &ObjectKey) -> Api<Kustomization> {
        Api::namespaced(self.engine.cluster.client(), &key.namespace)
    }

    fn writer(&self, object: &Kustomization) -> Writer<Kustomization, sluice_api::KustomizationStatus> {
        Writer {
            api: self.api(&ObjectKey::of(object)),
            name: object.name_any(),
            manager: STATUS_MANAGER,
            written: object.status.clone().unwrap_or_default(),
            store: self.engine.stores.kustomizations.clone(),
            metrics: self.engine.metrics.clone(),
        }
    }

    /// Puts our finalizer on the object, so that its deletion waits for the pruning.
    async fn adopt(
        &self,
        key: &ObjectKey,
        object: Arc<Kustomization>,
    ) -> Result<Arc<Kustomization>, Outcome> {
        if object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            return Ok(object);
        }
        match set_finalizer(&self.api(key), object.as_ref(), MANAGER, true).await {
            Ok(adopted) => Ok(self.engine.stores.kustomizations.learn(adopted)),
            Err(error) => Err(Outcome::Backoff(format!("failed to add the finalizer: {error}"))),
        }
    }

    /// A suspended object keeps its state; only a request is answered.
    async fn note_suspended(&self, key: &ObjectKey, object: &Kustomization) -> Outcome {
        drop(self.memory.take_waiting(key));
        let mut progress = status::Progress::of(object);
        progress.handled();
        match self.writer(object).write(&progress.status).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::Backoff(error.to_string()),
        }
    }
}

#[async_trait]
impl Reconciler for KustomizationReconciler {
    fn kind(&self) -> &'static str {
        "Kustomization"
    }

    fn group(&self) -> &'static str {
        GROUP
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let Some(object) = self.engine.stores.kustomizations.get(&work.key) else {
            self.memory.forget(&work.key);
            return Outcome::Gone;
        };
        if object.metadata.deletion_timestamp.is_some() {
            return self.finalize(&work.key, &object).await;
        }
        let object = match self.adopt(&work.key, object).await {
            Ok(object) => object,
            Err(outcome) => return outcome,
        };
        if object.spec.suspend == Some(true) {
            return self.note_suspended(&work.key, &object).await;
        }
        pass::Pass::new(self, object, work).run().await
    }
}
