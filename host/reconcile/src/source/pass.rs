//! One pass over a source that publishes one file: what its kinds do alike.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use sluice_api::Artifact;
use sluice_api::condition::is_false;
use sluice_artifact::FileContent;
use sluice_cluster::kube::ResourceExt as _;
use sluice_fetch::helm::HelmFetchOptions;
use sluice_model::Severity;
use sluice_model::condition::{reasons, types};
use sluice_sandbox::{CallObject, Limits, Plugin};

use super::failure::Failure;
use super::publisher::{Published, Publisher};
use super::status::{Progress, SourceStatus as _};
use crate::engine::Engine;
use crate::git_repository::GROUP;
use crate::interval::jittered;
use crate::queue::{Reason, Work};
use crate::secret;
use crate::status::{Conditioned as _, Writer};
use crate::worker::Outcome;

/// The plugin that knows indexes and charts.
const SOURCE: &str = "source-helm";
/// A phase that is over sooner is not worth a write of status.
const WORTH_A_WRITE: Duration = Duration::from_secs(1);

/// A pass over one object.
pub struct Pass<'a, K: Published> {
    /// Of the kind.
    pub publisher: &'a Publisher<K>,
    /// The object.
    pub object: Arc<K>,
    /// Why.
    pub work: &'a Work,
    /// Its status.
    pub progress: Progress<K::Status>,
    writer: Writer<K, K::Status>,
}

/// What is told of an artifact: the reason of the event and the Ready condition, and its words.
pub struct Told<'a> {
    /// Of an event about a new artifact.
    pub reason: &'a str,
    /// Of the event.
    pub message: &'a str,
    /// Reason of the conditions.
    pub condition_reason: &'a str,
    /// Message of the conditions.
    pub condition: &'a str,
}

impl<'a, K: Published> Pass<'a, K> {
    /// Begins with the stored status.
    pub fn new(publisher: &'a Publisher<K>, object: Arc<K>, work: &'a Work) -> Self {
        let (progress, writer) = (Publisher::<K>::progress(&object), publisher.writer(&object));
        Self {
            publisher,
            object,
            work,
            progress,
            writer,
        }
    }

