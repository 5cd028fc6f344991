//! H13, K6: the process dies by SIGKILL, or the API server restarts, in the middle of an action; nothing stays stuck.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::case::PATIENCE;
use sluice_e2e::object::is_current;
use sluice_testbed::{ControlPlane, GitHttpServer, SluiceOptions, SluiceProcess, crds, eventually};

use crate::api_server::Stopped;

use super::bed::{Chart, Charts, Helm, hook, release};

/// Status labels of the stored revisions.
async fn stored(case: &Case, name: &str) -> Vec<String> {
    let selector = format!("owner=helm,name={name}");
    let found = case
        .cluster
        .list("v1", "Secret", &case.namespace, &selector)
        .await
        .unwrap_or_default();
    let status = |it: &Value| {
        it["metadata"]["labels"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    found.iter().map(status).collect()
}

/// Waits until the release has a revision in this status, and kills.
async fn kill_in(case: &mut Case, name: &str, status: &str) -> Result<()> {
    let seen = &*case;
    eventually(PATIENCE, &format!("a revision is {status}"), || async move {
        stored(seen, name).await.iter().any(|it| it == status)
    })
    .await?;
    case.sluice.kill();
    Ok(())
}

/// What comes up again must come to `ready` by itself, with one deployed revision and none pending.
async fn heals(case: &mut Case, version: &str) -> Result<()> {
    case.sluice.restart().await?;
    case.until("HelmRelease", "web", "is ready", |it| {
        is_current(it) && it["status"]["history"][0]["chartVersion"] == version
    })
    .await?;
    let statuses = stored(case, "web").await;
    assert!(
        !statuses.iter().any(|it| it.starts_with("pending")),
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|it| *it == "deployed").count(),
        1,
        "{statuses:?}"
    );
    if let Some(helm) = Helm::find(&case.namespace).await? {
        let list = helm.json(&["list"]).await?;
        assert_eq!(list[0]["status"], "deployed");
    }
    Ok(())
}

/// A chart whose hook of an event hangs until its Job is deleted by the test.
fn hanging(version: &str, event: &str) -> Chart {
    Chart::new(version).file("templates/hang.yaml", &hook("hang", event, "", Some("pending")))
}

#[tokio::test]
async fn h13_killed_in_an_installation_it_is_installed() -> Result<()> {
    for event in ["pre-install", "post-install"] {
        let mut case = Case::start(&format!("helm-kill-{event}")).await?;
        let charts = Charts::start()?;
        charts.publish(&case, "web", &hanging("1.0.0", event)).await?;
        case.apply(release("web", "web", json!({}))).await?;
        case.until("Job", "web-hang", "runs", |_| true).await?;
        kill_in(&mut case, "web", "pending-install").await?;
        charts.publish(&case, "web", &Chart::new("1.0.1")).await?;
        heals(&mut case, "1.0.1").await?;
    }
    Ok(())
}

/// A stop that is asked for lets the action under way come to its end.
#[tokio::test]
async fn a_stop_waits_for_the_action_under_way() -> Result<()> {
    let case = Case::start("helm-stop").await?;
    let charts = Charts::start()?;
    charts
        .publish(&case, "web", &hanging("1.0.0", "pre-install"))
        .await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("Job", "web-hang", "runs", |_| true).await?;
    let pods = || async {
        let found = case.cluster.list("v1", "Pod", &case.namespace, "job=hang").await;
        found.unwrap_or_default()
    };
    eventually(PATIENCE, "the hook has a pod", || async {
        !pods().await.is_empty()
    })
    .await?;
    let pod = pods().await[0]["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let Case {
        cluster,
        namespace,
        mut sluice,
        git: _git,
    } = case;
    let stopping = tokio::task::spawn_blocking(move || sluice.terminate());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!stopping.is_finished(), "it does not leave the action");
    let goes = json!({"metadata": {"annotations": {"testbed.sluice.dev/pod": null}}});
    cluster.merge("v1", "Pod", &namespace, &pod, goes).await?;
    assert!(stopping.await??.success());
    let stored = cluster
        .list("v1", "Secret", &namespace, "owner=helm,name=web")
        .await?;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["metadata"]["labels"]["status"], "deployed");
    Ok(())
}

