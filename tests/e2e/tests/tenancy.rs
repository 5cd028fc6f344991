//! Tenants: impersonation and the limits of references.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{
    editor, failed_for, git_repository, is_current, is_ready, kustomization, message, service_account,
};

/// T3: what its account may not do is an error, and is not done with the host's own rights.
#[tokio::test]
async fn a_service_account_applies_with_its_own_rights_only() -> Result<()> {
    let case = Case::start("impersonate").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(service_account("tenant")).await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["serviceAccountName"] = json!("tenant");
    case.apply(object).await?;
    let refused = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_for(it, "ReconciliationFailed")
        })
        .await?;
    assert!(message(&refused).contains("forbidden"), "{}", message(&refused));
    assert!(
        message(&refused).contains(&format!("{}:tenant", case.namespace)),
        "{}",
        message(&refused)
    );
    assert!(!case.exists("ConfigMap", "settings").await?);

    case.apply(editor("tenant", &case.namespace)).await?;
    // the API server's authoriser learns of the role a moment later
    sluice_testbed::eventually_ok(sluice_e2e::case::PATIENCE, "the tenant may apply", || async {
        let object = case.reconcile("Kustomization", "app").await?;
        anyhow::ensure!(is_current(&object), "{object}");
        Ok(())
    })
    .await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// T3: an object that names no account, or an empty one, has the rights of the default one.
#[tokio::test]
async fn the_default_service_account_is_used_where_none_is_named() -> Result<()> {
    let case = Case::start_with("default-account", |options| {
        options.arg("--default-service-account=default")
    })
    .await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut unnamed = kustomization("unnamed", "app", "./app");
    unnamed["spec"]["serviceAccountName"] = json!("");
    for (name, object) in [
        ("app", kustomization("app", "app", "./app")),
        ("unnamed", unnamed),
    ] {
        case.apply(object).await?;
        let refused = case
            .until("Kustomization", name, "is refused", |it| {
                failed_for(it, "ReconciliationFailed")
            })
            .await?;
        assert!(
            message(&refused).contains("forbidden") && message(&refused).contains(":default\""),
            "{name}: {}",
            message(&refused)
        );
    }
    assert!(!case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// T1: denied before anything is read: whether the source exists does not show.
#[tokio::test]
async fn references_to_other_namespaces_can_be_forbidden() -> Result<()> {
    let case = Case::start_with("cross-namespace", |options| {
        options.arg("--no-cross-namespace-refs=true")
    })
    .await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["sourceRef"]["namespace"] = json!("somewhere-else");
    case.apply(object).await?;
    let refused = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_for(it, "AccessDenied")
        })
        .await?;
    assert!(
        is_ready(&refused, "False") && message(&refused).contains("somewhere-else"),
        "{}",
        message(&refused)
    );
    Ok(())
}

#[tokio::test]
async fn a_broken_object_fails_alone() -> Result<()> {
    let case = Case::start("alone").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("broken", "app", "./nowhere")).await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    case.until("Kustomization", "broken", "fails", |it| {
        failed_for(it, "ArtifactFailed")
    })
    .await?;
    Ok(())
}
