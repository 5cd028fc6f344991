//! The real flux CLI with HelmReleases, and the HelmChart that a template stands for.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::flux::Flux;
use sluice_e2e::object::{is_current, object};
use sluice_testbed::Change;

use super::bed::{Chart, Charts, release};

#[tokio::test]
async fn the_flux_cli_works_with_releases() -> Result<()> {
    let case = Case::start("helm-flux").await?;
    let Some(flux) = Flux::find(&case.namespace).await? else {
        return Ok(());
    };
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    case.apply(release("web", "web", json!({"values": {"color": "red"}})))
        .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    let table = flux.run(&["get", "helmreleases"]).await?;
    assert!(
        table.contains("web") && table.contains("1.0.0") && table.contains("Helm install succeeded"),
        "{table}"
    );
    let text = flux.run(&["reconcile", "helmrelease", "web"]).await?;
    assert!(text.contains("applied revision 1.0.0"), "{text}");
    let text = flux.run(&["reconcile", "helmrelease", "web", "--force"]).await?;
    assert!(text.contains("applied revision 1.0.0"), "{text}");
    case.until("HelmRelease", "web", "was forced", |it| {
        is_current(it) && it["status"]["history"][0]["version"] == 2
    })
    .await?;
    flux.run(&["reconcile", "helmrelease", "web", "--reset"]).await?;
    assert!(
        flux.run(&["suspend", "helmrelease", "web"])
            .await?
            .contains("suspended")
    );
    assert!(
        flux.run(&["resume", "helmrelease", "web"])
            .await?
            .contains("applied revision 1.0.0")
    );
    assert!(flux.run(&["events"]).await?.contains("InstallSucceeded"));
    let stats = flux.run(&["stats"]).await?;
    assert!(stats.contains("HelmRelease"), "{stats}");
    assert!(
        flux.run(&["debug", "helmrelease", "web", "--show-values"])
            .await?
            .contains("color: red")
    );
    assert!(
        flux.run(&["debug", "helmrelease", "web", "--show-history"])
            .await?
            .contains("chartVersion: 1.0.0")
    );
    let trace = flux.run(&["trace", "configmap", "web-settings"]).await;
    assert!(trace.is_ok_and(|text| text.contains("HelmRelease:  web") || text.contains("web")));
    flux.run(&["delete", "helmrelease", "web", "--silent"]).await?;
    case.until_gone("HelmRelease", "web").await?;
    Ok(())
}

/// Section 2.2: the template's HelmChart is made, follows the template, and goes with it. Its reconciler is stood in for.
#[tokio::test]
async fn a_chart_template_becomes_a_helm_chart_that_follows_it() -> Result<()> {
    let case = Case::start_with("helm-template", |options| options.arg("--kinds=HelmRelease")).await?;
    let charts = Charts::start()?;
    charts.publish(&case, "made", &Chart::new("1.0.0")).await?;
    let artifact = case.get("ExternalArtifact", "made").await?["status"]["artifact"].clone();
    let template = json!({"spec": {"chart": "web", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
    let own = json!({"interval": "1h", "chart": template});
    case.apply(object("HelmRelease", "web", own)).await?;
    let name = format!("{}-web", case.namespace);
    let chart = case.until("HelmChart", &name, "is made", |_| true).await?;
    assert_eq!(
        (
            &chart["spec"]["chart"],
            &chart["spec"]["version"],
            &chart["spec"]["interval"]
        ),
        (&json!("web"), &json!("1.x"), &json!("1h"))
    );
    assert_eq!(chart["metadata"]["labels"]["helm.toolkit.fluxcd.io/name"], "web");
    case.until("HelmRelease", "web", "waits for it", |it| {
        sluice_e2e::object::failed_for(it, "SourceNotReady")
    })
    .await?;
    let give = |chart: &Value| {
        let status = json!({"artifact": artifact, "observedGeneration": chart["metadata"]["generation"],
            "observedChartName": "web"});
        let (case, name) = (&case, &name);
        async move {
            let of = ("source.toolkit.fluxcd.io/v1", "HelmChart");
            case.cluster
                .merge_status(of.0, of.1, &case.namespace, name, status)
                .await
        }
    };
    let untouched = case.get("HelmChart", &name).await?;
    let kept = (
        &untouched["metadata"]["finalizers"],
        &untouched["status"]["conditions"],
    );
    assert_eq!(
        kept,
        (&Value::Null, &Value::Null),
        "HelmChart is not among --kinds"
    );
    give(&chart).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(ready["status"]["helmChart"], format!("{}/{name}", case.namespace));

    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"chart": {"spec": {"version": "2.x"}}}}),
    )
    .await?;
    let chart = case
        .until("HelmChart", &name, "follows", |it| it["spec"]["version"] == "2.x")
        .await?;
    give(&chart).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;

    let reference =
        json!({"spec": {"chart": null, "chartRef": {"kind": "ExternalArtifact", "name": "made"}}});
    case.merge("HelmRelease", "web", reference).await?;
    case.until_gone("HelmChart", &name).await?;
    let same = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert!(same["status"].get("helmChart").is_none());
    assert_eq!(
        same["status"]["history"][0]["version"], 1,
        "the same chart from elsewhere is the same release"
    );

    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"chart": template, "chartRef": null}}),
    )
    .await?;
    case.until("HelmChart", &name, "is made again", |_| true).await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    case.until_gone("HelmChart", &name).await?;
    Ok(())
}