    /// What every reconciler holds.
    pub fn engine(&self) -> &'a Arc<Engine> {
        &self.publisher.engine
    }

    /// Does a phase of the work; status is written meanwhile when it lasts.
    pub async fn phase<T>(&mut self, message: &str, work: impl Future<Output = T>) -> T {
        let mut waiting = self.progress.clone();
        waiting.working(message);
        self.writer.while_slow(work, WORTH_A_WRITE, &waiting.status).await
    }

    /// As [`phase`](Self::phase), while something newer than the stored artifact is made.
    pub async fn renewal<T>(&mut self, reason: &str, message: &str, work: impl Future<Output = T>) -> T {
        let mut waiting = self.progress.clone();
        waiting.outdated(reason, message);
        self.writer.while_slow(work, WORTH_A_WRITE, &waiting.status).await
    }

    /// The artifact of status, when its file is still what was stored. Its address follows the advertised one.
    pub async fn stored_artifact(&mut self) -> Option<sluice_model::Artifact> {
        let status = self.progress.status.artifact()?;
        let mut artifact = sluice_model::Artifact::try_from(status).ok()?;
        let (store, checked) = (self.engine().artifacts.clone(), artifact.clone());
        let verified = tokio::task::spawn_blocking(move || store.verify(&checked)).await;
        if matches!(verified, Ok(Ok(()))) {
            self.engine().artifacts.rewrite_url(&mut artifact);
            return Some(artifact);
        }
        self.progress.lost();
        None
    }

    /// The plugin that does the work.
    ///
    /// # Errors
    /// None is ready.
    pub fn plugin(&self) -> Result<Arc<Plugin>, Failure> {
        let namespace = self.object.namespace().unwrap_or_default();
        let plugin = self.engine().plugin_for(SOURCE, &namespace);
        plugin.map_err(|error| {
            Failure::new(
                types::FETCH_FAILED,
                reasons::PLUGIN_UNAVAILABLE,
                error.to_string(),
            )
        })
    }

    /// What a fetch needs besides specs, with the Secrets of a repository in the object's namespace.
    ///
    /// # Errors
    /// A Secret does not exist or cannot be read.
    pub async fn options(
        &self,
        secret: Option<&str>,
        tls: Option<&str>,
    ) -> Result<HelmFetchOptions, Failure> {
        let (engine, key) = (self.engine(), &self.work.key);
        let secret = secret::read(&engine.cluster, &key.namespace, ("spec.secretRef", secret)).await?;
        let tls = secret::read(&engine.cluster, &key.namespace, ("spec.certSecretRef", tls)).await?;
        Ok(HelmFetchOptions {
            object: CallObject {
                kind: K::KIND.into(),
                namespace: key.namespace.clone(),
                name: key.name.clone(),
            },
            secret,
            tls,
            limits: engine.limits_of(SOURCE, Limits::FETCH),
            sizes: engine.options.helm_sizes,
        })
    }

    /// The stored artifact is the current one.
    ///
    /// # Errors
    /// Status cannot be written.
    pub async fn keep(&mut self, artifact: &sluice_model::Artifact, told: &Told<'_>) -> Result<(), Failure> {
        let recovered = is_false(self.progress.status.conditions(), types::READY);
        let artifact = Artifact::try_from(artifact).map_err(|error| Failure::storage(error.to_string()))?;
        let metadata = event_metadata(&artifact);
        let url = Publisher::<K>::owner(&self.work.key)
            .map(|owner| self.engine().artifacts.link_url(&owner, K::LINK));
        let revision = artifact.revision.clone();
        self.progress.status.publish(Some(artifact), url.ok());
        self.progress.stored(told.condition_reason, told.condition);
        self.write().await?;
        if recovered {
            let reason = if told.condition_reason == reasons::SUCCEEDED {
                reasons::SUCCEEDED
            } else {
                told.reason
            };
            self.tell(Severity::Info, (reason, told.message), metadata);
        } else if self.work.reasons.iter().any(|reason| *reason != Reason::Interval) {
            let message = format!("artifact up-to-date with remote revision: '{revision}'");
            self.tell(Severity::Trace, ("ArtifactUpToDate", &message), metadata);
        }
        Ok(())
    }

    /// Stores a file as the new artifact.
    ///
    /// # Errors
    /// It cannot be stored, or status not be written.
    pub async fn renew(
        &mut self,
        (revision, name, bytes): (&str, String, Bytes),
        metadata: IndexMap<String, String>,
        told: &Told<'_>,
        finish: impl FnOnce(&mut K::Status),
    ) -> Result<(), Failure> {
        let owner = Publisher::<K>::owner(&self.work.key)?;
        let (store, revision) = (self.engine().artifacts.clone(), revision.to_owned());
        let put = tokio::task::spawn_blocking(move || {
            let content = FileContent {
                revision: &revision,
                name: &name,
                bytes: &bytes,
            };
            let mut artifact = store.put_file(&owner, &content)?;
            artifact.metadata = metadata;
            let url = store.link(&owner, K::LINK, &artifact)?;
            Ok::<_, sluice_artifact::StoreError>((artifact, url))
        });
        let (artifact, url) = put.await.map_err(|error| Failure::storage(error.to_string()))??;
        let artifact = Artifact::try_from(&artifact).map_err(|error| Failure::storage(error.to_string()))?;
        let before = self
            .progress
            .status
            .artifact()
            .map(|artifact| artifact.digest.clone());
        let (changed, recovered) = (
            before.as_deref() != Some(artifact.digest.as_str()),
            is_false(self.progress.status.conditions(), types::READY),
        );
        let metadata = event_metadata(&artifact);
        tracing::info!(revision = artifact.revision, "stored artifact");
        self.progress.status.publish(Some(artifact), Some(url));
        finish(&mut self.progress.status);
        self.progress.stored(told.condition_reason, told.condition);
        self.write().await?;
        if changed || recovered {
            self.tell(Severity::Info, (told.reason, told.message), metadata);
        }
        self.collect_garbage();
        Ok(())
    }

    /// After the status names the new artifact; what cannot be removed now is tried at the next one.
    fn collect_garbage(&self) {
        let (engine, key) = (self.engine().clone(), self.work.key.clone());
        let current = self.progress.status.artifact().cloned();
        tokio::task::spawn_blocking(move || {
            let current = current.and_then(|artifact| sluice_model::Artifact::try_from(&artifact).ok());
            let collected = Publisher::<K>::owner(&key)
                .and_then(|owner| engine.artifacts.collect_garbage(&owner, current.as_ref()));
            if let Err(error) = collected {
                tracing::warn!(name = key.name, namespace = key.namespace, error = %error, "garbage collection failed");
            }
        });
    }

    /// Records an event of the object.
    pub fn tell(&self, severity: Severity, told: (&str, &str), metadata: IndexMap<String, String>) {
        self.publisher.tell(&self.object, severity, told, metadata);
    }

    async fn write(&mut self) -> Result<(), Failure> {
        self.progress.handled();
        let written = self.writer.write(&self.progress.status).await;
        written.map_err(|error| {
            Failure::new(
                types::STORAGE_OPERATION_FAILED,
                "PatchOperationFailed",
                error.to_string(),
            )
        })
    }

    /// Ends the pass: due again at the interval, or after what failed.
    pub async fn end(mut self, interval: Duration, done: Result<(), Failure>) -> Outcome {
        let Err(failure) = done else {
            return Outcome::Next(jittered(interval, self.engine().options.jitter_percent));
        };
        let Failure {
            condition,
            reason,
            message,
            ..
        } = &failure;
        if failure.stalling {
            self.progress.stalled(condition, reason, message);
        } else {
            self.progress.failed(condition, reason, message);
        }
        let severity = if failure.waiting {
            Severity::Trace
        } else {
            Severity::Error
        };
        self.tell(severity, (reason, message), IndexMap::new());
        if let Err(error) = self.write().await {
            return Outcome::Backoff(error.message);
        }
        match (failure.stalling, failure.waiting) {
            (true, _) => Outcome::Settled,
            (_, true) => Outcome::RetryAfter(self.engine().options.requeue_dependency),
            _ => Outcome::Backoff(failure.message),
        }
    }
}

fn event_metadata(artifact: &Artifact) -> IndexMap<String, String> {
    IndexMap::from([
        (format!("{GROUP}/revision"), artifact.revision.clone()),
        (format!("{GROUP}/digest"), artifact.digest.clone()),
    ])
}
