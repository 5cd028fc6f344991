//! One pass over a GitRepository: resolve, fetch what is new, store it, write status.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use sluice_api::{Artifact, GitRepository, GitRepositorySpec, GitRepositoryStatus};
use sluice_artifact::{Content, Owner, StoreError};
use sluice_cluster::kube::ResourceExt as _;
use sluice_fetch::{FetchError, GitFetch, GitFetchOptions};
use sluice_model::condition::{reasons, types};
use sluice_model::{Revision, Severity};
use sluice_sandbox::{CallObject, Limits, SourceRevision};

use super::status::Progress;
use super::{GROUP, GitRepositoryReconciler, KIND};
use crate::engine::Engine;
use crate::index::Target;
use crate::interval::jittered;
use crate::queue::Work;
use crate::secret;
use crate::status::Writer;
use crate::worker::Outcome;

/// The plugin that resolves and filters Git sources.
const SOURCE: &str = "source-git";
/// A phase that is over sooner is not worth a write of status.
const WORTH_A_WRITE: Duration = Duration::from_secs(1);

pub(super) struct Pass<'a> {
    owner: &'a GitRepositoryReconciler,
    object: Arc<GitRepository>,
    work: &'a Work,
    progress: Progress,
    writer: Writer<GitRepository, GitRepositoryStatus>,
}

/// A pass that did not succeed: the condition that says where, its reason, and what comes next.
struct Failure {
    condition: &'static str,
    reason: String,
    message: String,
    stalling: bool,
}

impl Failure {
    fn new(condition: &'static str, reason: &str, message: impl Into<String>) -> Self {
        Self {
            condition,
            reason: reason.to_owned(),
            message: message.into(),
            stalling: false,
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self {
            stalling: error.is_stalling(),
            ..Self::new(types::FETCH_FAILED, error.reason(), error.message())
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(types::STORAGE_OPERATION_FAILED, error.reason(), error.to_string())
    }
}

impl From<secret::SecretError> for Failure {
    fn from(error: secret::SecretError) -> Self {
        Self::new(types::FETCH_FAILED, "AuthenticationFailed", error.to_string())
    }
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        owner: &'a GitRepositoryReconciler,
        object: Arc<GitRepository>,
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
        }
    }