/// The whole path: a repository's index, its chart, the release; and a Kustomization that brings them, seen by `flux tree`.
#[tokio::test]
async fn a_release_follows_the_charts_of_its_repository() -> Result<()> {
    let case = Case::start("helm-path").await?;
    let helm = sluice_testbed::Helm::find()?;
    let server = sluice_testbed::ChartServer::start(&helm, None)?;
    let publish = |version: &str, color: &str| -> Result<()> {
        let metadata = format!("apiVersion: v2\nname: web\nversion: {version}\n");
        let template = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{{{ .Release.Name }}}}-settings\ndata:\n  color: {color}\n"
        );
        server.package(&[("Chart.yaml", &metadata), ("templates/settings.yaml", &template)])?;
        server.index(None)
    };
    publish("1.0.0", "blue")?;
    let spec = json!({"interval": "1h", "timeout": "30s", "chart": {"spec": {"chart": "web", "version": "1.x",
        "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}});
    let mut release = object("HelmRelease", "web", spec);
    release["metadata"]["namespace"] = json!(case.namespace);
    let repository = case.git.create("app")?;
    let kustomization = sluice_e2e::object::kustomization_file(&["release.yaml"]);
    let files = [
        Change::text("app/kustomization.yaml", kustomization),
        Change::text("app/release.yaml", release.to_string()),
    ];
    repository.commit("main", "first", &files)?;
    case.apply(sluice_e2e::object::helm_repository("charts", &server.url()))
        .await?;
    case.deploy("app", &repository).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(ready["status"]["lastAttemptedRevision"], "1.0.0");
    if let Some(flux) = Flux::find(&case.namespace).await? {
        let tree = flux.run(&["tree", "kustomization", "app"]).await?;
        assert!(
            tree.contains(&format!("HelmRelease/{}/web", case.namespace)),
            "{tree}"
        );
        assert!(
            tree.contains(&format!("ConfigMap/{}/web-settings", case.namespace)),
            "{tree}"
        );
    }

    publish("1.1.0", "green")?;
    match Flux::find(&case.namespace).await? {
        Some(flux) => {
            let text = flux
                .run(&["reconcile", "helmrelease", "web", "--with-source"])
                .await?;
            assert!(text.contains("applied revision 1.1.0"), "{text}");
            let events = flux.run(&["events", "--for", "HelmRelease/web"]).await?;
            assert!(events.contains("UpgradeSucceeded"), "{events}");
        }
        None => drop(case.request("HelmRepository", "charts").await?),
    }
    let green = |it: &Value| it["data"]["color"] == "green";
    case.until("ConfigMap", "web-settings", "is of the new chart", green)
        .await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("HelmRelease", "web").await?;
    case.until_gone("HelmChart", &format!("{}-web", case.namespace))
        .await?;
    case.until_gone("ConfigMap", "web-settings").await?;
    Ok(())
}
