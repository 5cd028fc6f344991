//! Benchmark: one repository with many applications and thousands of other files, a Kustomization an application.
//!
//! Clocks a commit from its push and the reconcile request to the last Kustomization that has it as
//! `lastAppliedRevision`, and reads what the Sluice process spent on it.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;
mod repository;
mod rollout;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::json;
use sluice_testbed::{
    Cluster, ControlPlane, GitHttpServer, Repository, SluiceOptions, SluiceProcess, programs,
};

use crate::measure::Cost;
use crate::rollout::Rollout;

const NAMESPACE: &str = "bench";

/// What Flux 2.9 took on the same repository and two cores, as its maintainers' controllers run by default.
const FLUX: [(&str, f64, f64); 2] = [
    ("one app changed", 257.0, 429.0),
    ("no app changed", 260.0, 447.0),
];

/// The size of the benchmark and what must hold.
#[derive(Parser)]
struct Arguments {
    /// Applications, each with a Kustomization.
    #[arg(long, default_value_t = 100)]
    apps: usize,
    /// Files of 1 KB beside them.
    #[arg(long, default_value_t = 5000)]
    files: usize,
    /// Longest wall time of a commit, in seconds.
    #[arg(long, default_value_t = 2.0)]
    wall_limit: f64,
    /// Most CPU time of a commit, in seconds.
    #[arg(long, default_value_t = 3.0)]
    cpu_limit: f64,
    /// Print one JSON line a commit as well.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let plane = ControlPlane::start().await?;
    let cluster = plane.cluster().await?;
    cluster.apply_crds(&crds()?).await?;
    cluster.create_namespace(NAMESPACE).await?;
    let git = GitHttpServer::start().await?;
    let repository = git.create("monorepo")?;
    let commit = repository.commit(
        "main",
        "everything",
        &repository::everything(arguments.apps, arguments.files),
    )?;
    let sluice = SluiceProcess::start(SluiceOptions::new(plane.kubeconfig(), NAMESPACE)).await?;
    let bench = Bench {
        arguments,
        cluster,
        repository,
        sluice,
    };
    bench.install(&git, &commit).await?;
    let failed = bench.commits().await?;
    for failure in &failed {
        println!("FAILED: {failure}");
    }
    Ok(if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn crds() -> Result<String> {
    let output = std::process::Command::new(programs::sluice()?)
        .arg("crds")
        .output()
        .context("run sluice crds")?;
    if !output.status.success() {
        bail!("sluice crds: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

struct Bench {
    arguments: Arguments,
    cluster: Cluster,
    repository: Repository,
    sluice: SluiceProcess,
}

impl Bench {
    async fn install(&self, git: &GitHttpServer, commit: &str) -> Result<()> {
        let rollout = Rollout::watch(&self.cluster, NAMESPACE, self.arguments.apps);
        let cost = Cost::start(&self.sluice).await?;
        let source = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "monorepo", "namespace": NAMESPACE},
            "spec": {"interval": "1h", "url": git.url(&self.repository), "ref": {"branch": "main"}}});
        self.cluster.apply(&source).await?;
        for index in 0..self.arguments.apps {
            self.cluster
                .apply(&repository::kustomization(NAMESPACE, index))
                .await?;
        }
        let wall = rollout.all_on(commit).await?;
        let spent = cost.stop(&self.sluice, wall).await?;
        println!(
            "{} apps, {} other files; first roll-out of all:",
            self.arguments.apps, self.arguments.files
        );
        println!("  {spent}");
        Ok(())
    }

    async fn commits(&self) -> Result<Vec<String>> {
        let mut failed = Vec::new();
        let kinds = [
            (repository::one_app_changed(), 1.0),
            (repository::no_app_changed(), 0.0),
        ];
        for ((changes, renders), (name, flux_wall, flux_cpu)) in kinds.into_iter().zip(FLUX) {
            let rollout = Rollout::watch(&self.cluster, NAMESPACE, self.arguments.apps);
            rollout.settled().await?;
            let cost = Cost::start(&self.sluice).await?;
            let clock = std::time::Instant::now();
            let commit = self.repository.commit("main", name, &changes)?;
            self.request(&commit).await?;
            rollout.all_on(&commit).await?;
            let spent = cost.stop(&self.sluice, clock.elapsed()).await?;
            println!("{name}:");
            println!("  {spent}");
            println!(
                "  Flux 2.9 measured on 2 cores: {flux_wall:.0} s wall, {flux_cpu:.0} s CPU: {:.0} and {:.0} times as much",
                flux_wall / spent.wall,
                flux_cpu / spent.cpu.max(0.01)
            );
            if self.arguments.json {
                println!("{}", spent.json(name));
            }
            let limits = (self.arguments.wall_limit, self.arguments.cpu_limit);
            failed.extend(
                spent
                    .failures(limits, renders, self.arguments.apps)
                    .map(|what| format!("{name}: {what}")),
            );
        }
        Ok(failed)
    }

    async fn request(&self, token: &str) -> Result<()> {
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        self.cluster
            .merge(
                "source.toolkit.fluxcd.io/v1",
                "GitRepository",
                NAMESPACE,
                "monorepo",
                patch,
            )
            .await?;
        Ok(())
    }
}
