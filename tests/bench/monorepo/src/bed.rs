//! A control plane, a git server and a Sluice process for one benchmark.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_testbed::{Cluster, ControlPlane, GitHttpServer, Repository, SluiceOptions, SluiceProcess, crds};

/// The namespace that everything is in.
pub const NAMESPACE: &str = "bench";

/// What a benchmark runs against; everything ends when it is dropped.
pub struct Bed {
    /// The cluster, as an administrator.
    pub cluster: Cluster,
    /// The git server.
    pub git: GitHttpServer,
    /// Sluice.
    pub sluice: SluiceProcess,
    /// Keeps the control plane running.
    pub plane: ControlPlane,
}

impl Bed {
    /// Starts all of it.
    ///
    /// # Errors
    /// A program is missing or does not start.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        let plane = ControlPlane::start().await?;
        let cluster = plane.cluster().await?;
        cluster.apply_crds(&crds()?).await?;
        cluster.create_namespace(NAMESPACE).await?;
        let git = GitHttpServer::start().await?;
        let mut options = SluiceOptions::new(plane.kubeconfig(), NAMESPACE);
        options.args.extend(arguments.iter().map(ToString::to_string));
        let sluice = SluiceProcess::start(options).await?;
        Ok(Self {
            cluster,
            git,
            sluice,
            plane,
        })
    }

    /// Makes a GitRepository of the main branch.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn source(&self, name: &str, repository: &Repository) -> Result<()> {
        let source = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"interval": "1h", "url": self.git.url(repository), "ref": {"branch": "main"}}});
        self.cluster.apply(&source).await.map(drop)
    }

    /// Applies many objects, eight at once.
    ///
    /// # Errors
    /// The API server refuses one.
    pub async fn apply_all(&self, objects: Vec<Value>) -> Result<()> {
        let mut objects = objects.into_iter();
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.len() < 8
                && let Some(object) = objects.next()
            {
                let cluster = self.cluster.clone();
                running.spawn(async move { cluster.apply(&object).await.map(drop) });
            }
            match running.join_next().await {
                Some(applied) => applied??,
                None => return Ok(()),
            }
        }
    }

    /// Asks for a reconcile with the annotation that the flux CLI sets.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn request(&self, api_version: &str, kind: &str, name: &str, token: &str) -> Result<()> {
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        self.cluster
            .merge(api_version, kind, NAMESPACE, name, patch)
            .await
            .map(drop)
    }
}
