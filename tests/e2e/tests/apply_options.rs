//! Fields and flags that change how objects are applied.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{git_repository, is_current, kustomization};
use sluice_testbed::Change;

/// `spec.ignore`: what another manager sets is no drift and survives a commit.
#[tokio::test]
async fn ignored_fields_are_left_to_others() -> Result<()> {
    let case = Case::start("ignore").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["ignore"] =
        json!([{"paths": ["/data/color"], "target": {"kind": "ConfigMap", "name": "sett.*"}}]);
    case.apply(app).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    case.merge("ConfigMap", "settings", json!({"data": {"color": "theirs"}}))
        .await?;
    case.reconcile("Kustomization", "app").await?;
    assert_eq!(
        case.get("ConfigMap", "settings").await?["data"]["color"],
        "theirs"
    );
    let more =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: blue\n  size: big\n";
    let commit = repository.commit("main", "more", &[Change::text("app/settings.yaml", more)])?;
    case.roll_out("app", &commit).await?;
    let live = case.get("ConfigMap", "settings").await?;
    assert_eq!(live["data"], json!({"color": "theirs", "size": "big"}));
    case.merge(
        "Kustomization",
        "app",
        json!({"spec": {"ignore": [{"paths": ["no-pointer"]}]}}),
    )
    .await?;
    case.until("Kustomization", "app", "names the bad pointer", |it| {
        sluice_e2e::object::failed_with(it, "ReconciliationFailed", "no-pointer")
    })
    .await?;
    Ok(())
}

/// `--override-manager` and `--custom-apply-stage-kinds` reach the apply stage.
#[tokio::test]
async fn operators_name_managers_to_override_and_kinds_to_apply_first() -> Result<()> {
    let case = Case::start_with("override", |options| {
        options
            .arg("--override-manager=helm")
            .arg("--custom-apply-stage-kinds=rbac.authorization.k8s.io/Role,/ConfigMap")
    })
    .await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let api = case.cluster.api("v1", "ConfigMap", &case.namespace);
    let params = sluice_testbed::kube::api::PatchParams::apply("helm").force();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "data": {"theirs": "x"}});
    api.patch(
        "settings",
        &params,
        &sluice_testbed::kube::api::Patch::Apply(&object),
    )
    .await?;
    case.reconcile("Kustomization", "app").await?;
    let live = case.get("ConfigMap", "settings").await?;
    assert_eq!(
        live["data"],
        json!({"color": "blue"}),
        "what helm set was taken over and removed"
    );
    Ok(())
}
