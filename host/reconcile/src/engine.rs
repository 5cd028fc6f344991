//! Everything that reconcilers share: the cluster, the stages, the informers, the queues.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sluice_api::{
    Alert, Bucket, ExternalArtifact, GitRepository, HelmChart, HelmRelease, HelmRepository, Kustomization,
    OCIRepository, Plugin, Provider,
};
use sluice_artifact::ArtifactStore;
use sluice_cluster::{Cluster, Hub};
use sluice_decrypt::Sops;
use sluice_event::Recorder;
use sluice_fetch::helm::HelmSizes;
use sluice_model::{Artifact, Tree};
use sluice_render::Renderer;
use sluice_sandbox::PluginStore;
use sluice_transport::Transport;

use crate::feature::FeatureGates;
use crate::fetched::{FetchError, FetchedTrees};
use crate::index::{Index, Target};
use crate::metrics::Metrics;
use crate::plugin::KeptComponents;
use crate::queue::Queue;
use crate::remote::Remotes;
use crate::store::Store;

/// Settings of the reconcilers, from the command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// Namespace that Sluice runs in.
    pub runtime_namespace: String,
    /// Watch only this namespace; all of them when none.
    pub watch_namespace: Option<String>,
    /// Watch only objects with these labels.
    pub label_selector: Option<String>,
    /// Kinds to serve; all of them when empty.
    pub kinds: Vec<String>,
    /// Objects of a source kind worked on at once.
    pub concurrent_sources: usize,
    /// Objects of another kind worked on at once.
    pub concurrent: usize,
    /// Objects of a Kustomization dry-run at once.
    pub concurrent_ssa: usize,
    /// Percentage by which an interval is moved.
    pub jitter_percent: u8,
    /// Wait for a missing dependency or source.
    pub requeue_dependency: Duration,
    /// Least wait after a failure.
    pub min_retry_delay: Duration,
    /// Longest wait after a failure.
    pub max_retry_delay: Duration,
    /// Refuse references across namespaces.
    pub no_cross_namespace_refs: bool,
    /// Refuse remote bases.
    pub no_remote_bases: bool,
    /// Service account of objects that name none; empty for our own identity.
    pub default_service_account: String,
    /// Secret of the runtime namespace with age keys for objects that decrypt and name no Secret.
    pub sops_age_secret: Option<String>,
    /// ConfigMap of the runtime namespace with the Vault servers that service accounts may log in at.
    pub sops_vault_configmap: Option<String>,
    /// Service account that objects decrypt with when they name none; empty for none.
    pub default_decryption_service_account: String,
    /// Service account whose token is sent to a remote cluster where a kubeconfig ConfigMap names none.
    pub default_kubeconfig_service_account: String,
    /// What a kubeconfig of a tenant may ask for.
    pub kubeconfig: sluice_cluster::KubeconfigPolicy,
    /// Field managers beside kubectl whose fields are taken over (`--override-manager`).
    pub override_managers: Vec<String>,
    /// Groups and kinds that are applied before the last stage (`--custom-apply-stage-kinds`).
    pub custom_stage_kinds: Vec<(String, String)>,
    /// Lets every Kustomization change the security labels of namespaces.
    pub allow_namespace_security_labels: bool,
    /// Host that replaces the one of artifact URLs (`SOURCE_CONTROLLER_LOCALHOST`).
    pub artifact_host: Option<String>,
    /// Largest indexes and charts of Helm.
    pub helm_sizes: HelmSizes,
    /// Feature gates.
    pub features: FeatureGates,
    /// Folder of the Git repositories' objects.
    pub repositories: PathBuf,
}

impl Options {
    /// Whether a kind is served.
    pub fn serves(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|served| served.eq_ignore_ascii_case(kind))
    }
}

