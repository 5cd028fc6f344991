//! A release and its cluster: drift, ownership, definitions, hooks, post-renderers, and what charts look up.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{condition, failed_with, inventory, is_current, message};

use super::bed::{Chart, Charts, Helm, hook, release};

#[tokio::test]
async fn drift_is_told_and_corrected_by_watches() -> Result<()> {
    let case = Case::start("helm-drift").await?;
    let charts = Charts::start()?;
    let chart = Chart::new("1.0.0").file(
        "templates/free.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-free\n  \
         annotations: {helm.toolkit.fluxcd.io/driftDetection: disabled}\ndata: {a: b}\n",
    );
    charts.publish(&case, "web", &chart).await?;
    let spec = json!({"driftDetection": {"mode": "enabled", "ignore": [{"paths": ["/data/chart"]}]}});
    case.apply(release("web", "web", spec)).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(
        condition(&ready, "Drifted").expect("Drifted")["reason"],
        "NoDriftDetected"
    );

    let change = json!({"data": {"color": "pink", "chart": "mine"}});
    case.merge("ConfigMap", "web-settings", change).await?;
    let corrected = |it: &Value| it["data"]["color"] == "blue";
    let settings = case
        .until("ConfigMap", "web-settings", "is corrected", corrected)
        .await?;
    assert_eq!(
        settings["data"]["chart"], "mine",
        "an ignored field is left alone"
    );
    case.until_told("the drift", |event| {
        let text = event["message"].as_str().unwrap_or_default();
        event["reason"] == "DriftDetected"
            && text.contains("web-settings changed (0 additions, 1 changes, 0 removals)")
    })
    .await?;
    case.until_told("the correction", |event| event["reason"] == "DriftCorrected")
        .await?;

    case.delete("ConfigMap", "web-settings").await?;
    case.until("ConfigMap", "web-settings", "is made again", |_| true)
        .await?;
    case.merge("ConfigMap", "web-free", json!({"data": {"a": "c"}}))
        .await?;
    case.reconcile("HelmRelease", "web").await?;
    assert_eq!(case.get("ConfigMap", "web-free").await?["data"]["a"], "c");
    let after = case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(
        after["status"]["history"][0]["version"], 1,
        "no revision is made for drift"
    );

    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"driftDetection": {"mode": "warn"}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    case.merge("ConfigMap", "web-settings", json!({"data": {"color": "pink"}}))
        .await?;
    case.until("HelmRelease", "web", "tells of the drift", |it| {
        condition(it, "Drifted").is_some_and(|it| it["status"] == "True")
    })
    .await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "pink"
    );
    Ok(())
}

#[tokio::test]
async fn a_release_of_the_real_helm_is_adopted_without_a_change() -> Result<()> {
    let case = Case::start("helm-adopt").await?;
    let Some(helm) = Helm::find(&case.namespace).await? else {
        return Ok(());
    };
    let charts = Charts::start()?;
    let chart = Chart::new("1.0.0");
    let folder = sluice_testbed::process::temp_folder("chart")?;
    let file = folder.path().join("web-1.0.0.tgz");
    std::fs::write(&file, chart.pack()?)?;
    helm.run(&[
        "install",
        "web",
        &file.display().to_string(),
        "--set",
        "color=red",
    ])
    .await?;
    let before = case.get("ConfigMap", "web-settings").await?;

    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({"values": {"color": "red"}})))
        .await?;
    let adopted = case.until("HelmRelease", "web", "is adopted", is_current).await?;
    assert!(
        message(&adopted).starts_with("Helm upgrade succeeded"),
        "{}",
        message(&adopted)
    );
    let after = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(
        (&after["metadata"]["uid"], &after["data"]),
        (&before["metadata"]["uid"], &before["data"])
    );
    assert_eq!(helm.history("web").await?, ["1 superseded", "2 deployed"]);

    // section 7, item 7: what helm does to it later is no failure either
    helm.run(&[
        "upgrade",
        "web",
        &file.display().to_string(),
        "--set",
        "color=pink",
        "--force-conflicts",
    ])
    .await?;
    case.reconcile("HelmRelease", "web").await?;
    let back = case.until("HelmRelease", "web", "is taken back", |it| {
        is_current(it) && it["status"]["history"][0]["version"] == 4
    });
    back.await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "red"
    );
    helm.run(&["rollback", "web", "1", "--force-conflicts"]).await?;
    helm.run(&["uninstall", "web"]).await?;
    // section 7, item 8
    case.reconcile("HelmRelease", "web").await?;
    case.until("HelmRelease", "web", "is installed again", |it| {
        is_current(it) && message(it).contains("install succeeded")
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn objects_of_others_are_not_taken_over_where_that_is_forbidden() -> Result<()> {
    let case = Case::start("helm-ownership").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let theirs = sluice_e2e::object::config_map("web-settings", "color", "theirs");
    case.apply(sluice_testbed::cluster::parse_yaml(&theirs)?.remove(0))
        .await?;
    case.apply(release(
        "web",
        "web",
        json!({"install": {"disableTakeOwnership": true}}),
    ))
    .await?;
    let refused = case
        .until("HelmRelease", "web", "is refused", |it| {
            failed_with(it, "InstallFailed", "cannot be imported into the current release")
        })
        .await?;
    assert!(
        message(&refused).contains("missing key \"meta.helm.sh/release-name\""),
        "{}",
        message(&refused)
    );
    assert!(
        refused["status"].get("installFailures").is_none(),
        "section 7, item 2: nothing was stored"
    );
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "theirs"
    );
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"install": {"disableTakeOwnership": false}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "blue"
    );
    Ok(())
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: GROUP}\n\
    spec:\n  group: helm.test\n  scope: Namespaced\n  names: {kind: KIND, plural: PLURAL}\n  versions:\n  \
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, description: TEXT, \
    x-kubernetes-preserve-unknown-fields: true}}}\n";

