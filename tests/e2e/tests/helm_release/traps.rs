//! What has gone wrong for others: hooks that pull the ground away, chart definitions, and installations that come twice.

use std::io::{Read as _, Write as _};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{failed_with, is_current};

use super::bed::{Chart, Charts, Helm, hook, release};

/// H11: a hook whose namespace goes away under it is a failure that is told at once, and what comes next is not hurt.
#[tokio::test]
async fn h11_a_hook_that_deletes_its_own_namespace_is_a_failure_and_the_next_chart_installs() -> Result<()> {
    let case = Case::start("helm-hook-ground").await?;
    let charts = Charts::start()?;
    let doomed = format!("{}-doomed", case.namespace);
    let hang = hook("migrate", "pre-install", "", Some("pending"));
    charts
        .publish(&case, "web", &Chart::new("1.0.0").file("templates/a.yaml", &hang))
        .await?;
    let spec = json!({"targetNamespace": doomed, "releaseName": "web", "timeout": "60s",
        "install": {"createNamespace": true, "remediation": {"retries": -1}}});
    case.apply(release("web", "web", spec)).await?;
    let job = ("batch/v1", "Job", doomed.as_str(), "web-migrate");
    case.cluster
        .wait_for(std::time::Duration::from_secs(30), job, "is there", |_| true)
        .await?;
    case.cluster.delete("v1", "Namespace", "", &doomed).await?;
    case.until("HelmRelease", "web", "has failed", |it| {
        failed_with(it, "InstallFailed", "pre-install hook Job/web-migrate failed")
    })
    .await?;
    let works = hook("migrate", "pre-install", "", None);
    charts
        .publish(
            &case,
            "web",
            &Chart::new("1.0.1").file("templates/a.yaml", &works),
        )
        .await?;
    case.until("HelmRelease", "web", "is ready with the next chart", |it| {
        is_current(it) && it["status"]["history"][0]["chartVersion"] == "1.0.1"
    })
    .await?;
    let settings = case
        .cluster
        .get("v1", "ConfigMap", &doomed, "web-settings")
        .await?;
    assert!(settings.is_some(), "the release is there");
    Ok(())
}

fn definition(group: &str, plural: &str, kind: &str) -> String {
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    definition.to_string()
}

/// Section 7, items 17 and 20: dependencies that are off bring no definitions, `install.skipCRDs` says nothing any more,
/// and an upgrade creates definitions that are new.
#[tokio::test]
async fn definitions_come_with_the_dependencies_that_are_on() -> Result<()> {
    let case = Case::start("helm-definitions").await?;
    let charts = Charts::start()?;
    let group = format!("{}.example.com", case.namespace);
    let chart = Chart::new("1.0.0")
        .dependency("sub", "0.1.0", "sub.enabled")
        .file("values.yaml", "color: blue\nsub: {enabled: false}\n")
        .file("crds/a.yaml", &definition(&group, "alphas", "Alpha"))
        .file(
            "charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        )
        .file("charts/sub/crds/b.yaml", &definition(&group, "betas", "Beta"));
    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({"install": {"skipCRDs": true}})))
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    let kind = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let find = async |plural: &str| {
        let found = case
            .cluster
            .get(kind.0, kind.1, "", &format!("{plural}.{group}"))
            .await?;
        anyhow::Ok(found.is_some())
    };
    assert!(find("alphas").await?, "the chart's own");
    assert!(!find("betas").await?, "the dependency is off");
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"values": {"sub": {"enabled": true}}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["history"][0]["version"] == 2
    })
    .await?;
    assert!(find("betas").await?, "an upgrade creates what is new");
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(find("alphas").await?, "definitions outlive their release");
    for plural in ["alphas", "betas"] {
        case.cluster
            .delete(kind.0, kind.1, "", &format!("{plural}.{group}"))
            .await?;
    }
    Ok(())
}

