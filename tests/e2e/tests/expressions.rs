//! CEL in specs: the health of kinds that nobody knows, and what makes a dependency ready.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    condition, config_map, failed_for, failed_with, git_repository, is_current, kustomization,
    kustomization_file, message,
};
use sluice_testbed::Change;

/// Far below the 30 s of `--requeue-dependency`: only an event can be so fast.
const BY_EVENT: Duration = Duration::from_secs(20);

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  \
    name: gauges.cel.example\nspec:\n  group: cel.example\n  scope: Namespaced\n  \
    names: {kind: Gauge, plural: gauges}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    \
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n";

async fn gauges(case: &Case) -> Result<()> {
    case.cluster.apply_yaml(CRD).await?;
    let repository = case.git.create("app")?;
    let gauge = "apiVersion: cel.example/v1\nkind: Gauge\nmetadata:\n  name: g\nspec:\n  wanted: 3\n";
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["gauge.yaml"])),
        Change::text("app/gauge.yaml", gauge),
    ];
    repository.commit("main", "a gauge", &files)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await
        .map(drop)
}

fn checked(expressions: &Value) -> Value {
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["wait"] = json!(true);
    object["spec"]["timeout"] = json!("5m");
    object["spec"]["healthCheckExprs"] = json!([expressions]);
    object
}

async fn report(case: &Case, status: Value) -> Result<()> {
    let patch = json!({ "status": status });
    case.cluster
        .merge("cel.example/v1", "Gauge", &case.namespace, "g", patch)
        .await
        .map(drop)
}

/// The watch feeds the expressions: each report of the object is judged at once, without a request.
#[tokio::test]
async fn expressions_tell_the_health_of_a_kind() -> Result<()> {
    let case = Case::start("cel-health").await?;
    gauges(&case).await?;
    case.apply(checked(&json!({
        "apiVersion": "cel.example/v1beta1", "kind": "Gauge",
        "inProgress": "status.value < spec.wanted",
        "failed": "status.value > spec.wanted",
        "current": "status.value == spec.wanted",
    })))
    .await?;
    let waiting = |it: &Value| condition(it, "Healthy").is_some_and(|healthy| healthy["status"] == "Unknown");
    case.until("Kustomization", "app", "waits", waiting).await?;
    report(&case, json!({"value": 2})).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(waiting(&case.get("Kustomization", "app").await?));

    report(&case, json!({"value": 4})).await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_for(it, "HealthCheckFailed")
        })
        .await?;
    let text = format!(
        "failed early due to stalled resources: [Gauge/{}/g status: 'Failed']",
        case.namespace
    );
    assert!(message(&failed).contains(&text), "{}", message(&failed));

    report(&case, json!({"value": 3})).await?;
    case.request("Kustomization", "app").await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

/// Section 7, item 20: the same object is healthy by the built-in rules: only the group's entry makes it wait.
#[tokio::test]
async fn an_entry_without_a_kind_covers_its_group_and_a_bad_one_stalls() -> Result<()> {
    let case = Case::start("cel-group").await?;
    gauges(&case).await?;
    case.apply(checked(
        &json!({"apiVersion": "cel.example/v1", "current": "status."}),
    ))
    .await?;
    let stalled = case
        .until("Kustomization", "app", "stalls", |it| {
            failed_for(it, "InvalidCELExpression")
        })
        .await?;
    assert_eq!(condition(&stalled, "Stalled").unwrap()["status"], "True");
    assert_eq!(
        stalled["status"]["observedGeneration"],
        stalled["metadata"]["generation"]
    );
    assert!(
        message(&stalled).contains("healthchecks[0]"),
        "{}",
        message(&stalled)
    );

    case.apply(checked(
        &json!({"apiVersion": "cel.example/v1", "current": "status.value == 3"}),
    ))
    .await?;
    let waits = |it: &Value| condition(it, "Healthy").is_some_and(|healthy| healthy["status"] == "Unknown");
    case.until("Kustomization", "app", "waits", waits).await?;
    report(&case, json!({"value": 3})).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

fn judging(expression: &str) -> Value {
    let mut object = kustomization("second", "app", "./second");
    object["spec"]["dependsOn"] = json!([{"name": "first", "readyExpr": expression}]);
    object
}

async fn two_folders(case: &Case) -> Result<()> {
    let repository = case.git.create("app")?;
    for name in ["first", "second"] {
        let files = [
            Change::text(
                format!("{name}/kustomization.yaml"),
                kustomization_file(&["map.yaml"]),
            ),
            Change::text(format!("{name}/map.yaml"), config_map(name, "x", "1")),
        ];
        repository.commit("main", name, &files)?;
    }
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await
        .map(drop)
}

/// The dependency is ready all the time; a label that only the expression asks for starts the dependant.
#[tokio::test]
async fn an_expression_decides_when_a_dependency_is_ready() -> Result<()> {
    let case = Case::start("cel-ready").await?;
    two_folders(&case).await?;
    case.apply(kustomization("first", "app", "./first")).await?;
    case.until("Kustomization", "first", "is ready", is_current)
        .await?;
    case.apply(judging(
        "dep.metadata.?labels.?stage.orValue('') == 'done' && self.metadata.name == 'second'",
    ))
    .await?;
    case.until("Kustomization", "second", "waits", |it| {
        failed_with(it, "DependencyNotReady", "not ready according to readyExpr eval")
    })
    .await?;
    assert!(!case.exists("ConfigMap", "second").await?);

    let started = Instant::now();
    case.merge(
        "Kustomization",
        "first",
        json!({"metadata": {"labels": {"stage": "done"}}}),
    )
    .await?;
    case.until("Kustomization", "second", "is ready", is_current)
        .await?;
    eprintln!("started {:?} after the change", started.elapsed());
    assert!(started.elapsed() < BY_EVENT, "{:?}", started.elapsed());
    Ok(())
}

/// An evaluation that fails may succeed later; an expression that does not compile never will.
#[tokio::test]
async fn a_failing_expression_waits_and_a_bad_one_stalls() -> Result<()> {
    let case = Case::start("cel-bad").await?;
    two_folders(&case).await?;
    case.apply(kustomization("first", "app", "./first")).await?;
    case.until("Kustomization", "first", "is ready", is_current)
        .await?;
    case.apply(judging("dep.metadata.annotations['go'] == 'yes'"))
        .await?;
    case.until("Kustomization", "second", "waits", |it| {
        failed_for(it, "DependencyNotReady")
    })
    .await?;

    case.apply(judging("dep.status.observedGeneration")).await?;
    let stalled = case
        .until("Kustomization", "second", "stalls", |it| {
            failed_for(it, "InvalidCELExpression")
        })
        .await?;
    assert!(
        message(&stalled).contains("expected bool, got dyn"),
        "{}",
        message(&stalled)
    );
    assert_eq!(
        stalled["status"]["observedGeneration"],
        stalled["metadata"]["generation"]
    );

    case.apply(judging(
        "dep.status.observedGeneration == dep.metadata.generation",
    ))
    .await?;
    case.until("Kustomization", "second", "is ready", is_current)
        .await?;
    Ok(())
}