fn definition(kind: &str, text: &str) -> String {
    let plural = format!("{}s", kind.to_lowercase());
    DEFINITION
        .replace("GROUP", &format!("{plural}.helm.test"))
        .replace("KIND", kind)
        .replace("PLURAL", &plural)
        .replace("TEXT", text)
}

/// H14.
#[tokio::test]
async fn h14_definitions_come_first_by_policy_and_stay() -> Result<()> {
    let case = Case::start("helm-crds").await?;
    let charts = Charts::start()?;
    let object = "{{ if .Capabilities.APIVersions.Has \"helm.test/v1/Gadget\" }}\napiVersion: helm.test/v1\nkind: Gadget\n\
        metadata: {name: one}\n{{ end }}\n";
    let chart = |version: &str, text: &str| {
        Chart::new(version)
            .file("crds/gadget.yaml", &definition("Gadget", text))
            .file(
                "crds/other.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in-crds}\n",
            )
            .file("templates/gadget.yaml", object)
    };
    charts.publish(&case, "web", &chart("1.0.0", "first")).await?;
    case.apply(release("web", "web", json!({}))).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    let found = case
        .cluster
        .get("helm.test/v1", "Gadget", &case.namespace, "one")
        .await?;
    assert!(found.is_some(), "the chart saw the kind that it brought");
    assert!(
        !case.exists("ConfigMap", "in-crds").await?,
        "crds/ is for definitions"
    );
    assert!(
        inventory(&ready)
            .contains(&"_gadgets.helm.test_apiextensions.k8s.io_CustomResourceDefinition".to_owned())
    );
    let text = |it: &Value| it["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"].clone();
    let crd = (
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "",
        "gadgets.helm.test",
    );
    let read = || async {
        anyhow::Ok(
            case.cluster
                .get(crd.0, crd.1, crd.2, crd.3)
                .await?
                .unwrap_or_default(),
        )
    };
    assert_eq!(
        read().await?["metadata"]["labels"]["helm.toolkit.fluxcd.io/name"],
        "web"
    );

    charts.publish(&case, "web", &chart("1.1.0", "second")).await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["lastAttemptedRevision"] == "1.1.0"
    })
    .await?;
    assert_eq!(text(&read().await?), "first", "Create leaves what is there");
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"upgrade": {"crds": "CreateReplace"}}}),
    )
    .await?;
    charts.publish(&case, "web", &chart("1.2.0", "third")).await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["lastAttemptedRevision"] == "1.2.0"
    })
    .await?;
    assert_eq!(text(&read().await?), "third");
    // removed from the chart, and the release uninstalled: the definition and what others made of it stay
    charts.publish(&case, "web", &Chart::new("1.3.0")).await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["lastAttemptedRevision"] == "1.3.0"
    })
    .await?;
    case.delete("HelmRelease", "web").await?;
    case.until_gone("HelmRelease", "web").await?;
    assert!(read().await?.is_object());
    Ok(())
}

