//! Installing: from a chart and values to a release that the real `helm` reads.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{failed_with, inventory, is_current, message, secret};

use super::bed::{Chart, Charts, Helm, release};

#[tokio::test]
async fn a_chart_is_installed_with_its_values_and_helm_reads_the_release() -> Result<()> {
    let case = Case::start("helm-install").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(secret(
        "more",
        &[("values.yaml", "color: red\nextra: {a: 1}\n"), ("port", "8080")],
    ))
    .await?;
    let spec = json!({
        "valuesFrom": [{"kind": "Secret", "name": "more"}, {"kind": "Secret", "name": "more", "valuesKey": "port", "targetPath": "extra.port"},
            {"kind": "ConfigMap", "name": "none", "optional": true}],
        "values": {"extra": {"b": 2}},
    });
    case.apply(release("web", "web", spec)).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    let namespace = &case.namespace;
    assert_eq!(
        message(&ready),
        format!("Helm install succeeded for release {namespace}/web.v1 with chart web@1.0.0")
    );
    let status = &ready["status"];
    let snapshot = &status["history"][0];
    assert_eq!(
        (
            &snapshot["name"],
            &snapshot["version"],
            &snapshot["status"],
            &snapshot["action"],
            &snapshot["chartVersion"]
        ),
        (
            &json!("web"),
            &json!(1),
            &json!("deployed"),
            &json!("install"),
            &json!("1.0.0")
        )
    );
    assert_eq!(status["storageNamespace"], namespace.as_str());
    assert_eq!(status["lastAttemptedRevision"], "1.0.0");
    assert_eq!(status["lastAttemptedConfigDigest"], snapshot["configDigest"]);
    assert_eq!(
        inventory(&ready),
        [format!("{namespace}_web-settings__ConfigMap")]
    );

    let settings = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(settings["data"]["color"], "red");
    let labels = &settings["metadata"]["labels"];
    assert_eq!(
        (
            &labels["app.kubernetes.io/managed-by"],
            &labels["helm.toolkit.fluxcd.io/name"]
        ),
        (&json!("Helm"), &json!("web"))
    );
    assert_eq!(
        settings["metadata"]["annotations"]["meta.helm.sh/release-name"],
        "web"
    );

    let Some(helm) = Helm::find(namespace).await? else {
        return Ok(());
    };
    let list = helm.json(&["list"]).await?;
    assert_eq!(
        (
            &list[0]["name"],
            &list[0]["revision"],
            &list[0]["status"],
            &list[0]["chart"],
            &list[0]["app_version"]
        ),
        (
            &json!("web"),
            &json!("1"),
            &json!("deployed"),
            &json!("web-1.0.0"),
            &json!("7")
        )
    );
    assert_eq!(helm.history("web").await?, ["1 deployed"]);
    let values = helm.json(&["get", "values", "web"]).await?;
    assert_eq!(
        values,
        json!({"color": "red", "extra": {"a": 1, "b": 2, "port": 8080}})
    );
    let manifest = helm.run(&["get", "manifest", "web"]).await?;
    assert!(
        manifest.contains("# Source: web/templates/settings.yaml") && manifest.contains("color: red"),
        "{manifest}"
    );
    assert!(helm.run(&["get", "notes", "web"]).await?.contains("web is red."));
    assert!(helm.run(&["status", "web"]).await?.contains("STATUS: deployed"));
    Ok(())
}

#[tokio::test]
async fn a_target_namespace_is_made_where_that_is_asked_for_and_the_record_stays_at_home() -> Result<()> {
    let case = Case::start("helm-target").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let target = format!("{}-made", case.namespace);
    let spec = json!({"targetNamespace": target, "install": {"createNamespace": true}});
    case.apply(release("web", "web", spec)).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    let name = format!("{target}-web");
    assert_eq!(ready["status"]["history"][0]["name"], name.as_str());
    let settings = case
        .cluster
        .get("v1", "ConfigMap", &target, &format!("{name}-settings"))
        .await?;
    assert!(settings.is_some(), "the release is there");
    assert!(
        case.exists("Secret", &format!("sh.helm.release.v1.{name}.v1"))
            .await?,
        "its record is here"
    );
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    let left = case
        .cluster
        .get("v1", "ConfigMap", &target, &format!("{name}-settings"))
        .await?;
    assert!(left.is_none());
    Ok(())
}

/// H12: a release that no Secret can hold is refused in words before anything of it is applied, again and again without
/// using up its retries.
#[tokio::test]
async fn h12_a_release_that_no_secret_holds_is_refused_before_anything_is_applied() -> Result<()> {
    let case = Case::start("helm-large").await?;
    let charts = Charts::start()?;
    let mut state = 1_u64;
    let noise: String = (0..1_600_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap_or_default())
        })
        .collect();
    charts
        .publish(&case, "web", &Chart::new("1.0.0").file("files/noise.txt", &noise))
        .await?;
    case.apply(release("web", "web", json!({}))).await?;
    let refused = case
        .until("HelmRelease", "web", "is refused", |it| {
            failed_with(it, "InstallFailed", "sh.helm.release.v1.web.v1")
        })
        .await?;
    assert!(refused["status"].get("installFailures").is_none());
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    Ok(())
}