/// The informers.
#[derive(Default)]
pub struct Stores {
    /// Git sources.
    pub git_repositories: Arc<Store<GitRepository>>,
    /// OCI sources.
    pub oci_repositories: Arc<Store<OCIRepository>>,
    /// Repositories of Helm charts.
    pub helm_repositories: Arc<Store<HelmRepository>>,
    /// Packed Helm charts.
    pub helm_charts: Arc<Store<HelmChart>>,
    /// Bucket sources.
    pub buckets: Arc<Store<Bucket>>,
    /// Sources of other controllers.
    pub external_artifacts: Arc<Store<ExternalArtifact>>,
    /// What is applied.
    pub kustomizations: Arc<Store<Kustomization>>,
    /// What is installed.
    pub helm_releases: Arc<Store<HelmRelease>>,
    /// Who is told of what.
    pub alerts: Arc<Store<Alert>>,
    /// Where events are sent.
    pub providers: Arc<Store<Provider>>,
    /// Installed plugins.
    pub plugins: Arc<Store<Plugin>>,
}

/// The queues.
#[derive(Default)]
pub struct Queues {
    /// Of GitRepository.
    pub git_repositories: Arc<Queue>,
    /// Of HelmRepository.
    pub helm_repositories: Arc<Queue>,
    /// Of HelmChart.
    pub helm_charts: Arc<Queue>,
    /// Of Kustomization.
    pub kustomizations: Arc<Queue>,
    /// Of HelmRelease.
    pub helm_releases: Arc<Queue>,
    /// Of Plugin.
    pub plugins: Arc<Queue>,
}

/// What every reconciler holds.
pub struct Engine {
    /// Settings.
    pub options: Options,
    /// The cluster with our own identity.
    pub cluster: Cluster,
    /// Watches of applied objects.
    pub hub: Hub,
    /// Plugins by name.
    pub plugins: PluginStore,
    /// Components from registries.
    pub components: KeptComponents,
    /// Reaches remote servers.
    pub transport: Arc<Transport>,
    /// Stored artifacts.
    pub artifacts: Arc<ArtifactStore>,
    /// Trees of artifacts that others serve.
    pub fetched: FetchedTrees,
    /// Clusters that Kustomizations name.
    pub remotes: Remotes,
    /// Renders with the memo.
    pub renderer: Renderer,
    /// Decrypts with the keys of objects.
    pub sops: Sops,
    /// Records events.
    pub recorder: Recorder,
    /// Figures.
    pub metrics: Metrics,
    /// Informers.
    pub stores: Stores,
    /// Queues.
    pub queues: Queues,
    /// What Kustomizations refer to.
    pub references: Index,
    /// What HelmCharts refer to.
    pub chart_sources: Index,
    /// What HelmReleases refer to.
    pub helm_references: Index,
}

/// Largest file of an artifact that is read into memory at once.
const MAX_ARTIFACT_FILE: u64 = 100 << 20;

/// Source kinds that this version reconciles itself.
const RECONCILED_SOURCES: [&str; 3] = ["GitRepository", "HelmRepository", "HelmChart"];

impl Engine {
    /// Whether the artifacts of a source kind are in our own store: its reconciler exists and is selected.
    pub fn stores_artifacts_of(&self, kind: &str) -> bool {
        RECONCILED_SOURCES.contains(&kind) && self.options.serves(kind)
    }

    /// The bytes of an artifact that is one file: from our own store, or from whoever serves it.
    ///
    /// # Errors
    /// It cannot be fetched, or is another than its status says.
    pub async fn artifact_bytes(&self, kind: &str, artifact: &Artifact) -> Result<Bytes, FetchError> {
        if self.stores_artifacts_of(kind) {
            let (store, artifact) = (Arc::clone(&self.artifacts), artifact.clone());
            let read = tokio::task::spawn_blocking(move || store.read_file(&artifact, MAX_ARTIFACT_FILE));
            if let Ok(Ok(bytes)) = read.await {
                return Ok(bytes.into());
            }
        }
        self.fetched.bytes(artifact).await
    }

    /// Folder of a Git source's objects.
    pub fn repository(&self, source: &Target) -> PathBuf {
        self.options
            .repositories
            .join(&source.key.namespace)
            .join(&source.key.name)
    }

    /// The tree of a source's artifact.
    ///
    /// # Errors
    /// The stored file is gone or is not what was stored.
    pub fn open_tree(
        &self,
        source: &Target,
        artifact: &Artifact,
    ) -> Result<Tree, sluice_artifact::StoreError> {
        let blobs =
            (source.kind == "GitRepository").then(|| self.transport.git_blobs(&self.repository(source)));
        self.artifacts.open_tree(artifact, blobs)
    }
}
