//! A HelmRelease and others: dependencies, sources, tenants, clusters, and who owns a release.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{editor, failed_for, failed_with, is_current, message, secret, service_account};

use super::bed::{Chart, Charts, release};

#[tokio::test]
async fn a_chain_of_dependencies_is_installed_in_its_order() -> Result<()> {
    let case = Case::start("helm-chain").await?;
    let charts = Charts::start()?;
    let after = json!({"dependsOn": [{"name": "db"}]});
    case.apply(release(
        "front",
        "web",
        json!({"dependsOn": [{"name": "api", "readyExpr": "dep.status.history[0].chartVersion == '1.0.0'"}]}),
    ))
    .await?;
    case.apply(release("api", "web", after)).await?;
    case.until("HelmRelease", "api", "waits", |it| {
        failed_with(it, "DependencyNotReady", "unable to get")
    })
    .await?;
    case.apply(release("db", "db", json!({}))).await?;
    case.until("HelmRelease", "api", "waits", |it| {
        failed_with(
            it,
            "DependencyNotReady",
            &format!("dependency '{}/db' is not ready", case.namespace),
        )
    })
    .await?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    charts.publish(&case, "db", &Chart::new("1.0.0")).await?;
    for name in ["db", "api", "front"] {
        case.until("HelmRelease", name, "is ready", is_current).await?;
    }
    let bad = json!({"spec": {"dependsOn": [{"name": "api", "readyExpr": "dep.nothing("}]}});
    case.merge("HelmRelease", "front", bad).await?;
    let stalled = case
        .until("HelmRelease", "front", "is stalled", |it| {
            failed_for(it, "InvalidCELExpression")
        })
        .await?;
    assert!(
        message(&stalled).starts_with("Reconciliation failed terminally due to configuration error"),
        "{}",
        message(&stalled)
    );
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_not_ready_is_waited_for_by_name() -> Result<()> {
    let case = Case::start("helm-source").await?;
    let charts = Charts::start()?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "waits", |it| {
        failed_with(it, "ArtifactFailed", "could not get Source object")
    })
    .await?;
    case.apply(sluice_e2e::object::object("ExternalArtifact", "web", json!({})))
        .await?;
    case.until("HelmRelease", "web", "waits", |it| {
        failed_with(it, "SourceNotReady", "does not have an artifact")
    })
    .await?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    // a chart that cannot be loaded or rendered leaves what stands
    charts
        .publish(
            &case,
            "web",
            &Chart::new("1.1.0").file("templates/bad.yaml", "{{ fail \"no\" }}"),
        )
        .await?;
    let failed = case
        .until("HelmRelease", "web", "has failed", |it| {
            failed_for(it, "UpgradeFailed")
        })
        .await?;
    assert!(
        failed["status"].get("upgradeFailures").is_none(),
        "nothing was stored"
    );
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["chart"],
        "1.0.0"
    );
    charts.publish(&case, "web", &Chart::new("not a version")).await?;
    case.until("HelmRelease", "web", "refuses the chart", |it| {
        failed_with(it, "ArtifactFailed", "Could not load chart")
    })
    .await?;
    Ok(())
}

