//! Suspend, resume, and requests by annotation.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{commit_of, config_map, is_current};
use sluice_testbed::Change;

#[tokio::test]
async fn a_suspended_kustomization_does_nothing_until_it_is_resumed() -> Result<()> {
    let case = Case::start("suspend").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    case.merge("Kustomization", "app", json!({"spec": {"suspend": true}}))
        .await?;
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    case.reconcile("GitRepository", "app").await?;
    case.request("Kustomization", "app").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");

    case.merge("Kustomization", "app", json!({"spec": {"suspend": false}}))
        .await?;
    case.until("Kustomization", "app", "has applied the commit", |it| {
        commit_of(&it["status"]["lastAppliedRevision"]) == commit && is_current(it)
    })
    .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "green");
    Ok(())
}

#[tokio::test]
async fn a_suspended_source_fetches_nothing_and_serves_on() -> Result<()> {
    let case = Case::start("suspend-source").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let before = case.get("GitRepository", "app").await?;
    case.merge("GitRepository", "app", json!({"spec": {"suspend": true}}))
        .await?;
    let advertisements = case.git.advertisements();
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    repository.commit("main", "green", &[green])?;
    case.request("GitRepository", "app").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let source = case.get("GitRepository", "app").await?;
    assert_eq!(case.git.advertisements(), advertisements);
    assert_eq!(
        source["status"]["artifact"]["revision"],
        before["status"]["artifact"]["revision"]
    );
    let url = source["status"]["artifact"]["url"].as_str().unwrap();
    assert!(reqwest::get(url).await?.status().is_success());
    Ok(())
}

#[tokio::test]
async fn a_request_is_echoed_once_it_was_handled() -> Result<()> {
    let case = Case::start("requested-at").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    for kind in ["GitRepository", "Kustomization"] {
        let handled = case.reconcile(kind, "app").await?;
        let asked = &handled["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
        assert_eq!(&handled["status"]["lastHandledReconcileAt"], asked);
        assert!(is_current(&handled), "{handled}");
    }
    // a request that was handled is not handled again by a restart of the watch
    let before = case.get("Kustomization", "app").await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = case.get("Kustomization", "app").await?;
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    Ok(())
}
