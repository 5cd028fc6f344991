//! Fields that a kind does not have: the server refuses them in a server-side apply, whatever `disableOpenAPIValidation` and
//! helm's flag of this name say.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{failed_with, is_current, message};

use super::bed::{Chart, Charts, Helm, release};

fn definition(group: &str) -> Value {
    let spec = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("gauges.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Gauge", "plural": "gauges"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}})
}

fn chart(group: &str, version: &str, field: &str) -> Chart {
    let object =
        format!("apiVersion: {group}/v1\nkind: Gauge\nmetadata: {{name: one}}\nspec: {{{field}: 2}}\n");
    Chart::new(version).file("templates/gauge.yaml", &object)
}

#[tokio::test]
async fn a_field_that_a_kind_does_not_have_is_refused_as_helm_refuses_it() -> Result<()> {
    let case = Case::start("helm-fields").await?;
    let charts = Charts::start()?;
    let group = format!("{}.example.com", case.namespace);
    case.cluster.apply_crds(&definition(&group).to_string()).await?;
    let mistyped = chart(&group, "1.0.0", "sise");
    let why = ".spec.sise: field not declared in schema";
    if let Some(helm) = Helm::find(&case.namespace).await? {
        let folder = sluice_testbed::process::temp_folder("chart")?;
        let file = folder.path().join("web.tgz");
        std::fs::write(&file, mistyped.pack()?)?;
        let file = file.display().to_string();
        for (name, more) in [("plain", None), ("lax", Some("--disable-openapi-validation"))] {
            let args: Vec<&str> = ["install", name, &file].into_iter().chain(more).collect();
            let error = helm.run(&args).await.expect_err("is refused");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
    charts.publish(&case, "web", &mistyped).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "has failed", |it| {
        failed_with(it, "InstallFailed", why)
    })
    .await?;
    let lax = json!({"disableOpenAPIValidation": true});
    let lax = json!({"spec": {"install": lax, "upgrade": lax}});
    case.merge("HelmRelease", "web", lax).await?;
    charts
        .publish(&case, "web", &chart(&group, "1.1.0", "sise"))
        .await?;
    let failed = case
        .until("HelmRelease", "web", "has failed again", |it| {
            failed_with(it, "UpgradeFailed", why) && message(it).contains("web@1.1.0")
        })
        .await?;
    let namespace = &case.namespace;
    let wanted = format!(
        "Helm upgrade failed for release {namespace}/web with chart web@1.1.0: Gauge/{namespace}/one dry-run failed: \
         failed to create typed patch object ({namespace}/one; {group}/v1, Kind=Gauge): {why}"
    );
    assert_eq!(message(&failed), wanted);
    let gauge = (format!("{group}/v1"), "Gauge", case.namespace.as_str(), "one");
    let find = async || case.cluster.get(&gauge.0, gauge.1, gauge.2, gauge.3).await;
    assert!(find().await?.is_none());
    charts
        .publish(&case, "web", &chart(&group, "1.2.0", "size"))
        .await?;
    case.until("HelmRelease", "web", "is ready with what is right", is_current)
        .await?;
    assert_eq!(find().await?.expect("it is there")["spec"], json!({"size": 2}));
    Ok(())
}
