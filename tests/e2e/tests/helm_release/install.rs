//! Installing: from a chart and values to a release that the real `helm` reads.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{inventory, is_current, message, secret};

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