/// Section 7, item 14.
#[tokio::test]
async fn the_digest_of_a_mutable_revision_is_part_of_the_chart_version() -> Result<()> {
    let case = Case::start("helm-digest").await?;
    let charts = Charts::start()?;
    let digest = |hex: &str| format!("latest@sha256:{}", hex.repeat(32));
    let chart = Chart::new("1.0.0");
    charts.publish_as(&case, "web", &chart, &digest("ab")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    let first = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(first["status"]["lastAttemptedRevision"], "1.0.0+abababababab");
    assert_eq!(first["status"]["history"][0]["ociDigest"], digest("ab"));
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["chart"],
        "1.0.0+abababababab"
    );
    charts.publish_as(&case, "web", &chart, &digest("cd")).await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["lastAttemptedRevision"] == "1.0.0+cdcdcdcdcdcd"
    })
    .await?;
    charts
        .publish_as(&case, "web", &chart, &format!("2.0.0@sha256:{}", "ef".repeat(32)))
        .await?;
    case.until("HelmRelease", "web", "refuses the tag", |it| {
        failed_with(
            it,
            "ChartMutateError",
            "artifact revision 2.0.0 does not match chart version 1.0.0",
        )
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn values_of_a_secret_that_changes_are_an_upgrade_and_are_never_told() -> Result<()> {
    let case = Case::start("helm-values").await?;
    let charts = Charts::start()?;
    let chart = Chart::new("1.0.0").file(
        "templates/check.yaml",
        "{{ if eq .Values.color \"hunter2hunter2\" }}{{ fail .Values.color }}{{ end }}",
    );
    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({"valuesFrom": [{"kind": "Secret", "name": "values", "valuesKey": "color", "targetPath": "color"}]})))
        .await?;
    let missing = case
        .until("HelmRelease", "web", "misses its values", |it| {
            failed_for(it, "ValuesError")
        })
        .await?;
    assert!(
        message(&missing).contains("could not resolve Secret chart values reference"),
        "{}",
        message(&missing)
    );
    case.apply(secret("values", &[("color", "red")])).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.apply(secret("values", &[("color", "green")])).await?;
    case.until("ConfigMap", "web-settings", "has the new value", |it| {
        it["data"]["color"] == "green"
    })
    .await?;
    case.apply(secret("values", &[("color", "hunter2hunter2")]))
        .await?;
    let failed = case
        .until("HelmRelease", "web", "has failed", |it| {
            failed_for(it, "UpgradeFailed")
        })
        .await?;
    assert!(!failed.to_string().contains("hunter2hunter2"), "{failed}");
    assert!(!case.logs_contain("hunter2hunter2"));
    Ok(())
}

