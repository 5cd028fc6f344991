//! What deleting a Kustomization does, by policy.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{git_repository, is_current, kustomization};

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

/// Reference 7, kustomize-controller 3: an object moves between two Kustomizations in any order.
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
