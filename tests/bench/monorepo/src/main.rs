//! Benchmark: one repository with many applications and thousands of other files, a Kustomization an application.
//!
//! Clocks a commit from its push and the reconcile request to the last Kustomization that has it as
//! `lastAppliedRevision`, and reads what the Sluice process spent on it.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod repository;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use sluice_bench_monorepo::bed::{Bed, NAMESPACE};
use sluice_bench_monorepo::measure::Cost;
use sluice_bench_monorepo::rollout::Rollout;
use sluice_bench_monorepo::verdict;
use sluice_testbed::Repository;

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
    let bed = Bed::start(&[]).await?;
    let repository = bed.git.create("monorepo")?;
    let commit = repository.commit(
        "main",
        "everything",
        &repository::everything(arguments.apps, arguments.files),
    )?;
    let bench = Bench {
        arguments,
        bed,
        repository,
    };
    bench.install(&commit).await?;
    let failed = bench.commits().await?;
    Ok(verdict(&failed))
}

struct Bench {
    arguments: Arguments,
    bed: Bed,
    repository: Repository,
}

impl Bench {
    async fn install(&self, commit: &str) -> Result<()> {
        let rollout = Rollout::watch(&self.bed.cluster, NAMESPACE, self.arguments.apps);
        let cost = Cost::start(&self.bed.sluice).await?;
        self.bed.source("monorepo", &self.repository).await?;
        let apps = (0..self.arguments.apps).map(|index| repository::kustomization(NAMESPACE, index));
        self.bed.apply_all(apps.collect()).await?;
        let wall = rollout.all_on(commit).await?;
        let spent = cost.stop(&self.bed.sluice, wall).await?;
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
            let rollout = Rollout::watch(&self.bed.cluster, NAMESPACE, self.arguments.apps);
            rollout.settled().await?;
            let cost = Cost::start(&self.bed.sluice).await?;
            let clock = std::time::Instant::now();
            let commit = self.repository.commit("main", name, &changes)?;
            self.bed
                .request(
                    "source.toolkit.fluxcd.io/v1",
                    "GitRepository",
                    "monorepo",
                    &commit,
                )
                .await?;
            rollout.all_on(&commit).await?;
            let spent = cost.stop(&self.bed.sluice, clock.elapsed()).await?;
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
}