/// T3: with its own rights, in what it applies, in its record, and in what its chart looks up.
#[tokio::test]
async fn t3_a_service_account_releases_and_looks_up_with_its_own_rights_only() -> Result<()> {
    let case = Case::start("helm-tenant").await?;
    let charts = Charts::start()?;
    case.apply(secret("host", &[("token", "top")])).await?;
    let looks = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: seen\ndata:\n  found: {{{{ lookup \"v1\" \"Namespace\" \"\" \"{}\" | empty | not | quote }}}}\n",
        "kube-system"
    );
    charts
        .publish(
            &case,
            "web",
            &Chart::new("1.0.0").file("templates/look.yaml", &looks),
        )
        .await?;
    case.apply(service_account("tenant")).await?;
    case.apply(release("web", "web", json!({"serviceAccountName": "tenant"})))
        .await?;
    let refused = case
        .until("HelmRelease", "web", "is refused", |it| {
            message(it).contains("forbidden") && message(it).contains(&format!("{}:tenant", case.namespace))
        })
        .await?;
    assert!(!is_current(&refused));
    case.apply(editor("tenant", &case.namespace)).await?;
    case.reconcile("HelmRelease", "web").await?;
    // it may edit its namespace, and still may not look at another one
    let denied = case
        .until("HelmRelease", "web", "may not look", |it| {
            failed_with(it, "InstallFailed", "forbidden")
        })
        .await?;
    assert!(message(&denied).contains("namespaces"), "{}", message(&denied));
    let own = looks
        .replace(
            "\"Namespace\" \"\"",
            &format!("\"ServiceAccount\" \"{}\"", case.namespace),
        )
        .replace("kube-system", "tenant");
    charts
        .publish(
            &case,
            "web",
            &Chart::new("1.0.1").file("templates/look.yaml", &own),
        )
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(case.get("ConfigMap", "seen").await?["data"]["found"], "true");
    // T4: without its account nobody is left to uninstall it
    case.delete("ServiceAccount", "tenant").await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(case.exists("ConfigMap", "web-settings").await?);
    Ok(())
}

/// T1.
#[tokio::test]
async fn t1_references_across_namespaces_are_refused_before_anything_is_read() -> Result<()> {
    let case = Case::start_with("helm-cross", |options| options.arg("--no-cross-namespace-refs")).await?;
    let mut object = release("web", "web", json!({}));
    object["spec"]["chartRef"]["namespace"] = json!("kube-system");
    case.apply(object).await?;
    let refused = case
        .until("HelmRelease", "web", "is refused", |it| {
            failed_for(it, "AccessDenied")
        })
        .await?;
    assert!(
        message(&refused).contains("cross-namespace references are not allowed"),
        "{}",
        message(&refused)
    );
    Ok(())
}

/// H15: two HelmReleases of one release do not fight for it.
#[tokio::test]
async fn h15_a_release_belongs_to_the_oldest_of_those_who_name_it() -> Result<()> {
    let case = Case::start("helm-conflict").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("a", "web", json!({"releaseName": "shared"})))
        .await?;
    case.until("HelmRelease", "a", "is ready", is_current).await?;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    case.apply(release(
        "b",
        "web",
        json!({"releaseName": "shared", "values": {"color": "red"}}),
    ))
    .await?;
    let refused = case
        .until("HelmRelease", "b", "is refused", |it| {
            failed_for(it, "ReleaseConflict")
        })
        .await?;
    assert!(
        message(&refused).contains(&format!("HelmRelease {}/a", case.namespace)),
        "{}",
        message(&refused)
    );
    assert_eq!(
        case.get("ConfigMap", "shared-settings").await?["data"]["color"],
        "blue"
    );
    Ok(())
}

/// A slow action holds no worker, and a deletion ends its wait.
#[tokio::test]
async fn a_slow_release_holds_no_worker_and_a_deletion_ends_its_wait() -> Result<()> {
    let case = Case::start_with("helm-slow", |options| options.arg("--concurrent=1")).await?;
    let charts = Charts::start()?;
    let slow = Chart::new("1.0.0").file(
        "templates/slow.yaml",
        &sluice_e2e::object::deployment("slow", Some("pending")),
    );
    charts.publish(&case, "slow", &slow).await?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("slow", "slow", json!({"timeout": "10m"})))
        .await?;
    case.until("HelmRelease", "slow", "is at work", |it| {
        it["status"]["conditions"]
            .to_string()
            .contains("Running 'install' action")
    })
    .await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready meanwhile", is_current)
        .await?;
    case.delete("HelmRelease", "slow").await?;
    case.until_gone("HelmRelease", "slow").await?;
    assert!(!case.exists("Deployment", "slow").await?);
    Ok(())
}

#[tokio::test]
async fn a_release_on_another_cluster_is_there_with_its_record_and_goes_from_there() -> Result<()> {
    let case = Case::start("helm-remote").await?;
    let plane = sluice_e2e::bed::remote().await?;
    let remote = plane.cluster().await?;
    remote.create_namespace(&case.namespace).await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let spec =
        json!({"kubeConfig": {"secretRef": {"name": "remote"}}, "driftDetection": {"mode": "enabled"}});
    case.apply(release("web", "web", spec)).await?;
    case.until("HelmRelease", "web", "misses its kubeconfig", |it| {
        failed_for(it, "RESTClientError")
    })
    .await?;
    case.apply(secret(
        "remote",
        &[("value", &std::fs::read_to_string(plane.kubeconfig())?)],
    ))
    .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    let there = |kind: &'static str, name: &'static str| {
        let remote = remote.clone();
        let namespace = case.namespace.clone();
        async move { remote.get("v1", kind, &namespace, name).await }
    };
    assert!(there("ConfigMap", "web-settings").await?.is_some());
    assert!(there("Secret", "sh.helm.release.v1.web.v1").await?.is_some());
    assert!(!case.exists("ConfigMap", "web-settings").await?, "nothing here");
    remote
        .merge(
            "v1",
            "ConfigMap",
            &case.namespace,
            "web-settings",
            json!({"data": {"color": "pink"}}),
        )
        .await?;
    let of = ("v1", "ConfigMap", case.namespace.as_str(), "web-settings");
    remote
        .wait_for(sluice_e2e::case::PATIENCE, of, "is corrected by an event", |it| {
            it["data"]["color"] == "blue"
        })
        .await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(there("ConfigMap", "web-settings").await?.is_none());
    assert!(there("Secret", "sh.helm.release.v1.web.v1").await?.is_none());
    Ok(())
}
