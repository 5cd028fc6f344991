//! Benchmark of many Kustomizations: all that wait for health, all over shared bases, and a chain of dependencies.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod chain;
mod shared;
mod wait;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use sluice_bench_monorepo::bed::NAMESPACE;
use sluice_bench_monorepo::verdict;

/// One benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Kustomizations that wait for a Deployment, a ServiceAccount, a Service and an Ingress each.
    Wait,
    /// Overlays that share bases and components.
    Shared,
    /// Kustomizations that depend on each other in a row.
    Chain,
}

/// The sizes.
#[derive(Parser)]
struct Arguments {
    /// Run only these; all of them when none is named.
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// Kustomizations that wait.
    #[arg(long, default_value_t = 500)]
    waiting: usize,
    /// Overlays over shared bases.
    #[arg(long, default_value_t = 300)]
    overlays: usize,
    /// Length of the chain.
    #[arg(long, default_value_t = 10)]
    depth: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let asked = |scenario| arguments.scenarios.is_empty() || arguments.scenarios.contains(&scenario);
    let mut failed = Vec::new();
    if asked(Scenario::Wait) {
        failed.extend(wait::run(arguments.waiting).await?);
    }
    if asked(Scenario::Shared) {
        failed.extend(shared::run(arguments.overlays).await?);
    }
    if asked(Scenario::Chain) {
        failed.extend(chain::run(arguments.depth).await?);
    }
    Ok(verdict(&failed))
}

/// A Kustomization of the source `app`.
fn kustomization(name: &str, path: &str, more: &Value) -> Value {
    let mut spec = json!({"interval": "1h", "path": path, "prune": true,
        "sourceRef": {"kind": "GitRepository", "name": "app"}});
    if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})
}

/// What does not hold, said for people.
fn at_most(what: &str, is: f64, limit: f64) -> Option<String> {
    (is > limit).then(|| format!("{what} {is:.2}, must be at most {limit:.2}"))
}
