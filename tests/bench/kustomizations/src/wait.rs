//! Hundreds of Kustomizations with `wait: true`, after the Flux project's own benchmark: a Deployment scaled to
//! nothing, a ServiceAccount, a Service and an Ingress each. Then all of them wait for pods that never come, and one
//! more is asked to reconcile.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use sluice_bench_monorepo::bed::{Bed, NAMESPACE};
use sluice_bench_monorepo::measure::Cost;
use sluice_bench_monorepo::rollout::Rollout;
use sluice_testbed::Change;

use crate::{at_most, kustomization};

/// Flux published this for 500 on 16 cores.
const FLUX_SECONDS: f64 = 120.0;
const OTHER: &str = "other";

pub async fn run(count: usize) -> Result<Vec<String>> {
    let bed = Bed::start(&[]).await?;
    let repository = bed.git.create("app")?;
    let mut files = app(0);
    files.push(Change::text("other/settings.yaml", settings()));
    let commit = repository.commit("main", "scaled to nothing", &files)?;
    bed.source("app", &repository).await?;
    let rollout = Rollout::watch(&bed.cluster, NAMESPACE, count + 1);
    let cost = Cost::start(&bed.sluice).await?;
    let clock = Instant::now();
    let mut objects: Vec<_> = (0..count)
        .map(|index| kustomization(&format!("app-{index}"), "./app",
            &json!({"wait": true, "timeout": "10m", "targetNamespace": NAMESPACE, "namePrefix": format!("app-{index}-")})))
        .collect();
    objects.push(kustomization(
        OTHER,
        "./other",
        &json!({"targetNamespace": NAMESPACE}),
    ));
    bed.apply_all(objects).await?;
    rollout.all_on(&commit).await?;
    rollout.settled().await?;
    let wall = clock.elapsed();
    let spent = cost.stop(&bed.sluice, wall).await?;
    let rate = count as f64 / spent.wall;
    println!(
        "{count} Kustomizations that wait, made and ready ({rate:.1} a second; Flux published {FLUX_SECONDS:.0} s for 500 on 16 cores):"
    );
    println!("  {spent}");
    let mut failed: Vec<String> = at_most("wait: seconds until all are ready", spent.wall, 60.0)
        .into_iter()
        .collect();
    failed.extend(while_all_wait(&bed, &rollout, &repository).await?);
    Ok(failed)
}

async fn while_all_wait(
    bed: &Bed,
    rollout: &Rollout,
    repository: &sluice_testbed::Repository,
) -> Result<Option<String>> {
    let commit = repository.commit("main", "scaled to one", &app(1))?;
    bed.request("source.toolkit.fluxcd.io/v1", "GitRepository", "app", &commit)
        .await?;
    rollout.others(OTHER, |it| it.waiting).await?;
    let clock = Instant::now();
    let token = "while-all-wait";
    bed.request("kustomize.toolkit.fluxcd.io/v1", "Kustomization", OTHER, token)
        .await?;
    rollout.one(OTHER, |it| it.handled == token && it.settled).await?;
    let took = clock.elapsed().as_secs_f64();
    println!("a reconcile requested while all of them wait: {took:.3} s");
    Ok(at_most("wait: seconds of a request meanwhile", took, 1.0))
}

fn settings() -> &'static str {
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: blue\n"
}

fn app(replicas: u32) -> Vec<Change> {
    let deployment = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {replicas}\n  selector:\n    \
         matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n      annotations:\n        \
         testbed.sluice.dev/pod: pending\n    spec:\n      serviceAccountName: web\n      containers:\n      - name: main\n        \
         image: registry.example/web:1.0.0\n        ports:\n        - containerPort: 8080\n"
    );
    let rest = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: Service\nmetadata:\n  \
         name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n    targetPort: 8080\n---\napiVersion: \
         networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\nspec:\n  rules:\n  - host: web.example\n    http:\n      \
         paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: web\n            \
         port:\n              number: 80\n";
    vec![
        Change::text("app/deployment.yaml", deployment),
        Change::text("app/rest.yaml", rest),
    ]
}
