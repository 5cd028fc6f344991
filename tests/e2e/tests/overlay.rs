//! What a Kustomization's spec lays over the files of its folder.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{
    commit_of, config_map, deployment, failed_with, git_repository, is_current, kustomization,
    kustomization_file,
};
use sluice_testbed::Change;

/// A folder without a kustomization, with all fields that change what is built from it.
#[tokio::test]
async fn every_field_is_laid_over_a_folder_without_a_kustomization() -> Result<()> {
    let case = Case::start("overlay-fields").await?;
    let repository = case.git.create("app")?;
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n\
        labels:\n- pairs: {team: blue}\n";
    let files = [
        Change::text("app/settings.yaml", config_map("settings", "color", "blue")),
        Change::text("app/workloads/web.yml", deployment("web", None)),
        Change::text("app/README.md", "no manifest"),
        Change::text("components/team/kustomization.yaml", component),
    ];
    repository.commit("main", "manifests only", &files)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut app = kustomization("app", "app", "./app");
    let laid_over = json!({
        "namePrefix": "a-",
        "nameSuffix": "-z",
        "images": [{"name": "registry.example/web", "newTag": "2.0.0"}],
        "patches": [{"target": {"kind": "ConfigMap"}, "patch": "- op: add\n  path: /data/size\n  value: big\n"}],
        "components": ["../components/team", "../components/none"],
        "ignoreMissingComponents": true,
        "commonMetadata": {"labels": {"tier": "prod"}, "annotations": {"owner": "us"}},
        "buildMetadata": ["originAnnotations"],
    });
    for (field, value) in laid_over.as_object().into_iter().flatten() {
        app["spec"][field] = value.clone();
    }
    case.apply(app).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    let settings = case.get("ConfigMap", "a-settings-z").await?;
    assert_eq!(settings["data"], json!({"color": "blue", "size": "big"}));
    let metadata = &settings["metadata"];
    assert_eq!(metadata["labels"]["tier"], "prod");
    assert_eq!(metadata["labels"]["team"], "blue");
    assert_eq!(metadata["annotations"]["owner"], "us");
    let origin = metadata["annotations"]["config.kubernetes.io/origin"].as_str();
    assert!(
        origin.is_some_and(|text| text.contains("settings.yaml")),
        "{metadata}"
    );
    let web = case.get("Deployment", "a-web-z").await?;
    assert_eq!(web["metadata"]["labels"]["tier"], "prod");
    let container = &web["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "registry.example/web:2.0.0");
    Ok(())
}

/// Section 7, item 12: without force an immutable object is an error and stays; with it, it is made again.
#[tokio::test]
async fn only_force_makes_an_immutable_object_again() -> Result<()> {
    let case = Case::start("overlay-force").await?;
    let repository = case.git.create("app")?;
    let fixed = |color: &str| format!("{}immutable: true\n", config_map("settings", "color", color));
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["settings.yaml"])),
        Change::text("app/settings.yaml", fixed("blue")),
    ];
    repository.commit("main", "immutable", &files)?;
    case.deploy("app", &repository).await?;
    let old = case.get("ConfigMap", "settings").await?;

    let commit = repository.commit(
        "main",
        "green",
        &[Change::text("app/settings.yaml", fixed("green"))],
    )?;
    case.request("GitRepository", "app").await?;
    let subject = format!("ConfigMap/{}/settings", case.namespace);
    case.until("Kustomization", "app", "names what is immutable", |it| {
        failed_with(it, "ReconciliationFailed", &subject)
            && failed_with(it, "ReconciliationFailed", "immutable")
    })
    .await?;
    let kept = case.get("ConfigMap", "settings").await?;
    assert_eq!(kept["metadata"]["uid"], old["metadata"]["uid"]);
    assert_eq!(kept["data"]["color"], "blue");

    case.merge("Kustomization", "app", json!({"spec": {"force": true}}))
        .await?;
    let ready = case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(commit_of(&ready["status"]["lastAppliedRevision"]), commit);
    let new = case.get("ConfigMap", "settings").await?;
    assert_ne!(new["metadata"]["uid"], old["metadata"]["uid"]);
    assert_eq!(new["data"]["color"], "green");
    Ok(())
}

/// R3: a remote base is refused by its address where the operator forbids them, and what stands stays.
#[tokio::test]
async fn r3_a_remote_base_is_refused_by_its_address() -> Result<()> {
    let case = Case::start_with("overlay-remote", |options| options.arg("--no-remote-bases=true")).await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let url = "https://example.com/org/repository//base?ref=v1";
    let remote = Change::text("app/kustomization.yaml", format!("resources: [\"{url}\"]\n"));
    repository.commit("main", "remote", &[remote])?;
    case.request("GitRepository", "app").await?;
    case.until("Kustomization", "app", "is refused", |it| {
        failed_with(it, "BuildFailed", url) && failed_with(it, "BuildFailed", "not allowed")
    })
    .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    Ok(())
}

/// A base of another repository is fetched by the host, and followed where its branch goes.
#[tokio::test]
async fn remote_bases_are_fetched_and_followed() -> Result<()> {
    let case = Case::start("overlay-bases").await?;
    let bases = case.simple_repository("bases")?;
    let repository = case.git.create("app")?;
    let url = case.git.url(&bases);
    let text = format!("namePrefix: x-\nresources: [\"{url}//app?ref=main\"]\n");
    repository.commit("main", "base", &[Change::text("app/kustomization.yaml", text)])?;
    case.deploy("app", &repository).await?;
    assert_eq!(
        case.get("ConfigMap", "x-settings").await?["data"]["color"],
        "blue"
    );
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    bases.commit("main", "green", &[green])?;
    case.request("Kustomization", "app").await?;
    case.until("ConfigMap", "x-settings", "follows its base", |it| {
        it["data"]["color"] == "green"
    })
    .await?;
    Ok(())
}

/// A chart beside a kustomization is rendered by the renderer of charts.
#[tokio::test]
async fn a_chart_of_a_kustomization_is_rendered() -> Result<()> {
    let case = Case::start("overlay-chart").await?;
    let repository = case.git.create("app")?;
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-web', namespace: '{{ .Release.Namespace }}'}\ndata: {color: '{{ .Values.color }}'}\n";
    let files = [
        Change::text(
            "app/kustomization.yaml",
            "helmCharts: [{name: web, releaseName: r, valuesInline: {color: green}}]\n",
        ),
        Change::text(
            "app/charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        Change::text("app/charts/web/values.yaml", "color: blue\n"),
        Change::text("app/charts/web/templates/a.yaml", template),
    ];
    repository.commit("main", "chart", &files)?;
    case.deploy("app", &repository).await?;
    assert_eq!(case.get("ConfigMap", "r-web").await?["data"]["color"], "green");
    Ok(())
}
