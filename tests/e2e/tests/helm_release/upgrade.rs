//! Upgrading: new charts, new values, tests, failures and what is done about them.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{condition, failed_for, is_current, is_ready, message};

use super::bed::{Chart, Charts, Helm, hook, release};

fn snapshots(object: &serde_json::Value) -> Vec<String> {
    let history = object["status"]["history"].as_array();
    let line =
        |it: &serde_json::Value| format!("{} {}", it["version"], it["status"].as_str().unwrap_or_default());
    history.into_iter().flatten().map(line).collect()
}

#[tokio::test]
async fn a_new_chart_and_new_values_are_upgrades_and_nothing_new_is_none() -> Result<()> {
    let case = Case::start("helm-upgrade").await?;
    let charts = Charts::start()?;
    let first = Chart::new("1.0.0").file(
        "templates/old.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-old\n",
    );
    charts.publish(&case, "web", &first).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert!(case.exists("ConfigMap", "web-old").await?);

    charts.publish(&case, "web", &Chart::new("1.1.0")).await?;
    let upgraded = case
        .until("HelmRelease", "web", "is upgraded", |it| {
            is_current(it) && it["status"]["lastAttemptedRevision"] == "1.1.0"
        })
        .await?;
    assert_eq!(
        message(&upgraded),
        format!(
            "Helm upgrade succeeded for release {}/web.v2 with chart web@1.1.0",
            case.namespace
        )
    );
    assert_eq!(snapshots(&upgraded), ["2 deployed", "1 superseded"]);
    assert!(
        !case.exists("ConfigMap", "web-old").await?,
        "what the chart dropped is gone"
    );

    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"values": {"color": "green"}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "has the new values", |it| {
        is_current(it) && snapshots(it).first().is_some_and(|latest| latest == "3 deployed")
    })
    .await?;
    let settings = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(settings["data"]["color"], "green");

    case.reconcile("HelmRelease", "web").await?;
    case.reconcile("HelmRelease", "web").await?;
    let same = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(
        same["metadata"]["resourceVersion"],
        settings["metadata"]["resourceVersion"]
    );
    if let Some(helm) = Helm::find(&case.namespace).await? {
        assert_eq!(
            helm.history("web").await?,
            ["1 superseded", "2 superseded", "3 deployed"]
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_upgrade_is_rolled_back_and_stalls_when_the_retries_are_over() -> Result<()> {
    let case = Case::start("helm-rollback").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let spec = json!({"upgrade": {"remediation": {"retries": 1}}});
    case.apply(release("web", "web", spec)).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;

    let broken = Chart::new("1.1.0").file("values.yaml", "color: red\n").file(
        "templates/check.yaml",
        &hook("check", "post-upgrade", "", Some("failed")),
    );
    charts.publish(&case, "web", &broken).await?;
    let stalled = case
        .until("HelmRelease", "web", "is stalled", |it| {
            condition(it, "Stalled").is_some_and(|it| it["reason"] == "RetriesExceeded")
        })
        .await?;
    assert_eq!(
        condition(&stalled, "Stalled").expect("Stalled")["message"],
        "Failed to upgrade after 2 attempt(s)"
    );
    assert!(failed_for(&stalled, "RollbackSucceeded"), "{stalled}");
    let head = format!(
        "Helm rollback to previous release {}/web.v3 with chart web@1.0.0 succeeded",
        case.namespace
    );
    assert_eq!(message(&stalled), head);
    assert_eq!(stalled["status"]["upgradeFailures"], 2);
    assert_eq!(
        condition(&stalled, "Released").expect("Released")["reason"],
        "UpgradeFailed"
    );
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "blue"
    );
    if let Some(helm) = Helm::find(&case.namespace).await? {
        let history = helm.history("web").await?;
        assert_eq!(
            history.last().map(String::as_str),
            Some("5 deployed"),
            "{history:?}"
        );
        assert_eq!(
            history.iter().filter(|it| it.ends_with("failed")).count(),
            2,
            "{history:?}"
        );
    }
    assert!(
        !message(&stalled).contains("Last Helm logs"),
        "a condition stays short"
    );
    case.until_told("the failed upgrade with its steps", |event| {
        let text = event["message"].as_str().unwrap_or_default();
        event["reason"] == "UpgradeFailed"
            && text.contains("\n\nLast Helm logs:\n\n")
            && text.contains(
                "\napplied ConfigMap/web-settings\nwaited for the health of ConfigMap/web-settings\n",
            )
            && text.ends_with("\ncreated Job/web-check\nwaited in vain for the end of Job/web-check")
    })
    .await?;
    case.until_told("the rollback", |event| event["reason"] == "RollbackSucceeded")
        .await?;

    charts.publish(&case, "web", &Chart::new("1.2.0")).await?;
    let healed = case
        .until("HelmRelease", "web", "is upgraded to the fixed chart", |it| {
            is_current(it) && it["status"]["lastAttemptedRevision"] == "1.2.0"
        })
        .await?;
    assert!(healed["status"].get("upgradeFailures").is_none() && condition(&healed, "Remediated").is_none());
    Ok(())
}

#[tokio::test]
async fn a_failed_installation_is_uninstalled_and_tried_again() -> Result<()> {
    let case = Case::start("helm-install-retry").await?;
    let charts = Charts::start()?;
    let broken = Chart::new("1.0.0").file(
        "templates/check.yaml",
        &hook("check", "post-install", "", Some("failed")),
    );
    charts.publish(&case, "web", &broken).await?;
    let spec = json!({"install": {"remediation": {"retries": 1, "remediateLastFailure": true}}});
    case.apply(release("web", "web", spec)).await?;
    let stalled = case
        .until("HelmRelease", "web", "is stalled", |it| {
            condition(it, "Stalled").is_some_and(|it| it["reason"] == "RetriesExceeded")
        })
        .await?;
    assert_eq!(stalled["status"]["installFailures"], 2);
    assert!(failed_for(&stalled, "UninstallSucceeded"), "{stalled}");
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    if let Some(helm) = Helm::find(&case.namespace).await? {
        assert_eq!(helm.json(&["list"]).await?, json!([]));
    }
    // section 7, item 1: a forced release needs both annotations
    let token = sluice_e2e::case::token();
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.merge(
        "HelmRelease",
        "web",
        json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token, "reconcile.fluxcd.io/forceAt": token}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is installed", is_current)
        .await?;
    Ok(())
}

#[tokio::test]
async fn tests_run_after_a_release_and_decide_on_it() -> Result<()> {
    let case = Case::start("helm-tests").await?;
    let charts = Charts::start()?;
    let good = Chart::new("1.0.0")
        .file("templates/tests/a.yaml", &hook("a", "test", "", None))
        .file("templates/tests/b.yaml", &hook("b", "test", "", Some("failed")));
    charts.publish(&case, "web", &good).await?;
    let spec = json!({"test": {"enable": true, "filters": [{"name": "web-b", "exclude": true}]},
        "upgrade": {"remediation": {"retries": 1}}});
    case.apply(release("web", "web", spec)).await?;
    let tested = case
        .until("HelmRelease", "web", "is tested", |it| {
            is_current(it) && condition(it, "TestSuccess").is_some()
        })
        .await?;
    let said = format!(
        "Helm test succeeded for release {}/web.v1 with chart web@1.0.0: 1 test hook completed successfully",
        case.namespace
    );
    assert_eq!(message(&tested), said);
    let hooks = &tested["status"]["history"][0]["testHooks"];
    assert_eq!(hooks["web-a"]["phase"], "Succeeded");
    assert!(hooks.get("web-b").is_none());

    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"test": {"filters": null}, "values": {"color": "red"}}}),
    )
    .await?;
    let failed = case
        .until("HelmRelease", "web", "is rolled back", |it| {
            condition(it, "Stalled").is_some_and(|it| it["reason"] == "RetriesExceeded")
        })
        .await?;
    assert!(is_ready(&failed, "False"));
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "blue"
    );
    case.until_told("the failed test", |event| event["reason"] == "TestFailed")
        .await?;
    Ok(())
}