#[tokio::test]
async fn h13_killed_in_an_upgrade_it_is_upgraded_and_forgets_nothing() -> Result<()> {
    let mut case = Case::start("helm-kill-upgrade").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    let more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n";
    charts
        .publish(
            &case,
            "web",
            &hanging("1.1.0", "post-upgrade").file("templates/more.yaml", more),
        )
        .await?;
    case.until("Job", "web-hang", "runs", |_| true).await?;
    kill_in(&mut case, "web", "pending-upgrade").await?;
    assert!(case.exists("ConfigMap", "more").await?);
    charts.publish(&case, "web", &Chart::new("1.2.0")).await?;
    heals(&mut case, "1.2.0").await?;
    case.until_gone("ConfigMap", "more").await?;
    Ok(())
}

#[tokio::test]
async fn h13_killed_in_a_rollback_it_comes_back() -> Result<()> {
    let mut case = Case::start("helm-kill-rollback").await?;
    let charts = Charts::start()?;
    charts
        .publish(&case, "web", &hanging("1.0.0", "pre-rollback"))
        .await?;
    case.apply(release(
        "web",
        "web",
        json!({"upgrade": {"remediation": {"retries": 5}}}),
    ))
    .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    let broken = hanging("1.1.0", "pre-rollback").file(
        "templates/check.yaml",
        &hook("check", "post-upgrade", "", Some("failed")),
    );
    charts.publish(&case, "web", &broken).await?;
    kill_in(&mut case, "web", "pending-rollback").await?;
    charts.publish(&case, "web", &Chart::new("1.2.0")).await?;
    heals(&mut case, "1.2.0").await
}

#[tokio::test]
async fn h13_killed_in_an_uninstallation_it_is_uninstalled() -> Result<()> {
    let mut case = Case::start("helm-kill-uninstall").await?;
    let charts = Charts::start()?;
    charts
        .publish(&case, "web", &hanging("1.0.0", "pre-delete"))
        .await?;
    case.apply(release("web", "web", json!({"uninstall": {"timeout": "20s"}})))
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.delete("HelmRelease", "web").await?;
    case.until("Job", "web-hang", "runs", |_| true).await?;
    kill_in(&mut case, "web", "uninstalling").await?;
    case.sluice.restart().await?;
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"uninstall": {"disableHooks": true}}}),
    )
    .await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(stored(&case, "web").await.is_empty());
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    Ok(())
}

/// Killed between the record of the release and its own status, it leaks nothing when it is deleted then.
#[tokio::test]
async fn a_release_that_its_status_does_not_know_is_uninstalled_all_the_same() -> Result<()> {
    let mut case = Case::start("helm-kill-forgotten").await?;
    let charts = Charts::start()?;
    charts
        .publish(&case, "web", &hanging("1.0.0", "post-install"))
        .await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("ConfigMap", "web-settings", "is there", |_| true)
        .await?;
    kill_in(&mut case, "web", "pending-install").await?;
    case.delete("HelmRelease", "web").await?;
    case.sluice.restart().await?;
    case.until_gone("HelmRelease", "web").await?;
    let seen = &case;
    eventually(Duration::from_secs(20), "nothing is left", || async move {
        stored(seen, "web").await.is_empty()
            && !seen.exists("ConfigMap", "web-settings").await.unwrap_or(true)
    })
    .await
}

/// K6: the API server hangs in the middle of an action; what was begun is ended when it answers again.
#[tokio::test]
async fn k6_an_upgrade_outlives_an_api_server_that_hangs() -> Result<()> {
    let plane = ControlPlane::start().await?;
    let [_, api_server, ..] = plane.pids()[..] else {
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
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    charts.publish(&case, "web", &Chart::new("1.1.0")).await?;
    let stopped = Stopped::begin(api_server)?;
    tokio::time::sleep(Duration::from_secs(8)).await;
    drop(stopped);
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["history"][0]["chartVersion"] == "1.1.0"
    })
    .await?;
    let statuses = stored(&case, "web").await;
    assert_eq!(
        statuses.iter().filter(|it| *it == "deployed").count(),
        1,
        "{statuses:?}"
    );
    Ok(())
}
