//! Everything the demo runs on: control plane, git server, webhook receiver, and Sluice itself.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sluice_testbed::{
    Checkout, Cluster, ControlPlane, GitHttpServer, Receiver, Repository, SluiceOptions, SluiceProcess,
    programs,
};

use crate::board::Board;
use crate::shop;

/// Where Sluice and its objects live.
pub const SYSTEM: &str = "sluice-system";

/// The key that signs notifications.
pub const KEY: &str = "a key that only Sluice and the receiver know";

/// All that runs; dropping it ends it.
pub struct World {
    // in the order they end
    pub sluice: SluiceProcess,
    pub receiver: Receiver,
    pub checkout: Checkout,
    pub git: GitHttpServer,
    pub repository: Repository,
    pub cluster: Cluster,
    pub renderer: String,
    pub fetcher: String,
    plane: ControlPlane,
}

impl World {
    /// Starts everything.
    pub async fn start(board: &Board) -> Result<Self> {
        let row = board.row("control plane");
        row.show("starting etcd, kube-apiserver, kube-controller-manager");
        let started = std::time::Instant::now();
        let plane = ControlPlane::start().await?;
        let cluster = plane.cluster().await?;
        let version = cluster.version().await?;
        row.done(&format!(
            "Kubernetes {version} with etcd, ready in {:.1} s",
            started.elapsed().as_secs_f64()
        ));

        let row = board.row("CRDs");
        row.show("applying what `sluice crds` prints");
        let crds = sluice(&["crds"])?;
        cluster.apply_crds(&crds).await?;
        row.done(&format!(
            "{} kinds installed from `sluice crds`",
            sluice_testbed::cluster::parse_yaml(&crds)?.len()
        ));
        cluster.create_namespace(SYSTEM).await?;

        let row = board.row("git server");
        let git = GitHttpServer::start().await?;
        let repository = git.create("shop")?;
        let files = shop::files()?;
        repository.commit("main", "A shop with a base and three environments", &files)?;
        let checkout = Checkout::clone(&git.url(&repository))?;
        row.done(&format!(
            "{} serves {} files: a base and overlays dev, staging, prod",
            git.url(&repository),
            files.len()
        ));

        let row = board.row("sluice");
        row.show("starting");
        let receiver = Receiver::start()?;
        let mut options = SluiceOptions::new(plane.kubeconfig(), SYSTEM);
        options.all_namespaces = true;
        let sluice_process = SluiceProcess::start(options).await?;
        let ready = sluice_process.readiness().as_millis();
        row.done(&format!(
            "one process (pid {}) runs all controllers, ready after {ready} ms",
            sluice_process.pid()
        ));
        let plugins: Value = serde_json::from_str(&sluice(&["plugin", "list", "-o", "json"])?)?;
        let digest = |name: &str| {
            digest_of(&plugins, name).with_context(|| format!("no digest of {name} in {plugins}"))
        };
        let (renderer, fetcher) = (digest("render-kustomize")?, digest("source-git")?);
        Ok(Self {
            sluice: sluice_process,
            receiver,
            checkout,
            git,
            repository,
            cluster,
            renderer,
            fetcher,
            plane,
        })
    }

    /// The end of Sluice's log.
    pub fn log_tail(&self) -> String {
        sluice_testbed::process::tail(&self.sluice.output(), 20)
    }

    /// The processes that must be gone in the end.
    pub fn pids(&self) -> Vec<u32> {
        self.plane.pids().into_iter().chain([self.sluice.pid()]).collect()
    }

    /// The objects that tell Sluice what to do.
    pub async fn install(&self) -> Result<()> {
        let object = |api: &str, kind: &str, name: &str, spec: Value| {
            json!({"apiVersion": api, "kind": kind,
            "metadata": {"name": name, "namespace": SYSTEM}, "spec": spec})
        };
        let notification = "notification.toolkit.fluxcd.io/v1beta3";
        let objects = [
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "webhook", "namespace": SYSTEM},
                "stringData": {"token": KEY}}),
            object(
                notification,
                "Provider",
                "webhook",
                json!({"type": "generic-hmac",
                "address": self.receiver.url("events"), "secretRef": {"name": "webhook"}}),
            ),
            object(
                notification,
                "Alert",
                "webhook",
                json!({"providerRef": {"name": "webhook"}, "eventSeverity": "info",
                "eventSources": [{"kind": "GitRepository", "name": "*"}, {"kind": "Kustomization", "name": "*"}]}),
            ),
            object(
                "source.toolkit.fluxcd.io/v1",
                "GitRepository",
                "shop",
                json!({"interval": "10m",
                "url": self.git.url(&self.repository), "ref": {"branch": "main"}}),
            ),
        ];
        for object in objects
            .into_iter()
            .chain((0..shop::ENVIRONMENTS.len()).map(|index| shop::kustomization(SYSTEM, index)))
        {
            self.cluster.apply(&object).await?;
        }
        Ok(())
    }

    /// Asks for a reconciliation.
    pub async fn request(&self, api_version: &str, kind: &str, name: &str) -> Result<()> {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_nanos()
            .to_string();
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}});
        self.cluster
            .merge(api_version, kind, SYSTEM, name, patch)
            .await
            .map(drop)
    }
}

fn sluice(args: &[&str]) -> Result<String> {
    let output = Command::new(programs::sluice()?)
        .args(args)
        .output()
        .context("run sluice")?;
    if !output.status.success() {
        bail!(
            "sluice {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The digest beside a name, wherever the two stand.
fn digest_of(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(map) if map.get("name").is_some_and(|it| it == name) => {
            map.get("digest").and_then(Value::as_str).map(str::to_owned)
        }
        Value::Object(map) => map.values().find_map(|value| digest_of(value, name)),
        Value::Array(list) => list.iter().find_map(|value| digest_of(value, name)),
        _ => None,
    }
}
