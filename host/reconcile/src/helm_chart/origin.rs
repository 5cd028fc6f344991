//! The source of a chart: an object of the chart's own namespace, and what of it the plugin is given.

use std::sync::Arc;

use sluice_api::helm_chart::ChartSourceKind;
use sluice_api::{HelmChart, HelmRepository};
use sluice_artifact::StoreError;
use sluice_fetch::helm::{ChartFetch, Wanted, index_tree, is_oci};
use sluice_model::condition::types;
use sluice_model::{Artifact, Tree};

use crate::helm_repository::secrets;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::kustomization::source::Source;
use crate::source::{Failure, Pass};
use crate::store::Store;

/// Where a chart comes from.
pub(super) enum Origin {
    /// A repository; its index and the index's revision, unless it is a registry.
    Repository(Arc<HelmRepository>, Option<(Tree, String)>),
    /// The files of another source, and their revision.
    Files(Tree, String),
}

impl Origin {
    /// Of the source's artifact.
    pub(super) fn revision(&self) -> Option<&str> {
        match self {
            Self::Repository(_, index) => index.as_ref().map(|(_, revision)| revision.as_str()),
            Self::Files(_, revision) => Some(revision),
        }
    }
}

/// The source that a chart refers to.
pub fn target(object: &HelmChart) -> Target {
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    let reference = &object.spec.source_ref;
    Target::new(
        reference.kind.to_string(),
        ObjectKey::new(namespace, &reference.name),
    )
}

fn unavailable(problem: impl std::fmt::Display) -> Failure {
    let message = format!("failed to get source: {problem}");
    Failure::waiting(types::FETCH_FAILED, "SourceUnavailable", message)
}

fn missing(plural: &str, name: &str) -> Failure {
    unavailable(format!("{plural}.source.toolkit.fluxcd.io \"{name}\" not found"))
}

/// The artifact of a source in a store.
fn artifact_of<K: Source>(store: &Store<K>, source: &Target, plural: &str) -> Result<Artifact, Failure> {
    let object = store.get(&source.key);
    let object = object.ok_or_else(|| missing(plural, &source.key.name))?;
    let artifact = object.artifact().ok_or_else(|| no_artifact(source))?;
    Artifact::try_from(artifact).map_err(unavailable)
}

fn no_artifact(source: &Target) -> Failure {
    let message = format!(
        "no artifact available for {} source '{}'",
        source.kind, source.key.name
    );
    Failure::waiting(types::FETCH_FAILED, "NoSourceArtifact", message)
}

/// A file that is gone will be made again by its own reconciler.
fn not_read(source: &Target, error: &StoreError) -> Failure {
    if error.is_lost() {
        return no_artifact(source);
    }
    let message = format!("failed to open source artifact: {error}");
    Failure::new(types::FETCH_FAILED, "ReadOperationFailed", message)
}

impl Pass<'_, HelmChart> {
    /// The source and what is stored of it.
    pub(super) async fn origin(&self) -> Result<Origin, Failure> {
        let (source, stores) = (target(&self.object), &self.engine().stores);
        match &self.object.spec.source_ref.kind {
            ChartSourceKind::HelmRepository => self.repository(&source).await,
            ChartSourceKind::GitRepository => {
                let artifact = artifact_of(&stores.git_repositories, &source, "gitrepositories")?;
                self.files(&source, artifact).await
            }
            ChartSourceKind::Bucket => {
                let artifact = artifact_of(&stores.buckets, &source, "buckets")?;
                self.files(&source, artifact).await
            }
            other => Err(Failure::stalling(
                types::FETCH_FAILED,
                "UnsupportedSourceKind",
                format!(
                    "failed to get source: unsupported source kind '{other}', must be one of: \
                     [HelmRepository GitRepository Bucket]"
                ),
            )),
        }
    }

    async fn repository(&self, source: &Target) -> Result<Origin, Failure> {
        let repository = self.engine().stores.helm_repositories.get(&source.key);
        let repository = repository.ok_or_else(|| missing("helmrepositories", &source.key.name))?;
        if is_oci(&repository.spec) {
            return Ok(Origin::Repository(repository, None));
        }
        let index = self.index_of(&repository, source).await?;
        Ok(Origin::Repository(repository, Some(index)))
    }

    /// The stored index of a repository.
    pub(super) async fn index_of(
        &self,
        repository: &HelmRepository,
        source: &Target,
    ) -> Result<(Tree, String), Failure> {
        let status = repository.status.as_ref();
        let artifact = status.and_then(|status| status.artifact.as_ref());
        let artifact = artifact.ok_or_else(|| no_artifact(source))?;
        let artifact = Artifact::try_from(artifact).map_err(unavailable)?;
        let revision = artifact.revision.clone();
        let store = self.engine().artifacts.clone();
        // what was stored may be a little longer than what was fetched
        let limit = 2 * self.engine().options.helm_sizes.index as u64;
        let read = tokio::task::spawn_blocking(move || store.read_file(&artifact, limit)).await;
        let bytes = read
            .map_err(|error| Failure::storage(error.to_string()))?
            .map_err(|error| not_read(source, &error))?;
        Ok((index_tree(bytes.into()), revision))
    }

    async fn files(&self, source: &Target, artifact: Artifact) -> Result<Origin, Failure> {
        let engine = self.engine();
        let revision = artifact.revision.clone();
        if !engine.stores_artifacts_of(&source.kind) {
            let tree = engine.fetched.open(&artifact).await;
            let tree = tree.map_err(|error| {
                Failure::new(types::FETCH_FAILED, "ReadOperationFailed", error.to_string())
            })?;
            return Ok(Origin::Files(tree, revision));
        }
        let (opener, from) = (engine.clone(), source.clone());
        let opened = tokio::task::spawn_blocking(move || opener.open_tree(&from, &artifact)).await;
        let tree = opened
            .map_err(|error| Failure::storage(error.to_string()))?
            .map_err(|error| not_read(source, &error))?;
        Ok(Origin::Files(tree, revision))
    }

    /// The fetch of the chart from there.
    pub(super) async fn fetch_of(&self, origin: &Origin, wanted: &Wanted) -> Result<ChartFetch, Failure> {
        let plugin = self.plugin()?;
        match origin {
            Origin::Files(tree, _) => {
                let options = self.options(None, None).await?;
                Ok(ChartFetch::of_tree(tree.clone(), wanted, plugin, options))
            }
            Origin::Repository(repository, index) => {
                let (secret, tls) = secrets(&repository.spec);
                let options = self.options(secret, tls).await?;
                let index = index.as_ref().map(|(tree, _)| tree.clone());
                let using = (self.engine().transport.as_ref(), options);
                let fetch = ChartFetch::of_repository(&repository.spec, index, wanted, plugin, using);
                Ok(fetch?)
            }
        }
    }
}
