//! The source of a Kustomization: which object, whether it may be used, and its current artifact. Every kind of source
//! is used alike: what counts is `status.artifact`.

use std::time::Duration;

use sluice_api::condition;
use sluice_api::{
    Bucket, ExternalArtifact, GitRepository, GoDuration, HelmChart, HelmRepository, Kustomization,
    KustomizationSpec, OCIRepository,
};
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::Artifact;
use sluice_model::condition::{reasons, types};

use crate::engine::{Options, Stores};
use crate::feature::EXTERNAL_ARTIFACT;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::store::{Kind, Store};

/// Why there is no artifact to apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Refused by `--no-cross-namespace-refs`.
    #[error("can't access '{kind}/{key}', cross-namespace references have been blocked")]
    Denied {
        /// Kind of the source.
        kind: String,
        /// Which one.
        key: ObjectKey,
    },
    /// Refused by a feature gate.
    #[error("can't access '{kind}/{key}', {EXTERNAL_ARTIFACT} feature gate is disabled")]
    Gated {
        /// Kind of the source.
        kind: String,
        /// Which one.
        key: ObjectKey,
    },
    /// The source's kind is not served by this version.
    #[error("spec.sourceRef.kind '{0}' is not served by this version of Sluice")]
    Unsupported(String),
    /// It does not exist.
    #[error("Source '{kind}/{key}' not found")]
    NotFound {
        /// Kind of the source.
        kind: String,
        /// Which one.
        key: ObjectKey,
    },
    /// Its artifact cannot be read from its status.
    #[error("Source '{kind}/{key}': {reason}")]
    Unreadable {
        /// Kind of the source.
        kind: String,
        /// Which one.
        key: ObjectKey,
        /// What is wrong.
        reason: String,
    },
    /// It exists and has no artifact yet.
    #[error("Source artifact not found, retrying in {retry}")]
    NoArtifact {
        /// As Flux prints it.
        retry: String,
    },
}

impl SourceError {
    /// The reason of the Ready condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Denied { .. } | Self::Gated { .. } => reasons::ACCESS_DENIED,
            _ => reasons::ARTIFACT_FAILED,
        }
    }

    /// Whether only a change of spec helps.
    pub fn is_stalling(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::Gated { .. })
    }
}

/// The source that an object refers to.
pub fn target(object: &Kustomization) -> Target {
    of(&object.namespace().unwrap_or_default(), &object.spec)
}

fn of(namespace: &str, spec: &KustomizationSpec) -> Target {
    let reference = &spec.source_ref;
    let namespace = reference
        .namespace
        .as_deref()
        .filter(|ns| !ns.is_empty())
        .unwrap_or(namespace);
    Target::new(
        reference.kind.to_string(),
        ObjectKey::new(namespace, &reference.name),
    )
}

/// Checks the cross-namespace rule and the feature gate before anything is read (T1).
///
/// # Errors
/// The source is in another namespace or of a kind that is not allowed.
pub fn check_access(object: &Kustomization, target: &Target, options: &Options) -> Result<(), SourceError> {
    let (kind, key) = (target.kind.clone(), target.key.clone());
    if options.no_cross_namespace_refs && object.namespace().as_deref() != Some(&target.key.namespace) {
        return Err(SourceError::Denied { kind, key });
    }
    if kind == EXTERNAL_ARTIFACT && !options.features.is_on(EXTERNAL_ARTIFACT) {
        return Err(SourceError::Gated { kind, key });
    }
    Ok(())
}

/// A kind that publishes an artifact.
pub trait Source: Kind {
    /// What it published last.
    fn artifact(&self) -> Option<&sluice_api::Artifact>;
    /// Whether it is ready, as it says itself.
    fn is_ready(&self) -> bool;
}

macro_rules! sources {
    ($($kind:ty),*) => {$(
        impl Source for $kind {
            fn artifact(&self) -> Option<&sluice_api::Artifact> {
                self.status.as_ref()?.artifact.as_ref()
            }
            fn is_ready(&self) -> bool {
                let status = self.status.as_ref();
                status.is_some_and(|status| condition::is_true(&status.conditions, types::READY))
            }
        }
    )*};
}
sources!(
    GitRepository,
    OCIRepository,
    Bucket,
    ExternalArtifact,
    HelmRepository,
    HelmChart
);

/// The artifact of a stored object; the outer option is whether there is such an object.
fn stored<K: Source>(store: &Store<K>, key: &ObjectKey) -> Option<Option<sluice_api::Artifact>> {
    store.get(key).map(|source| source.artifact().cloned())
}

/// The current artifact of a source.
///
/// # Errors
/// The kind is not served, or the source or its artifact is missing.
pub fn artifact(stores: &Stores, target: &Target, retry: Duration) -> Result<Artifact, SourceError> {
    let Target { kind, key } = target;
    let stored = match kind.as_str() {
        "GitRepository" => stored(&stores.git_repositories, key),
        "OCIRepository" => stored(&stores.oci_repositories, key),
        "Bucket" => stored(&stores.buckets, key),
        "ExternalArtifact" => stored(&stores.external_artifacts, key),
        _ => return Err(SourceError::Unsupported(kind.clone())),
    };
    let artifact = stored.ok_or_else(|| SourceError::NotFound {
        kind: kind.clone(),
        key: key.clone(),
    })?;
    let artifact = artifact.ok_or_else(|| SourceError::NoArtifact {
        retry: GoDuration::from(retry).to_string(),
    })?;
    Artifact::try_from(&artifact).map_err(|error| SourceError::Unreadable {
        kind: kind.clone(),
        key: key.clone(),
        reason: error.to_string(),
    })
}
