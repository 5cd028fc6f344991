//! An API server that hangs in the middle of everything: what was begun is ended when it answers again.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{commit_of, config_map, git_repository, inventory, is_current, kustomization};
use sluice_testbed::{Change, ControlPlane, GitHttpServer, SluiceOptions, SluiceProcess, crds};

/// A process that was stopped, and goes on when this is dropped.
pub struct Stopped(u32);

impl Stopped {
    /// Stops it.
    pub fn begin(pid: u32) -> Result<Self> {
        signal(pid, "-STOP")?;
        Ok(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Err(error) = signal(self.0, "-CONT") {
            eprintln!("{error:#}");
        }
    }
}

fn signal(pid: u32, signal: &str) -> Result<()> {
    let status = Command::new("kill").arg(signal).arg(pid.to_string()).status()?;
    ensure!(status.success(), "kill {signal} {pid}: {status}");
    Ok(())
}

/// K5, K6: requests that are under way when the server hangs are answered late or never; the commit that came meanwhile
/// is applied once it answers, and nothing is made anew.
#[tokio::test]
async fn k6_a_rollout_outlives_an_api_server_that_hangs() -> Result<()> {
    let plane = ControlPlane::start().await?;
    let pids = plane.pids();
    // the store comes first, then the server
    let [_, api_server, ..] = pids[..] else {
        eprintln!("SKIPPED: somebody else's API server is not ours to stop");
        return Ok(());
    };
    let cluster = plane.cluster().await?;
    cluster.apply_crds(&crds()?).await?;
    cluster.create_namespace("hanging").await?;
    let case = Case {
        cluster,
        namespace: "hanging".into(),
        git: GitHttpServer::start().await?,
        sluice: SluiceProcess::start(SluiceOptions::new(plane.kubeconfig(), "hanging")).await?,
    };
    let repository = case.simple_repository("app")?;
    let mut source = git_repository("app", &case.git.url(&repository));
    source["spec"]["interval"] = json!("1s");
    case.apply(source).await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    let before = case.until("Kustomization", "app", "is ready", is_current).await?;
    let old = case.get("ConfigMap", "settings").await?;

    let stopped = Stopped::begin(api_server)?;
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    tokio::time::sleep(Duration::from_secs(8)).await;
    drop(stopped);

    let after = case
        .until("Kustomization", "app", "has applied the commit", |it| {
            commit_of(&it["status"]["lastAppliedRevision"]) == commit && is_current(it)
        })
        .await?;
    let new = case.get("ConfigMap", "settings").await?;
    assert_eq!(new["data"]["color"], "green");
    assert_eq!(new["metadata"]["uid"], old["metadata"]["uid"], "not made anew");
    assert_eq!(inventory(&after), inventory(&before));
    Ok(())
}
