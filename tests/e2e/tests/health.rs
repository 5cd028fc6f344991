//! Waiting for health, fed by watches: nothing is polled, and a wait holds up nobody else.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    condition, deployment, failed_for, git_repository, is_current, is_ready, kustomization,
    kustomization_file, message,
};
use sluice_testbed::{Change, Repository};

fn repository_with(case: &Case, pod: Option<&str>) -> Result<Repository> {
    let repository = case.git.create("app")?;
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["web.yaml"])),
        Change::text("app/web.yaml", deployment("web", pod)),
    ];
    repository.commit("main", "a workload", &files)?;
    Ok(repository)
}

async fn waiting_kustomization(case: &Case, repository: &Repository, timeout: &str) -> Result<()> {
    case.apply(git_repository("app", &case.git.url(repository)))
        .await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["wait"] = json!(true);
    object["spec"]["timeout"] = json!(timeout);
    case.apply(object).await.map(drop)
}

fn is_waiting(object: &Value) -> bool {
    let under_way = |kind: &str| condition(object, kind).is_some_and(|it| it["status"] == "Unknown");
    under_way("Healthy") && !is_ready(object, "True")
}

#[tokio::test]
async fn ready_comes_with_the_health_of_what_was_applied() -> Result<()> {
    let case = Case::start("wait").await?;
    let repository = repository_with(&case, None)?;
    waiting_kustomization(&case, &repository, "60s").await?;
    let object = case.until("Kustomization", "app", "is ready", is_current).await?;
    let healthy = condition(&object, "Healthy").unwrap();
    assert_eq!(
        (&healthy["status"], &healthy["reason"]),
        (&json!("True"), &json!("Succeeded"))
    );
    assert_eq!(case.get("Deployment", "web").await?["status"]["readyReplicas"], 1);
    Ok(())
}

#[tokio::test]
async fn what_does_not_become_healthy_fails_after_the_timeout_and_recovers() -> Result<()> {
    let case = Case::start("unhealthy").await?;
    let repository = repository_with(&case, Some("failing"))?;
    // the timeout's floor is 30 s, as in Flux
    waiting_kustomization(&case, &repository, "30s").await?;
    case.until("Kustomization", "app", "waits", is_waiting).await?;
    let started = Instant::now();
    let failed = case
        .until("Kustomization", "app", "gives up", |it| {
            failed_for(it, "HealthCheckFailed")
        })
        .await?;
    eprintln!("gave up after {:?}", started.elapsed());
    // the wait begins before it is seen, and nothing begins it again
    assert!(
        started.elapsed() < Duration::from_secs(45),
        "{:?}",
        started.elapsed()
    );
    assert!(
        message(&failed).contains(&format!("Deployment/{}/web", case.namespace)),
        "{}",
        message(&failed)
    );
    assert_eq!(condition(&failed, "Healthy").unwrap()["status"], "False");

    let healthy = Change::text("app/web.yaml", deployment("web", None));
    let commit = repository.commit("main", "fixed", &[healthy])?;
    case.roll_out("app", &commit).await?;
    Ok(())
}

#[tokio::test]
async fn a_new_revision_ends_the_wait_for_the_old_one() -> Result<()> {
    let case = Case::start("supersede").await?;
    let repository = repository_with(&case, Some("failing"))?;
    waiting_kustomization(&case, &repository, "5m").await?;
    case.until("Kustomization", "app", "waits", is_waiting).await?;
    let fixed = Change::text("app/web.yaml", deployment("web", None));
    let commit = repository.commit("main", "fixed", &[fixed])?;
    let started = Instant::now();
    case.roll_out("app", &commit).await?;
    eprintln!("the fix was live after {:?}", started.elapsed());
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    let told = case.cluster.list("v1", "Event", &case.namespace, "").await?;
    let told: Vec<&str> = told
        .iter()
        .filter(|event| event["reason"] == "HealthCheckCanceled")
        .filter_map(|event| event["message"].as_str())
        .collect();
    let text = format!(
        "Health checks canceled due to new reconciliation triggered by GitRepository/{}/app",
        case.namespace
    );
    assert_eq!(told, [text.as_str()]);
    Ok(())
}

#[tokio::test]
async fn many_that_wait_do_not_hold_up_one_that_is_asked_for() -> Result<()> {
    let case = Case::start("many-wait").await?;
    let repository = repository_with(&case, Some("failing"))?;
    let simple = [
        Change::text("quick/kustomization.yaml", kustomization_file(&["map.yaml"])),
        Change::text(
            "quick/map.yaml",
            sluice_e2e::object::config_map("quick", "x", "1"),
        ),
    ];
    repository.commit("main", "a quick one", &simple)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    for index in 0..20 {
        let mut object = kustomization(&format!("waiting-{index}"), "app", "./app");
        object["spec"]["wait"] = json!(true);
        object["spec"]["timeout"] = json!("5m");
        object["spec"]["namePrefix"] = json!(format!("w{index}-"));
        case.apply(object).await?;
    }
    for index in 0..20 {
        case.until("Kustomization", &format!("waiting-{index}"), "waits", is_waiting)
            .await?;
    }
    case.apply(kustomization("quick", "app", "./quick")).await?;
    let started = Instant::now();
    case.until("Kustomization", "quick", "is ready", is_current)
        .await?;
    case.reconcile("Kustomization", "quick").await?;
    eprintln!("ready twice beside 20 that wait, after {:?}", started.elapsed());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn health_checks_name_objects_of_their_own() -> Result<()> {
    let case = Case::start("health-checks").await?;
    let repository = repository_with(&case, Some("pending"))?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["healthChecks"] =
        json!([{"kind": "Deployment", "name": "web", "namespace": case.namespace}]);
    object["spec"]["timeout"] = json!("5m");
    case.apply(object).await?;
    case.until("Kustomization", "app", "waits", is_waiting).await?;

    // the pod becomes ready: the watch must notice without any request
    // which the controllers make in their own time
    let pods = sluice_testbed::eventually_ok(Duration::from_secs(60), "the pod is there", || async {
        let pods = case.cluster.list("v1", "Pod", &case.namespace, "app=web").await?;
        anyhow::ensure!(!pods.is_empty(), "no pod");
        Ok(pods)
    })
    .await?;
    let name = pods[0]["metadata"]["name"].as_str().unwrap();
    let status = json!({"status": {"phase": "Running", "conditions": [
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}});
    let pods: kube_api::Pods = kube_api::pods(&case);
    pods.patch_status(name, &Default::default(), &kube_api::merge(status))
        .await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

mod kube_api {
    use sluice_testbed::kube::api::{Api, DynamicObject, Patch};

    pub type Pods = Api<DynamicObject>;

    pub fn pods(case: &sluice_e2e::Case) -> Pods {
        case.cluster.api("v1", "Pod", &case.namespace)
    }

    pub fn merge(value: serde_json::Value) -> Patch<serde_json::Value> {
        Patch::Merge(value)
    }
}
