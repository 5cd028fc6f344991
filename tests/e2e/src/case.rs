//! What a test has for itself: a namespace, a git server, and a `sluice run` that serves this namespace only.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use sluice_testbed::{Change, Cluster, GitHttpServer, Repository, SluiceOptions, SluiceProcess};

use crate::bed::bed;
use crate::object::{
    api_version, commit_of, git_repository, is_at_rest, is_current, kustomization, kustomization_file,
};

/// How long anything may take; only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The annotation that asks for a reconciliation.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

/// One test's world.
pub struct Case {
    /// With the administrator's rights.
    pub cluster: Cluster,
    /// Its own namespace; also `RUNTIME_NAMESPACE`.
    pub namespace: String,
    /// Its own git server.
    pub git: GitHttpServer,
    /// The process under test.
    pub sluice: SluiceProcess,
}

impl Case {
    /// Starts Sluice with the testbed's flags only.
    ///
    /// # Errors
    /// Something cannot be started.
    pub async fn start(name: &str) -> Result<Self> {
        Self::start_with(name, |options| options).await
    }

    /// Starts Sluice with more flags.
    ///
    /// # Errors
    /// Something cannot be started.
    pub async fn start_with(name: &str, configure: impl Fn(SluiceOptions) -> SluiceOptions) -> Result<Self> {
        let plane = bed().await?;
        let cluster = plane.cluster().await?;
        // somebody else's cluster keeps what earlier runs made
        let namespace = match plane.folder() {
            Some(_) => format!("e2e-{name}"),
            None => format!("e2e-{name}-{}", std::process::id()),
        };
        cluster.create_namespace(&namespace).await?;
        let git = GitHttpServer::start().await?;
        let options = configure(SluiceOptions::new(plane.kubeconfig(), &namespace));
        let sluice = SluiceProcess::start(options).await?;
        Ok(Self {
            cluster,
            namespace,
            git,
            sluice,
        })
    }

    /// A repository whose folder `app` has a kustomization of one ConfigMap `settings` with `color: blue`.
    ///
    /// # Errors
    /// git fails.
    pub fn simple_repository(&self, name: &str) -> Result<Repository> {
        let repository = self.git.create(name)?;
        let files = [
            Change::text("app/kustomization.yaml", kustomization_file(&["settings.yaml"])),
            Change::text(
                "app/settings.yaml",
                crate::object::config_map("settings", "color", "blue"),
            ),
        ];
        repository.commit("main", "first", &files)?;
        Ok(repository)
    }

    /// A GitRepository `name` and a Kustomization `name` of its folder `app`, ready.
    ///
    /// # Errors
    /// They do not become ready.
    pub async fn deploy(&self, name: &str, repository: &Repository) -> Result<Value> {
        self.apply(git_repository(name, &self.git.url(repository)))
            .await?;
        self.apply(kustomization(name, name, "./app")).await?;
        self.until("Kustomization", name, "is ready", is_current).await
    }

    /// Applies an object in the test's namespace; a Kustomization that names no target applies there as well.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn apply(&self, mut object: Value) -> Result<Value> {
        if object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = json!(self.namespace);
        }
        if object["kind"] == "Kustomization" && object["spec"].get("targetNamespace").is_none() {
            object["spec"]["targetNamespace"] = json!(self.namespace);
        }
        // a test that wants none says null
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.retain(|key, value| key != "targetNamespace" || !value.is_null());
        }
        self.cluster.apply(&object).await
    }

    /// An object of the test's namespace.
    ///
    /// # Errors
    /// The server does not answer, or has no such object.
    pub async fn get(&self, kind: &str, name: &str) -> Result<Value> {
        let found = self
            .cluster
            .get(api_version(kind), kind, &self.namespace, name)
            .await?;
        found.with_context(|| format!("{kind}/{}/{name} does not exist", self.namespace))
    }

    /// Whether there is such an object in the test's namespace.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn exists(&self, kind: &str, name: &str) -> Result<bool> {
        Ok(self
            .cluster
            .get(api_version(kind), kind, &self.namespace, name)
            .await?
            .is_some())
    }

    /// A merge patch.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn merge(&self, kind: &str, name: &str, patch: Value) -> Result<Value> {
        self.cluster
            .merge(api_version(kind), kind, &self.namespace, name, patch)
            .await
    }

    /// Asks for deletion.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn delete(&self, kind: &str, name: &str) -> Result<()> {
        self.cluster
            .delete(api_version(kind), kind, &self.namespace, name)
            .await
    }

    /// Waits until `test` accepts the object; shows Sluice's log when it does not.
    ///
    /// # Errors
    /// It does not within [`PATIENCE`].
    pub async fn until(
        &self,
        kind: &str,
        name: &str,
        what: &str,
        test: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let of = (api_version(kind), kind, self.namespace.as_str(), name);
        let found = self.cluster.wait_for(PATIENCE, of, what, test).await;
        found.map_err(|error| self.with_log(&error))
    }

    /// Waits until the object is gone.
    ///
    /// # Errors
    /// It is not within [`PATIENCE`].
    pub async fn until_gone(&self, kind: &str, name: &str) -> Result<()> {
        let of = (api_version(kind), kind, self.namespace.as_str(), name);
        self.cluster
            .wait_gone(PATIENCE, of)
            .await
            .map_err(|error| self.with_log(&error))
    }

    /// The error first: what shortens the output of a failed run leaves the cause.
    fn with_log(&self, error: &anyhow::Error) -> anyhow::Error {
        let log = sluice_testbed::process::tail(&self.sluice.output(), 40);
        anyhow!("{error:#}\nthe end of Sluice's log:\n{log}")
    }

    /// Asks for a reconciliation and gives the request's token.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn request(&self, kind: &str, name: &str) -> Result<String> {
        let token = token();
        self.merge(
            kind,
            name,
            json!({"metadata": {"annotations": {REQUESTED_AT: token}}}),
        )
        .await?;
        Ok(token)
    }

    /// Asks for a reconciliation and waits until it was handled, whatever came of it.
    ///
    /// # Errors
    /// It was not handled within [`PATIENCE`].
    pub async fn reconcile(&self, kind: &str, name: &str) -> Result<Value> {
        let token = self.request(kind, name).await?;
        self.until(kind, name, "has handled the request", |object| {
            object["status"]["lastHandledReconcileAt"] == token.as_str() && is_at_rest(object)
        })
        .await
    }

    /// Fetches the source and waits until the Kustomization of the same name stands on `commit`.
    ///
    /// # Errors
    /// It does not within [`PATIENCE`].
    pub async fn roll_out(&self, name: &str, commit: &str) -> Result<Value> {
        self.request("GitRepository", name).await?;
        self.until(
            "Kustomization",
            name,
            &format!("has applied {commit}"),
            |object| commit_of(&object["status"]["lastAppliedRevision"]) == commit && is_current(object),
        )
        .await
    }

    /// Waits until `test` accepts an event of the namespace.
    ///
    /// # Errors
    /// There is none within [`PATIENCE`].
    pub async fn until_told(&self, what: &str, test: impl Fn(&Value) -> bool) -> Result<()> {
        sluice_testbed::eventually(PATIENCE, what, || async {
            let events = self.cluster.list("v1", "Event", &self.namespace, "").await;
            events.unwrap_or_default().iter().any(&test)
        })
        .await
    }

    /// Whether a text stands anywhere in Sluice's output.
    pub fn logs_contain(&self, text: &str) -> bool {
        self.sluice.output().contains(text)
    }
}

/// A token no earlier request had.
pub fn token() -> String {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "{}-{}",
        since.as_nanos(),
        COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    )
}