#[tokio::test]
async fn with_retry_on_failure_nothing_is_remediated() -> Result<()> {
    let case = Case::start("helm-retry").await?;
    let charts = Charts::start()?;
    let broken = Chart::new("1.0.0").file(
        "templates/check.yaml",
        &hook("check", "post-install,post-upgrade", "", Some("failed")),
    );
    charts.publish(&case, "web", &broken).await?;
    let strategy = json!({"name": "RetryOnFailure", "retryInterval": "1s"});
    let spec = json!({"install": {"strategy": strategy}, "upgrade": {"strategy": strategy}});
    case.apply(release("web", "web", spec)).await?;
    case.until("HelmRelease", "web", "was tried three times", |it| {
        it["status"]["failures"].as_i64().is_some_and(|count| count >= 3)
    })
    .await?;
    let failing = case
        .until("HelmRelease", "web", "waits", |it| {
            condition(it, "Reconciling").is_some_and(|it| it["message"] == "retrying after 1s")
        })
        .await?;
    assert!(
        condition(&failing, "Remediated").is_none() && condition(&failing, "Stalled").is_none(),
        "{failing}"
    );
    charts.publish(&case, "web", &Chart::new("1.0.1")).await?;
    let healed = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert!(healed["status"].get("failures").is_none(), "{healed}");
    Ok(())
}

