//! Hundreds of overlays that reach outside their folders for the same bases and components: a commit costs the
//! overlays that read what it changed.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use sluice_bench_monorepo::bed::{Bed, NAMESPACE};
use sluice_bench_monorepo::measure::Cost;
use sluice_bench_monorepo::rollout::Rollout;
use sluice_testbed::Change;

use crate::kustomization;

/// Bases, each of which every tenth overlay builds on.
const BASES: usize = 10;

/// A commit: what it is, what it changes, how many overlays read that, longest wall time and most CPU time.
struct Commit {
    name: &'static str,
    changes: Vec<Change>,
    renders: usize,
    limits: (f64, f64),
}

pub async fn run(count: usize) -> Result<Vec<String>> {
    let bed = Bed::start(&[]).await?;
    let repository = bed.git.create("app")?;
    let commit = repository.commit("main", "everything", &everything(count))?;
    bed.source("app", &repository).await?;
    let rollout = Rollout::watch(&bed.cluster, NAMESPACE, count);
    let cost = Cost::start(&bed.sluice).await?;
    let clock = Instant::now();
    let objects = (0..count).map(|index| {
        kustomization(
            &format!("app-{index}"),
            &format!("./overlays/app-{index}"),
            &json!({}),
        )
    });
    bed.apply_all(objects.collect()).await?;
    rollout.all_on(&commit).await?;
    println!("{count} overlays over {BASES} bases and a component, made and ready:");
    println!("  {}", cost.stop(&bed.sluice, clock.elapsed()).await?);
    let mut failed = Vec::new();
    for commit in commits(count) {
        rollout.settled().await?;
        let cost = Cost::start(&bed.sluice).await?;
        let clock = Instant::now();
        let revision = repository.commit("main", commit.name, &commit.changes)?;
        bed.request("source.toolkit.fluxcd.io/v1", "GitRepository", "app", &revision)
            .await?;
        rollout.all_on(&revision).await?;
        let spent = cost.stop(&bed.sluice, clock.elapsed()).await?;
        println!("{}:\n  {spent}", commit.name);
        let missed = spent.failures(commit.limits, commit.renders as f64, count);
        failed.extend(missed.map(|what| format!("{}: {what}", commit.name)));
    }
    Ok(failed)
}

fn commits(count: usize) -> [Commit; 4] {
    let base = |text| Change::text("bases/web-3/deployment.yaml", deployment(text));
    [
        Commit {
            name: "one overlay changed",
            changes: vec![Change::text("overlays/app-7/patch.yaml", patch(7, "changed"))],
            renders: 1,
            limits: (3.0, 4.0),
        },
        Commit {
            name: "one base changed",
            changes: vec![base("2.0.0")],
            renders: count / BASES,
            limits: (4.0, 5.0),
        },
        Commit {
            name: "the component changed",
            changes: vec![Change::text("components/tracing/patch.yaml", tracing("changed"))],
            renders: count,
            limits: (20.0, 20.0),
        },
        Commit {
            name: "nothing that is read changed",
            changes: vec![Change::text("README.md", "changed\n")],
            renders: 0,
            limits: (3.0, 4.0),
        },
    ]
}

fn everything(count: usize) -> Vec<Change> {
    let mut files = vec![
        Change::text(
            "components/tracing/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: patch.yaml\n  target:\n    kind: Deployment\n",
        ),
        Change::text("components/tracing/patch.yaml", tracing("first")),
    ];
    for base in 0..BASES {
        let folder = format!("bases/web-{base}");
        files.push(Change::text(
            format!("{folder}/kustomization.yaml"),
            "resources:\n- deployment.yaml\n- service.yaml\n",
        ));
        files.push(Change::text(
            format!("{folder}/deployment.yaml"),
            deployment("1.0.0"),
        ));
        files.push(Change::text(format!("{folder}/service.yaml"),
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n"));
    }
    for index in 0..count {
        let text = format!(
            "namespace: {NAMESPACE}\nnamePrefix: app-{index}-\nresources:\n- ../../bases/web-{}\ncomponents:\n- ../../components/tracing\npatches:\n- path: patch.yaml\n",
            index % BASES
        );
        files.push(Change::text(
            format!("overlays/app-{index}/kustomization.yaml"),
            text,
        ));
        files.push(Change::text(
            format!("overlays/app-{index}/patch.yaml"),
            patch(index, "first"),
        ));
    }
    files
}

fn deployment(version: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 0\n  selector:\n    matchLabels:\n      \
         app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: main\n        \
         image: registry.example/web:{version}\n"
    )
}

fn patch(index: usize, note: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations:\n    note: {note}\n    index: \"{index}\"\nspec:\n  \
         replicas: 0\n"
    )
}

fn tracing(note: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: any\nspec:\n  template:\n    metadata:\n      annotations:\n        \
         tracing: {note}\n"
    )
}
