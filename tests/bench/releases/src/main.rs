//! Benchmark of many HelmReleases of one small chart, after the Flux project's own: a Deployment scaled to nothing, a
//! ServiceAccount, a Service and an Ingress each. All are installed, then a new version of the chart upgrades all.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use serde_json::{Value, json};
use sluice_bench_monorepo::bed::{Bed, NAMESPACE};
use sluice_bench_monorepo::measure::{Cost, Spent};
use sluice_bench_monorepo::rollout::Rollout;
use sluice_bench_monorepo::verdict;
use sluice_testbed::Change;

/// Flux published this for helm-controller with 100 releases.
const FLUX_MIB: u64 = 286;
const MOST_MIB: u64 = 200;

/// The sizes.
#[derive(Parser)]
struct Arguments {
    /// Releases.
    #[arg(long, default_value_t = 200)]
    releases: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let count = Arguments::parse().releases;
    let bed = Bed::start(&[]).await?;
    let repository = bed.git.create("charts")?;
    repository.commit("main", "first", &chart("1.0.0"))?;
    bed.source("charts", &repository).await?;
    bed.apply_all(vec![helm_chart()]).await?;
    let rollout = Rollout::of_releases(&bed.cluster, NAMESPACE, count);
    let cost = Cost::start(&bed.sluice).await?;
    let clock = Instant::now();
    bed.apply_all((0..count).map(release).collect()).await?;
    rollout.all_on("1.0.0").await?;
    rollout.settled().await?;
    let spent = cost.stop(&bed.sluice, clock.elapsed()).await?;
    print("installed", count, &spent);

    let cost = Cost::start(&bed.sluice).await?;
    let clock = Instant::now();
    let commit = repository.commit("main", "second", &chart("1.1.0"))?;
    bed.request("source.toolkit.fluxcd.io/v1", "GitRepository", "charts", &commit)
        .await?;
    rollout.all_on("1.1.0").await?;
    rollout.settled().await?;
    let spent = cost.stop(&bed.sluice, clock.elapsed()).await?;
    print("upgraded", count, &spent);
    let peak = spent.peak >> 20;
    let failed: Vec<String> = (peak > MOST_MIB)
        .then(|| format!("peak memory {peak} MiB, must be at most {MOST_MIB}"))
        .into_iter()
        .collect();
    Ok(verdict(&failed))
}

fn print(what: &str, count: usize, spent: &Spent) {
    let rate = count as f64 / spent.wall.max(1e-9);
    println!(
        "{count} HelmReleases {what}: {:.1} s, {rate:.1} a second, {:.1} s CPU; {} MiB resident, {} MiB at most (Flux published {FLUX_MIB} MiB at 100)",
        spent.wall,
        spent.cpu,
        spent.resident >> 20,
        spent.peak >> 20
    );
}

fn helm_chart() -> Value {
    json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"interval": "1h", "chart": "./web", "sourceRef": {"kind": "GitRepository", "name": "charts"}}})
}

fn release(index: usize) -> Value {
    json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": format!("web-{index}"), "namespace": NAMESPACE},
        "spec": {"interval": "1h", "timeout": "5m", "chartRef": {"kind": "HelmChart", "name": "web"},
            "values": {"replicas": 0, "index": index}}})
}

fn chart(version: &str) -> Vec<Change> {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"web.name\" . }}\n  labels:\n    {{- include \
        \"web.labels\" . | nindent 4 }}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels:\n      app: {{ include \
        \"web.name\" . }}\n  template:\n    metadata:\n      labels:\n        app: {{ include \"web.name\" . }}\n    spec:\n      \
        serviceAccountName: {{ include \"web.name\" . }}\n      containers:\n      - name: main\n        image: \
        registry.example/web:{{ .Chart.Version }}\n        ports:\n        - containerPort: 8080\n";
    let rest = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ include \"web.name\" . }}\n---\napiVersion: v1\nkind: \
        Service\nmetadata:\n  name: {{ include \"web.name\" . }}\nspec:\n  selector:\n    app: {{ include \"web.name\" . }}\n  ports:\n  \
        - port: 80\n    targetPort: 8080\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{ include \
        \"web.name\" . }}\nspec:\n  rules:\n  - host: {{ include \"web.name\" . }}.example\n    http:\n      paths:\n      - path: /\n        \
        pathType: Prefix\n        backend:\n          service:\n            name: {{ include \"web.name\" . }}\n            port:\n              \
        number: 80\n";
    let names = "{{- define \"web.name\" -}}\n{{ .Release.Name | trunc 63 | trimSuffix \"-\" }}\n{{- end }}\n{{- define \"web.labels\" -}}\n\
        app.kubernetes.io/name: {{ .Chart.Name }}\napp.kubernetes.io/version: {{ .Chart.Version | quote }}\nindex: {{ .Values.index | \
        quote }}\n{{- end }}\n";
    vec![
        Change::text(
            "web/Chart.yaml",
            format!("apiVersion: v2\nname: web\nversion: {version}\n"),
        ),
        Change::text("web/values.yaml", "replicas: 1\nindex: 0\n"),
        Change::text("web/templates/_names.tpl", names),
        Change::text("web/templates/deployment.yaml", deployment),
        Change::text("web/templates/rest.yaml", rest),
    ]
}