#[tokio::test]
async fn hooks_run_by_weight_and_go_by_their_policies() -> Result<()> {
    let case = Case::start("helm-hooks").await?;
    let charts = Charts::start()?;
    let more = |weight: &str, policy: &str| {
        format!("    helm.sh/hook-weight: '{weight}'\n    helm.sh/hook-delete-policy: {policy}\n")
    };
    let chart = Chart::new("1.0.0")
        .file(
            "templates/a.yaml",
            &hook("first", "pre-install", &more("-5", "before-hook-creation"), None),
        )
        .file(
            "templates/b.yaml",
            &hook("second", "pre-install", &more("5", "hook-succeeded"), None),
        );
    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({}))).await?;
    case.until("HelmRelease", "web", "is ready", is_current).await?;
    assert!(case.exists("Job", "web-first").await?);
    case.until_gone("Job", "web-second").await?;
    let job = case.get("Job", "web-first").await?;
    assert!(
        job["metadata"]["annotations"]
            .get("meta.helm.sh/release-name")
            .is_none(),
        "a hook is not part of it"
    );
    if let Some(helm) = Helm::find(&case.namespace).await? {
        let hooks = helm.run(&["get", "hooks", "web"]).await?;
        assert!(
            hooks.contains("# Source: web/templates/a.yaml") && hooks.contains("web-second"),
            "{hooks}"
        );
    }
    Ok(())
}

/// H11: a hook that never ends fails its release in time, and one that fails says so.
#[tokio::test]
async fn h11_a_hook_that_never_ends_is_a_failure_in_time() -> Result<()> {
    let case = Case::start("helm-hook-hang").await?;
    let charts = Charts::start()?;
    let chart = Chart::new("1.0.0").file(
        "templates/a.yaml",
        &hook("hang", "pre-install", "", Some("pending")),
    );
    charts.publish(&case, "web", &chart).await?;
    case.apply(release("web", "web", json!({"timeout": "2s"})))
        .await?;
    let failed = case
        .until("HelmRelease", "web", "has failed", |it| {
            failed_with(it, "InstallFailed", "pre-install hook Job/web-hang failed")
        })
        .await?;
    assert!(
        message(&failed).contains("timeout waiting for: [Job/"),
        "{}",
        message(&failed)
    );
    assert!(!case.exists("ConfigMap", "web-settings").await?);
    Ok(())
}

#[tokio::test]
async fn post_renderers_and_common_metadata_change_what_is_installed() -> Result<()> {
    let case = Case::start("helm-post-render").await?;
    let charts = Charts::start()?;
    charts.publish(&case, "web", &Chart::new("1.0.0")).await?;
    let patch = |color: &str| {
        json!({"kustomize": {"patches": [{"target": {"kind": "ConfigMap"},
        "patch": format!("- op: replace\n  path: /data/color\n  value: {color}\n")}]}})
    };
    let spec =
        json!({"postRenderers": [patch("red"), patch("green")], "commonMetadata": {"labels": {"team": "a"}}});
    case.apply(release("web", "web", spec)).await?;
    let ready = case.until("HelmRelease", "web", "is ready", is_current).await?;
    let settings = case.get("ConfigMap", "web-settings").await?;
    assert_eq!(
        (
            &settings["data"]["color"],
            &settings["metadata"]["labels"]["team"]
        ),
        (&json!("green"), &json!("a"))
    );
    assert!(ready["status"]["observedPostRenderersDigest"].is_string());
    // section 7, item 3
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"postRenderers": [patch("black")]}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["history"][0]["version"] == 2
    })
    .await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["data"]["color"],
        "black"
    );
    case.merge(
        "HelmRelease",
        "web",
        json!({"spec": {"commonMetadata": {"labels": {"team": "b"}}}}),
    )
    .await?;
    case.until("HelmRelease", "web", "is upgraded", |it| {
        is_current(it) && it["status"]["history"][0]["version"] == 3
    })
    .await?;
    assert_eq!(
        case.get("ConfigMap", "web-settings").await?["metadata"]["labels"]["team"],
        "b"
    );
    Ok(())
}
