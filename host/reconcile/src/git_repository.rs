//! GitRepository: keeps the artifact of a Git repository current.

mod pass;
pub mod status;

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::annotation::FINALIZER;
use sluice_api::{GitRepository, GitRepositoryStatus};
use sluice_artifact::Owner;
use sluice_cluster::kube::{self, Api, ResourceExt as _};
use sluice_event::{Recorder, Subject};
use sluice_model::Severity;

use crate::engine::Engine;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::queue::Work;
use crate::status::{Writer, set_finalizer};
use crate::worker::{Outcome, Reconciler};

/// Field manager, and reporter of events.
pub const MANAGER: &str = "source-controller";
/// Group of the kind, prefix of its event metadata.
pub const GROUP: &str = "source.toolkit.fluxcd.io";
const KIND: &str = "GitRepository";

/// The reconciler of GitRepository.
pub struct GitRepositoryReconciler {
    engine: Arc<Engine>,
    recorder: Recorder,
}

impl GitRepositoryReconciler {
    /// A reconciler.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            recorder: engine.recorder.named(MANAGER),
            engine,
        }
    }

    fn api(&self, key: &ObjectKey) -> Api<GitRepository> {
        Api::namespaced(self.engine.cluster.client(), &key.namespace)
    }

    fn writer(&self, object: &GitRepository) -> Writer<GitRepository, GitRepositoryStatus> {
        Writer {
            api: self.api(&ObjectKey::of(object)),
            name: object.name_any(),
            manager: MANAGER,
            written: object.status.clone().unwrap_or_default(),
            store: self.engine.stores.git_repositories.clone(),
            metrics: self.engine.metrics.clone(),
        }
    }

    fn tell(
        &self,
        object: &GitRepository,
        severity: Severity,
        reason: &str,
        message: &str,
        metadata: IndexMap<String, String>,
    ) {
        self.recorder
            .record(&Subject::of(object), severity, reason, message, metadata);
    }

    async fn adopt(
        &self,
        key: &ObjectKey,
        object: Arc<GitRepository>,
    ) -> Result<Arc<GitRepository>, Outcome> {
        if object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            return Ok(object);
        }
        match set_finalizer(&self.api(key), object.as_ref(), MANAGER, true).await {
            Ok(adopted) => Ok(self.engine.stores.git_repositories.learn(adopted)),
            Err(error) => Err(Outcome::Backoff(format!("failed to add the finalizer: {error}"))),
        }
    }

    /// Removes what is stored for the object, then lets it go.
    async fn finalize(&self, key: &ObjectKey, object: &GitRepository) -> Outcome {
        if !object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            return Outcome::Settled;
        }
        let (engine, owned) = (self.engine.clone(), key.clone());
        let removed = tokio::task::spawn_blocking(move || {
            let owner = Owner::new(KIND, &owned.namespace, &owned.name).map_err(|error| error.to_string())?;
            engine
                .artifacts
                .remove(&owner)
                .map_err(|error| error.to_string())?;
            let repository = engine.repository(&Target::new(KIND, owned));
            engine
                .transport
                .remove_repository(&repository)
                .map_err(|error| error.to_string())
        });
        if let Err(error) = removed.await.unwrap_or_else(|error| Err(error.to_string())) {
            return Outcome::Backoff(format!("failed to remove the artifact: {error}"));
        }
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(_) => Outcome::Gone,
            Err(kube::Error::Api(status)) if status.code == 404 => Outcome::Gone,
            Err(error) => Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
    }

    /// A suspended object keeps serving its artifact; only a request is answered.
    async fn note_suspended(&self, object: &GitRepository) -> Outcome {
        let mut progress = status::Progress::of(object);
        progress.handled();
        match self.writer(object).write(&progress.status).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::Backoff(error.to_string()),
        }
    }
}

#[async_trait]
impl Reconciler for GitRepositoryReconciler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn group(&self) -> &'static str {
        GROUP
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let Some(object) = self.engine.stores.git_repositories.get(&work.key) else {
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
            return self.note_suspended(&object).await;
        }
        pass::Pass::new(self, object, work).run().await
    }
}
