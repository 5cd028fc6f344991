//! The objects of one kind of source from finalizer to deletion.

use std::marker::PhantomData;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use sluice_api::annotation::FINALIZER;
use sluice_api::{HelmChart, HelmChartStatus, HelmRepository, HelmRepositoryStatus};
use sluice_artifact::{Owner, StoreError};
use sluice_cluster::kube::core::NamespaceResourceScope;
use sluice_cluster::kube::{self, Api, Resource, ResourceExt as _};
use sluice_event::{Recorder, Subject};
use sluice_model::Severity;

use super::status::{Progress, SourceStatus};
use crate::engine::Engine;
use crate::git_repository::MANAGER;
use crate::key::ObjectKey;
use crate::request;
use crate::status::{Writer, set_finalizer};
use crate::store::{Kind, Store};
use crate::worker::Outcome;

/// A kind that publishes one file.
pub trait Published: Kind + Resource<Scope = NamespaceResourceScope> + Serialize {
    /// Type of its status.
    type Status: SourceStatus;
    /// Its name.
    const KIND: &'static str;
    /// The name in its folder that leads to the latest artifact.
    const LINK: &'static str;
    /// Its status.
    fn status(&self) -> Option<&Self::Status>;
    /// Its informer.
    fn store(engine: &Engine) -> &Arc<Store<Self>>;
}

impl Published for HelmRepository {
    type Status = HelmRepositoryStatus;
    const KIND: &'static str = "HelmRepository";
    const LINK: &'static str = "index.yaml";

    fn status(&self) -> Option<&HelmRepositoryStatus> {
        self.status.as_ref()
    }

    fn store(engine: &Engine) -> &Arc<Store<Self>> {
        &engine.stores.helm_repositories
    }
}

impl Published for HelmChart {
    type Status = HelmChartStatus;
    const KIND: &'static str = "HelmChart";
    const LINK: &'static str = "latest.tar.gz";

    fn status(&self) -> Option<&HelmChartStatus> {
        self.status.as_ref()
    }

    fn store(engine: &Engine) -> &Arc<Store<Self>> {
        &engine.stores.helm_charts
    }
}

/// Owns the objects of one kind.
pub struct Publisher<K> {
    /// What every reconciler holds.
    pub engine: Arc<Engine>,
    recorder: Recorder,
    kind: PhantomData<fn() -> K>,
}

impl<K: Published> Publisher<K> {
    /// A publisher.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            recorder: engine.recorder.named(MANAGER),
            engine,
            kind: PhantomData,
        }
    }

    fn api(&self, key: &ObjectKey) -> Api<K> {
        Api::namespaced(self.engine.cluster.client(), &key.namespace)
    }

    /// Writes the status of one object.
    pub fn writer(&self, object: &K) -> Writer<K, K::Status> {
        Writer {
            api: self.api(&ObjectKey::of(object)),
            name: object.name_any(),
            manager: MANAGER,
            written: object.status().cloned().unwrap_or_default(),
            store: K::store(&self.engine).clone(),
            metrics: self.engine.metrics.clone(),
        }
    }

    /// The status as a pass begins with it.
    pub fn progress(object: &K) -> Progress<K::Status> {
        let generation = object.meta().generation.unwrap_or_default();
        Progress::new(object.status(), generation, request::requested_at(object))
    }

    /// The folder of an object's artifacts.
    ///
    /// # Errors
    /// Its names cannot be a folder's.
    pub fn owner(key: &ObjectKey) -> Result<Owner, StoreError> {
        Owner::new(K::KIND, &key.namespace, &key.name)
    }

    /// Records an event.
    pub fn tell(
        &self,
        object: &K,
        severity: Severity,
        (reason, message): (&str, &str),
        metadata: IndexMap<String, String>,
    ) {
        let subject = Subject::of(object);
        self.recorder
            .record(&subject, severity, reason, message, metadata);
    }

    /// The object with the finalizer.
    ///
    /// # Errors
    /// How the pass ends when it cannot be added.
    pub async fn adopt(&self, key: &ObjectKey, object: Arc<K>) -> Result<Arc<K>, Outcome> {
        if is_adopted(object.as_ref()) {
            return Ok(object);
        }
        match set_finalizer(&self.api(key), object.as_ref(), MANAGER, true).await {
            Ok(adopted) => Ok(K::store(&self.engine).learn(adopted)),
            Err(error) => Err(Outcome::Backoff(format!("failed to add the finalizer: {error}"))),
        }
    }

    /// Removes what is stored for the object, then lets it go.
    pub async fn finalize(&self, key: &ObjectKey, object: &K) -> Outcome {
        if !is_adopted(object) {
            return Outcome::Settled;
        }
        if let Err(error) = self.remove_artifacts(key).await {
            return Outcome::Backoff(format!("failed to remove the artifact: {error}"));
        }
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(_) => Outcome::Gone,
            Err(kube::Error::Api(status)) if status.code == 404 => Outcome::Gone,
            Err(error) => Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
    }

    async fn remove_artifacts(&self, key: &ObjectKey) -> Result<(), String> {
        let (engine, key) = (self.engine.clone(), key.clone());
        let removed = tokio::task::spawn_blocking(move || {
            let owner = Self::owner(&key)?;
            engine.artifacts.remove(&owner)
        });
        let removed = removed.await.map_err(|error| error.to_string())?;
        removed.map_err(|error| error.to_string())
    }

    /// A suspended object keeps serving its artifact; only a request is answered.
    pub async fn note_suspended(&self, object: &K) -> Outcome {
        let mut progress = Self::progress(object);
        progress.handled();
        match self.writer(object).write(&progress.status).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::Backoff(error.to_string()),
        }
    }

    /// Takes back all that a reconciler leaves on an object: it became one that nothing reconciles.
    pub async fn release(&self, key: &ObjectKey, object: &K) -> Outcome {
        if object.status().is_some_and(is_used)
            && let Err(error) = self.writer(object).write(&K::Status::default()).await
        {
            return Outcome::Backoff(error.to_string());
        }
        if !is_adopted(object) {
            return Outcome::Settled;
        }
        if let Err(error) = self.remove_artifacts(key).await {
            return Outcome::Backoff(format!("failed to remove the artifact: {error}"));
        }
        // the write may have moved the object on
        let latest = K::store(&self.engine).get(key);
        let object = latest.as_deref().unwrap_or(object);
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(released) => {
                K::store(&self.engine).learn(released);
                Outcome::Settled
            }
            Err(kube::Error::Api(status)) if status.code == 404 => Outcome::Gone,
            Err(error) => Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
    }
}

fn is_adopted<K: Resource>(object: &K) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// Whether a reconciler wrote a status.
fn is_used<S: SourceStatus>(status: &S) -> bool {
    status.artifact().is_some()
        || !status.conditions().is_empty()
        || status
            .observed_generation()
            .is_some_and(|generation| generation > 0)
}