/// What the chart of [`values_are_kept_as_helm_keeps_them`] shows of its values.
const SHOWN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-shown\n\
                     data:\n  values: {{ toJson .Values | quote }}\n";

/// A release of the real helm that takes the steps of another one beside it.
struct Twin<'a> {
    helm: Option<Helm>,
    case: &'a Case,
    folder: tempfile::TempDir,
}

impl Twin<'_> {
    /// Installs or upgrades, `times` over, and compares values and objects of both.
    async fn follow(&self, chart: &Chart, values: &Value, times: usize) -> Result<()> {
        let Some(helm) = &self.helm else { return Ok(()) };
        let (packed, given) = (
            self.folder.path().join("web.tgz"),
            self.folder.path().join("values.json"),
        );
        std::fs::write(&packed, chart.pack()?)?;
        std::fs::write(&given, values.to_string())?;
        let (packed, given) = (packed.to_string_lossy(), given.to_string_lossy());
        let upgrade = ["upgrade", "--install", "--reuse-values", "twin"];
        for _ in 0..times {
            helm.run(&[&upgrade[..], &[packed.as_ref(), "--values", given.as_ref()]].concat())
                .await?;
        }
        let of = async |name: &str| helm.json(&["get", "values", name]).await;
        assert_eq!(of("web").await?, of("twin").await?);
        let shown = |name: &'static str| self.case.get("ConfigMap", name);
        assert_eq!(
            shown("web-shown").await?["data"],
            shown("twin-shown").await?["data"]
        );
        Ok(())
    }
}

/// `spec.upgrade.preserveValues` is Helm's `--reuse-values`; the real helm takes the same steps beside it. What the release
/// has already is no reason for another upgrade.
#[tokio::test]
async fn values_are_kept_as_helm_keeps_them() -> Result<()> {
    let case = Case::start("helm-keep-values").await?;
    let charts = Charts::start()?;
    let twin = Twin {
        helm: Helm::find(&case.namespace).await?,
        case: &case,
        folder: tempfile::tempdir()?,
    };
    let chart = |version: &str, values: &str| {
        Chart::new(version)
            .file("values.yaml", values)
            .file("templates/shown.yaml", SHOWN)
    };
    let first = chart("1.0.0", "color: blue\nsize: {x: 1, w: 2}\n");
    let second = chart("1.1.0", "color: green\nsize: {x: 5, z: 3}\nnews: true\n");
    // chart, values, the revision that it ends with, what templates see
    let steps = [
        (
            &first,
            json!({"color": "red", "extra": {"a": 1, "b": 2}}),
            1,
            json!({"color": "red", "extra": {"a": 1, "b": 2}, "size": {"x": 1, "w": 2}}),
        ),
        (
            &second,
            json!({"extra": {"b": 3}, "size": {"w": 7}}),
            2,
            json!({"color": "red", "extra": {"a": 1, "b": 3}, "size": {"x": 1, "w": 7}}),
        ),
        // the first upgrade takes the text out of the config, the second one out of what the chart has become
        (
            &second,
            json!({"color": null, "extra": {"c": 4}}),
            4,
            json!({"extra": {"a": 1, "b": 3, "c": 4}, "size": {"x": 1, "w": 7}}),
        ),
        // a default of the chart goes
        (
            &second,
            json!({"color": null, "size": {"x": null}}),
            5,
            json!({"color": null, "extra": {"a": 1, "b": 3, "c": 4}, "size": {"w": 7}}),
        ),
        // what the release has anyhow
        (
            &second,
            json!({"extra": {"a": 1}}),
            5,
            json!({"color": null, "extra": {"a": 1, "b": 3, "c": 4}, "size": {"w": 7}}),
        ),
    ];
    let mut before = 0;
    for (chart, values, revision, seen) in steps {
        if before > 0 {
            // chart and values come together
            case.merge("HelmRelease", "web", json!({"spec": {"suspend": true}}))
                .await?;
        }
        charts.publish(&case, "web", chart).await?;
        let spec = json!({"suspend": false, "upgrade": {"preserveValues": true}, "values": values});
        case.apply(release("web", "web", spec)).await?;
        let latest = format!("{revision} deployed");
        case.until("HelmRelease", "web", "is at its revision", |it| {
            is_current(it) && snapshots(it).first() == Some(&latest)
        })
        .await?;
        case.reconcile("HelmRelease", "web").await?;
        let settled = case.reconcile("HelmRelease", "web").await?;
        assert_eq!(
            snapshots(&settled).first(),
            Some(&latest),
            "nothing is made again"
        );
        let shown = case.get("ConfigMap", "web-shown").await?;
        let shown: Value = serde_json::from_str(shown["data"]["values"].as_str().unwrap_or_default())?;
        assert_eq!(shown, seen);
        twin.follow(chart, &values, revision - before).await?;
        before = revision;
    }
    Ok(())
}
