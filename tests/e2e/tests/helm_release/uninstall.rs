//! Uninstalling: on deletion, with and without history, and when a release is wanted elsewhere.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{is_current, message};

use super::bed::{Chart, Charts, Helm, hook, release};

#[tokio::test]
async fn a_deleted_release_is_uninstalled_with_its_hooks() -> Result<()> {
    let case = Case::start("helm-uninstall").await?;
    let charts = Charts::start()?;
    let kept = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  annotations: {helm.sh/resource-policy: keep}\n";
    let chart = Chart::new("1.0.0")
        .file("templates/bye.yaml", &hook("bye", "pre-delete", "", None))
        .file("templates/kept.yaml", kept);
    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    assert!(case.exists("ConfigMap", "kept").await?, "its policy keeps it");
    assert!(
        case.exists("Job", "web-bye").await?,
        "the hook ran, and nothing says to delete it"
    );
    case.until_told("the uninstallation", |event| {
        event["reason"] == "UninstallSucceeded"
    })
    .await?;
    if let Some(helm) = Helm::find(&case.namespace).await? {
        assert_eq!(helm.json(&["list"]).await?, json!([]));
    }
    Ok(())
}

/// Section 7, items 8 and 16.
#[tokio::test]
async fn kept_history_is_kept_and_a_release_is_installed_over_it() -> Result<()> {
    let case = Case::start("helm-keep").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let spec = |values: Value| json!({"uninstall": {"keepHistory": true}, "upgrade": {"preserveValues": true}, "values": values});
    case.apply(release("web", "web", spec(json!({"color": "red"}))))
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    let helm = Helm::find(&case.namespace).await?;
    if let Some(helm) = &helm {
        assert_eq!(helm.history("web").await?, ["1 uninstalled"]);
    }
    case.apply(release("web", "web", spec(json!({})))).await?;
    case.until("HelmRelease", "web", "is ready again", is_current)
        .await?;
    let settings = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(settings["data"]["color"], "blue", "no installation keeps values");
    if let Some(helm) = &helm {
        assert_eq!(helm.history("web").await?, ["1 uninstalled", "2 deployed"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_suspended_release_is_left_alone_also_when_it_is_deleted() -> Result<()> {
    let case = Case::start("helm-suspend").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.merge("HelmRelease", "web", json!({"spec": {"suspend": true}}))
        .await?;
    charts.publish(&case, "web", &Chart::new("2.0.0")).await?;
    case.reconcile("HelmRelease", "web").await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["chart"],
        "1.0.0"
    );
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(case.exists("ConfigMap", "web-settings").await?);
    Ok(())
}

/// H16, section 7, items 12 and 13.
#[tokio::test]
async fn h16_another_target_or_chart_name_moves_the_release() -> Result<()> {
    let case = Case::start("helm-move").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    let first = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert!(message(&first).contains("/web.v1"));
    let uid = case.get("ConfigMap", "web-settings").await?["metadata"]["uid"].clone();

    case.merge("HelmRelease", "web", json!({"spec": {"releaseName": "other"}}))
        .await?;
    case.until("HelmRelease", "web", "has moved", |it| {
        is_current(it) && message(it).contains("/other.v1")
    })
    .await?;
    assert!(!case.exists("ConfigMap", "web-settings").await?);

    charts
        .publish(&case, "web", &Chart::named("site", "1.0.0"))
        .await?;
    let renamed = case
        .until("HelmRelease", "web", "is of the other chart", |it| {
            is_current(it) && it["status"]["history"][0]["chartName"] == "site"
        })
        .await?;
    assert!(
        message(&renamed).contains("install succeeded for release"),
        "{}",
        message(&renamed)
    );

    let strategy = json!({"spec": {"upgrade": {"chartNameChangeStrategy": "InPlaceUpdate"}}});
    case.merge("HelmRelease", "web", strategy).await?;
    // the chart comes by another watch, which may be faster
    case.until("HelmRelease", "web", "has seen the strategy", is_current)
        .await?;
    charts
        .publish(&case, "web", &Chart::named("again", "1.0.0"))
        .await?;
    let upgraded = case
        .until("HelmRelease", "web", "is upgraded to the third chart", |it| {
            is_current(it) && it["status"]["history"][0]["chartName"] == "again"
        })
        .await?;
    assert!(
        message(&upgraded).contains("upgrade succeeded for release"),
        "{}",
        message(&upgraded)
    );
    assert_ne!(
        case.get("ConfigMap", "other-settings").await?["metadata"]["uid"],
        uid
    );
    Ok(())
}