/// Section 7, item 19: our own last status counts, not what a watch has brought so far: requests that come right after an
/// installation, before the watch shows its status, make no second revision. (One that comes before cancels its wait.)
#[tokio::test]
async fn requests_in_a_row_install_once() -> Result<()> {
    let case = Case::start("helm-once").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    let (kind, name) = ("Secret", "sh.helm.release.v1.web.v1");
    case.until(kind, name, "is deployed", |it| {
        it["metadata"]["labels"]["status"] == "deployed"
    })
    .await?;
    let mut last = String::new();
    for _ in 0..20 {
        last = case.request("HelmRelease", "web").await?;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let handled = |it: &Value| is_current(it) && it["status"]["lastHandledReconcileAt"] == last.as_str();
    let ready = case
        .until("HelmRelease", "web", "has handled the last request", handled)
        .await?;
    let history = ready["status"]["history"].as_array().map_or(0, Vec::len);
    assert_eq!(
        (history, &ready["status"]["history"][0]["version"]),
        (1, &json!(1))
    );
    assert!(!case.exists("Secret", "sh.helm.release.v1.web.v2").await?);
    if let Some(helm) = Helm::find(&case.namespace).await? {
        assert_eq!(helm.history("web").await?, ["1 deployed"]);
    }
    Ok(())
}

/// The Secret of a revision as one of another revision, with a status.
fn revision_of(secret: &Value, version: usize, status: &str) -> Result<Value> {
    let data = secret["data"]["release"].as_str().context("a release")?;
    let packed = STANDARD.decode(STANDARD.decode(data)?)?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    let mut release: Value = serde_json::from_str(&text)?;
    release["version"] = version.into();
    release["info"]["status"] = status.into();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(release.to_string().as_bytes())?;
    let name = format!("sh.helm.release.v1.web.v{version}");
    let labels = json!({"owner": "helm", "name": "web", "status": status, "version": version.to_string()});
    Ok(
        json!({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {"name": name, "namespace": secret["metadata"]["namespace"], "labels": labels},
        "data": {"release": STANDARD.encode(STANDARD.encode(gzip.finish()?))}}),
    )
}

/// H12: a record of very many revisions, which nobody pruned, is read by its newest ones, goes on, and is pruned.
#[tokio::test]
async fn h12_a_thousand_revisions_are_no_burden() -> Result<()> {
    let case = Case::start("helm-history").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({"suspend": false})))
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.merge("HelmRelease", "web", json!({"spec": {"suspend": true}}))
        .await?;
    let first = case.get("Secret", "sh.helm.release.v1.web.v1").await?;
    let mut running = tokio::task::JoinSet::new();
    for version in 2..=1_000 {
        let secret = revision_of(&first, version, "failed")?;
        let cluster = case.cluster.clone();
        running.spawn(async move { cluster.apply(&secret).await.map(drop) });
        if running.len() == 16
            && let Some(applied) = running.join_next().await
        {
            applied??;
        }
    }
    while let Some(applied) = running.join_next().await {
        applied??;
    }
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"suspend": false, "values": {"color": "red"}}}),
    )
    .await?;
    let ready = case
        .until("HelmRelease", "web", "is upgraded", |it| {
            is_current(it) && it["status"]["history"][0]["version"] == 1_001
        })
        .await?;
    assert_eq!(ready["status"]["history"][0]["status"], "deployed");
    for (version, kept) in [
        (1, true),
        (2, false),
        (500, false),
        (997, false),
        (998, true),
        (1_000, true),
        (1_001, true),
    ] {
        let name = format!("sh.helm.release.v1.web.v{version}");
        assert_eq!(case.exists("Secret", &name).await?, kept, "{name}");
    }
    if let Some(helm) = Helm::find(&case.namespace).await? {
        let history = helm.history("web").await?;
        assert_eq!((history.len(), history[4].as_str()), (5, "1001 deployed"));
    }
    Ok(())
}