    fn engine(&self) -> &'a Engine {
        &self.owner.engine
    }

    pub(super) async fn run(mut self) -> Outcome {
        let interval = match self.object.spec.interval.get() {
            Ok(interval) => interval,
            Err(error) => {
                let mut failure =
                    Failure::new(types::STALLED, reasons::FAILED, format!("spec.interval: {error}"));
                failure.stalling = true;
                return self.end_failed(failure).await;
            }
        };
        match self.attempt().await {
            Ok(()) => Outcome::Next(jittered(interval, self.engine().options.jitter_percent)),
            Err(failure) => self.end_failed(failure).await,
        }
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        let stored = self.stored_artifact().await;
        let fetch = self.make_fetch().await?;
        let last = stored.as_ref().map(|artifact| artifact.revision.clone());
        let mut waiting = self.progress.clone();
        waiting.working("building artifact");
        let resolving = fetch.resolve(last.as_deref());
        let revision = self
            .writer
            .while_slow(resolving, WORTH_A_WRITE, &waiting.status)
            .await?;
        match stored.filter(|artifact| artifact.revision == revision.id && self.is_observed()) {
            Some(artifact) => self.keep(artifact).await,
            None => self.renew(&fetch, &revision).await,
        }
    }

    /// The artifact of status, when its file is still what was stored. Its address follows the advertised one.
    async fn stored_artifact(&mut self) -> Option<sluice_model::Artifact> {
        let status = self.progress.status.artifact.as_ref()?;
        let mut artifact = sluice_model::Artifact::try_from(status).ok()?;
        let (store, checked) = (self.engine().artifacts.clone(), artifact.clone());
        let verified = tokio::task::spawn_blocking(move || store.verify(&checked)).await;
        match verified {
            Ok(Ok(())) => {
                self.engine().artifacts.rewrite_url(&mut artifact);
                Some(artifact)
            }
            _ => {
                self.progress.lost();
                None
            }
        }
    }

    async fn make_fetch(&self) -> Result<GitFetch, Failure> {
        let engine = self.engine();
        let namespace = self.object.namespace().unwrap_or_default();
        let spec = &self.object.spec;
        let auth = spec.secret_ref.as_ref().map(|reference| reference.name.as_str());
        let proxy = spec
            .proxy_secret_ref
            .as_ref()
            .map(|reference| reference.name.as_str());
        let plugin = engine.plugin_for(SOURCE, &namespace).map_err(|error| {
            Failure::new(
                types::FETCH_FAILED,
                reasons::PLUGIN_UNAVAILABLE,
                error.to_string(),
            )
        })?;
        let options = GitFetchOptions {
            object: CallObject {
                kind: KIND.into(),
                namespace: namespace.clone(),
                name: self.object.name_any(),
            },
            secret: secret::read(&engine.cluster, &namespace, ("spec.secretRef", auth)).await?,
            proxy: secret::read(&engine.cluster, &namespace, ("spec.proxySecretRef", proxy)).await?,
            limits: engine.limits_of(SOURCE, Limits::FETCH),
            repository: engine.repository(&Target::new(KIND, self.work.key.clone())),
        };
        Ok(GitFetch::new(spec, plugin, &engine.transport, options)?)
    }

    /// Whether the stored artifact was made with the spec's filters.
    fn is_observed(&self) -> bool {
        let (spec, status) = (&self.object.spec, &self.progress.status);
        status.observed_ignore == spec.ignore && status.observed_sparse_checkout == spec.sparse_checkout
    }

    async fn keep(&mut self, artifact: sluice_model::Artifact) -> Result<(), Failure> {
        let recovered = sluice_api::condition::is_false(&self.progress.status.conditions, types::READY);
        let message = format!("stored artifact for revision '{}'", artifact.revision);
        let artifact = Artifact::try_from(&artifact).map_err(|error| {
            Failure::new(
                types::STORAGE_OPERATION_FAILED,
                reasons::FAILED,
                error.to_string(),
            )
        })?;
        let metadata = event_metadata(&artifact);
        self.progress.stored(artifact);
        self.write().await?;
        let (severity, reason) = if recovered {
            (Severity::Info, reasons::SUCCEEDED)
        } else {
            (Severity::Trace, "ArtifactUpToDate")
        };
        if recovered
            || self
                .work
                .reasons
                .iter()
                .any(|reason| *reason != crate::queue::Reason::Interval)
        {
            self.owner
                .tell(&self.object, severity, reason, &message, metadata);
        }
        Ok(())
    }

    async fn renew(&mut self, fetch: &GitFetch, revision: &SourceRevision) -> Result<(), Failure> {
        let mut fetching = self.progress.clone();
        fetching.working(&format!(
            "building artifact: new upstream revision '{}'",
            revision.id
        ));
        let fetched = self
            .writer
            .while_slow(fetch.fetch(revision), WORTH_A_WRITE, &fetching.status)
            .await?;
        let (artifact, changed) = self.store(&fetched).await?;
        let spec: &GitRepositorySpec = &self.object.spec;
        self.progress.status.observed_ignore.clone_from(&spec.ignore);
        self.progress
            .status
            .observed_sparse_checkout
            .clone_from(&spec.sparse_checkout);
        let metadata = event_metadata(&artifact);
        tracing::info!(revision = artifact.revision, "stored artifact");
        self.progress.stored(artifact);
        self.write().await?;
        if changed {
            let message = match fetched.summary.as_str() {
                "" => format!("stored artifact for revision '{}'", fetched.revision),
                summary => format!("stored artifact for commit '{summary}'"),
            };
            self.owner
                .tell(&self.object, Severity::Info, "NewArtifact", &message, metadata);
        }
        self.collect_garbage();
        Ok(())
    }

    /// Stores the tree; tells whether the content differs from the artifact before it.
    async fn store(&self, fetched: &sluice_fetch::Fetched) -> Result<(Artifact, bool), Failure> {
        let owner = Owner::new(KIND, &self.work.key.namespace, &self.work.key.name)?;
        let (store, content) = (self.engine().artifacts.clone(), fetched.clone());
        let put = tokio::task::spawn_blocking(move || {
            let metadata: IndexMap<String, String> = content.annotations.iter().cloned().collect();
            let revision = Revision(content.revision.clone());
            let stored = Content {
                revision: revision.as_str(),
                stem: revision.checksum(),
                tree: &content.tree,
                metadata: &metadata,
            };
            store.put(&owner, &stored)
        });
        let failed = |error: String| Failure::new(types::STORAGE_OPERATION_FAILED, reasons::FAILED, error);
        let artifact = put.await.map_err(|error| failed(error.to_string()))??;
        let artifact = Artifact::try_from(&artifact).map_err(|error| failed(error.to_string()))?;
        let before = self
            .progress
            .status
            .artifact
            .as_ref()
            .map(|artifact| artifact.digest.as_str());
        let changed = before != Some(artifact.digest.as_str());
        Ok((artifact, changed))
    }

    /// After the status names the new artifact; what cannot be removed now is tried at the next revision.
    fn collect_garbage(&self) {
        let (engine, key) = (self.owner.engine.clone(), self.work.key.clone());
        let current = self.progress.status.artifact.clone();
        tokio::task::spawn_blocking(move || {
            let current = current.and_then(|artifact| sluice_model::Artifact::try_from(&artifact).ok());
            let collected = Owner::new(KIND, &key.namespace, &key.name)
                .and_then(|owner| engine.artifacts.collect_garbage(&owner, current.as_ref()));
            if let Err(error) = collected {
                tracing::warn!(name = key.name, namespace = key.namespace, error = %error, "garbage collection failed");
            }
        });
    }

    async fn write(&mut self) -> Result<(), Failure> {
        self.progress.handled();
        self.writer.write(&self.progress.status).await.map_err(|error| {
            Failure::new(
                types::STORAGE_OPERATION_FAILED,
                "PatchOperationFailed",
                error.to_string(),
            )
        })
    }

    async fn end_failed(&mut self, failure: Failure) -> Outcome {
        if failure.stalling {
            self.progress
                .stalled(failure.condition, &failure.reason, &failure.message);
        } else {
            self.progress
                .failed(failure.condition, &failure.reason, &failure.message);
        }
        self.owner.tell(
            &self.object,
            Severity::Error,
            &failure.reason,
            &failure.message,
            IndexMap::new(),
        );
        if let Err(error) = self.write().await {
            return Outcome::Backoff(error.message);
        }
        if failure.stalling {
            Outcome::Settled
        } else {
            Outcome::Backoff(failure.message)
        }
    }
}

fn event_metadata(artifact: &Artifact) -> IndexMap<String, String> {
    IndexMap::from([
        (format!("{GROUP}/revision"), artifact.revision.clone()),
        (format!("{GROUP}/digest"), artifact.digest.clone()),
    ])
}
