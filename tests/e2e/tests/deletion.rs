//! What deleting a Kustomization does, by policy.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{editor, git_repository, is_current, kustomization, service_account};

async fn deployed(name: &str, spec: serde_json::Value) -> Result<Case> {
    let case = Case::start(name).await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut object = kustomization("app", "app", "./app");
    for (key, value) in spec.as_object().into_iter().flatten() {
        object["spec"][key] = value.clone();
    }
    case.apply(object).await?;
    let object = case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    Ok(case)
}

#[tokio::test]
async fn with_prune_the_objects_go_too() -> Result<()> {
    let case = deployed("delete-prune", json!({})).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(!case.exists("ConfigMap", "settings").await?);
    Ok(())
}

#[tokio::test]
async fn without_prune_the_objects_stay() -> Result<()> {
    let case = deployed("delete-keep", json!({"prune": false})).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    Ok(())
}

#[tokio::test]
async fn orphan_leaves_them_and_delete_removes_them_without_prune() -> Result<()> {
    let case = deployed("delete-orphan", json!({"deletionPolicy": "Orphan"})).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);

    let mut again = kustomization("app", "app", "./app");
    again["spec"]["prune"] = json!(false);
    again["spec"]["deletionPolicy"] = json!("WaitForTermination");
    case.apply(again).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(!case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// Section 7, item 6: deleted while suspended, it leaves all objects.
#[tokio::test]
async fn suspended_it_leaves_everything() -> Result<()> {
    let case = deployed("delete-suspended", json!({})).await?;
    case.merge("Kustomization", "app", json!({"spec": {"suspend": true}}))
        .await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    Ok(())
}

#[tokio::test]
async fn a_deleted_source_takes_its_artifact_along_but_not_the_applied_objects() -> Result<()> {
    let case = deployed("delete-source", json!({})).await?;
    let folder = case
        .sluice
        .storage()
        .join("gitrepository")
        .join(&case.namespace)
        .join("app");
    assert!(folder.exists(), "{}", folder.display());
    case.delete("GitRepository", "app").await?;
    case.until_gone("GitRepository", "app").await?;
    sluice_testbed::eventually(
        std::time::Duration::from_secs(10),
        "the artifact is removed",
        || async { !folder.exists() },
    )
    .await?;
    let failed = case.reconcile("Kustomization", "app").await?;
    assert!(
        sluice_e2e::object::failed_for(&failed, "ArtifactFailed"),
        "{failed}"
    );
    assert!(case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// Section 7, item 3: an object moves between two Kustomizations in any order.
#[tokio::test]
async fn an_object_that_moved_to_another_owner_is_not_pruned_by_the_old_one() -> Result<()> {
    let case = deployed("delete-moved", json!({})).await?;
    case.apply(kustomization("other", "app", "./app")).await?;
    case.until("Kustomization", "other", "is ready", is_current)
        .await?;
    case.until("ConfigMap", "settings", "belongs to the other", |it| {
        it["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "other"
    })
    .await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// A Kustomization that waits for the termination of what it deletes.
fn waiting() -> Value {
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["deletionPolicy"] = json!("WaitForTermination");
    app
}

/// Lets `app` apply a ConfigMap that a finalizer holds.
async fn deploy_held(case: &Case, app: Value) -> Result<()> {
    let repository = case.simple_repository("app")?;
    let held =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  finalizers: [sluice.dev/test]\n";
    let held = sluice_testbed::Change::text("app/settings.yaml", held);
    repository.commit("main", "held", &[held])?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(app).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

/// The wait ends by an event when the last finalizer goes; until then the Kustomization stays.
#[tokio::test]
async fn it_waits_for_termination_where_its_policy_says_so() -> Result<()> {
    let case = Case::start("delete-wait").await?;
    let app = waiting();
    deploy_held(&case, app).await?;
    case.delete("Kustomization", "app").await?;
    case.until("ConfigMap", "settings", "is terminating", |it| {
        it["metadata"]["deletionTimestamp"].is_string()
    })
    .await?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(case.exists("Kustomization", "app").await?, "it waits");
    case.merge("ConfigMap", "settings", json!({"metadata": {"finalizers": null}}))
        .await?;
    let freed = std::time::Instant::now();
    case.until_gone("Kustomization", "app").await?;
    assert!(
        freed.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        freed.elapsed()
    );
    Ok(())
}

/// A timeout is told and lets the Kustomization go; the floor of the timeout is 30 s.
#[tokio::test]
async fn a_wait_for_termination_that_takes_too_long_is_told_and_given_up() -> Result<()> {
    let case = Case::start("delete-timeout").await?;
    let mut app = waiting();
    app["spec"]["timeout"] = json!("1s");
    deploy_held(&case, app).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    until_told(&case, "failed to wait for resources termination").await?;
    case.merge("ConfigMap", "settings", json!({"metadata": {"finalizers": null}}))
        .await?;
    Ok(())
}

async fn until_told(case: &Case, text: &str) -> Result<()> {
    let tells = |event: &Value| {
        event["message"]
            .as_str()
            .is_some_and(|message| message.contains(text))
    };
    case.until_told(text, tells).await
}

/// T4, section 7, item 7: with the account gone nobody may delete; the leaked objects are listed.
#[tokio::test]
async fn a_missing_service_account_lists_what_it_leaves_and_lets_go() -> Result<()> {
    let case = Case::start("delete-account").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(service_account("tenant")).await?;
    case.apply(editor("tenant", &case.namespace)).await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["serviceAccountName"] = json!("tenant");
    case.apply(app).await?;
    sluice_testbed::eventually_ok(sluice_e2e::case::PATIENCE, "the tenant may apply", || async {
        let object = case.reconcile("Kustomization", "app").await?;
        anyhow::ensure!(is_current(&object), "{object}");
        Ok(())
    })
    .await?;
    case.delete("ServiceAccount", "tenant").await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    until_told(
        &case,
        &format!("unable to prune objects: \nConfigMap/{}/settings", case.namespace),
    )
    .await
}

/// Section 7, item 6: deleted before our finalizer is on it, nothing hangs.
#[tokio::test]
async fn deleted_right_after_its_creation_it_does_not_hang() -> Result<()> {
    let case = Case::start("delete-early").await?;
    case.apply(kustomization("app", "nothing", "./app")).await?;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await
}
