//! What the API server refuses in the middle of a rollout: rights that are missing or revoked, objects that are too
//! large, namespaces that end. Each is an error of the object that names what was refused, and nothing is forgotten.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::case::PATIENCE;
use sluice_e2e::object::{
    commit_of, config_map, failed_for, failed_with, git_repository, inventory, is_current, kustomization,
    kustomization_file, message, service_account,
};
use sluice_testbed::{Change, eventually_ok};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// A service account `tenant` that may do these things with ConfigMaps of the case's namespace.
async fn grant(case: &Case, verbs: &[&str]) -> Result<()> {
    case.apply(service_account("tenant")).await?;
    case.apply(
        json!({"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "tenant"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]}),
    )
    .await?;
    case.apply(
        json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "tenant"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": case.namespace}]}),
    )
    .await?;
    Ok(())
}

/// A Kustomization `app` with the tenant's identity.
async fn deploy_as_tenant(case: &Case, url: &str) -> Result<Value> {
    case.apply(git_repository("app", url)).await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["serviceAccountName"] = json!("tenant");
    case.apply(app).await?;
    until_reconciled(case, "the tenant may apply", is_current).await
}

/// The API server's authoriser learns of a role a moment later: asks again until `test` accepts the outcome.
async fn until_reconciled(case: &Case, what: &str, test: impl Fn(&Value) -> bool) -> Result<Value> {
    let test = &test;
    eventually_ok(PATIENCE, what, || async move {
        let object = case.reconcile("Kustomization", "app").await?;
        ensure!(test(&object), "{object}");
        Ok(object)
    })
    .await
}

/// Section 7, item 2, and T3: what may not be deleted stays on record and is tried again; pruning has the tenant's
/// rights, never the host's.
#[tokio::test]
async fn a_prune_that_fails_keeps_what_is_left_on_record() -> Result<()> {
    let case = Case::start("prune-failed").await?;
    grant(&case, &["get", "create", "patch"]).await?;
    let repository = case.git.create("app")?;
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["a.yaml", "b.yaml"]),
        ),
        Change::text("app/a.yaml", config_map("a", "x", "1")),
        Change::text("app/b.yaml", config_map("b", "x", "1")),
    ];
    repository.commit("main", "two", &files)?;
    deploy_as_tenant(&case, &case.git.url(&repository)).await?;

    let only_a = Change::text("app/kustomization.yaml", kustomization_file(&["a.yaml"]));
    let commit = repository.commit("main", "one", &[only_a])?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "may not prune", |it| {
            failed_for(it, "PruneFailed")
        })
        .await?;
    let subject = format!("ConfigMap/{}/b", case.namespace);
    assert!(
        message(&failed).contains(&subject) && message(&failed).contains("forbidden"),
        "{}",
        message(&failed)
    );
    let id = format!("{}_b__ConfigMap", case.namespace);
    assert!(inventory(&failed).contains(&id), "{:?}", inventory(&failed));
    assert_eq!(
        failed["status"]["history"][0]["lastReconciledStatus"],
        "PruneFailed"
    );
    assert!(case.exists("ConfigMap", "b").await?);

    grant(&case, &["get", "create", "patch", "delete"]).await?;
    let ready = until_reconciled(&case, "the tenant may delete", is_current).await?;
    assert_eq!(commit_of(&ready["status"]["lastAppliedRevision"]), commit);
    assert_eq!(inventory(&ready), [format!("{}_a__ConfigMap", case.namespace)]);
    case.until_gone("ConfigMap", "b").await
}

/// K14: rights that are revoked are an error that names them; what stands stays, and on record.
#[tokio::test]
async fn k14_revoked_rights_leave_the_last_state() -> Result<()> {
    let case = Case::start("revoked").await?;
    grant(&case, &["get", "create", "patch", "delete"]).await?;
    let repository = case.simple_repository("app")?;
    let good = deploy_as_tenant(&case, &case.git.url(&repository)).await?;

    case.delete("RoleBinding", "tenant").await?;
    until_reconciled(&case, "the tenant may do nothing", |it| {
        failed_with(it, "ReconciliationFailed", "forbidden")
    })
    .await?;
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_with(it, "ReconciliationFailed", "forbidden")
                && commit_of(&it["status"]["lastAttemptedRevision"]) == commit
        })
        .await?;
    assert!(
        message(&failed).contains(&format!("{}:tenant", case.namespace)),
        "{}",
        message(&failed)
    );
    assert_eq!(
        failed["status"]["lastAppliedRevision"],
        good["status"]["lastAppliedRevision"]
    );
    assert_eq!(inventory(&failed), inventory(&good));
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");

    grant(&case, &["get", "create", "patch", "delete"]).await?;
    until_reconciled(&case, "the rights are back", is_current).await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "green");
    Ok(())
}

/// K11: an object that no server takes is named; the rest stays as it was.
#[tokio::test]
async fn k11_an_object_that_is_too_large_is_named() -> Result<()> {
    let case = Case::start("too-large").await?;
    let repository = case.simple_repository("app")?;
    let good = case.deploy("app", &repository).await?;
    let huge = config_map("huge", "text", &"x".repeat(1_600_000));
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["settings.yaml", "huge.yaml"]),
        ),
        Change::text("app/settings.yaml", config_map("settings", "color", "green")),
        Change::text("app/huge.yaml", huge),
    ];
    repository.commit("main", "huge", &files)?;
    case.request("GitRepository", "app").await?;
    let subject = format!("ConfigMap/{}/huge", case.namespace);
    let failed = case
        .until("Kustomization", "app", "names the huge object", |it| {
            failed_with(it, "ReconciliationFailed", &subject)
        })
        .await?;
    assert!(message(&failed).len() < 40_000, "the object is named, not quoted");
    assert_eq!(inventory(&failed), inventory(&good));
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    Ok(())
}

/// K12: a namespace that ends takes nothing more; the error says so, and another target is taken at once.
#[tokio::test]
async fn k12_a_terminating_namespace_is_told() -> Result<()> {
    let case = Case::start("terminating").await?;
    let ending = format!("{}-ending", case.namespace);
    case.cluster.create_namespace(&ending).await?;
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": ending, "finalizers": ["sluice.dev/test"]}});
    case.cluster.apply(&held).await?;
    case.cluster.delete("v1", "Namespace", "", &ending).await?;
    let of = ("v1", "Namespace", "", ending.as_str());
    case.cluster
        .wait_for(PATIENCE, of, "ends", |it| {
            it["metadata"]["deletionTimestamp"].is_string()
        })
        .await?;

    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["targetNamespace"] = json!(ending);
    case.apply(app).await?;
    let failed = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_with(it, "ReconciliationFailed", "being terminated")
        })
        .await?;
    assert!(
        message(&failed).contains(&format!("ConfigMap/{ending}/settings")),
        "{}",
        message(&failed)
    );
    let elsewhere = json!({"spec": {"targetNamespace": case.namespace}});
    case.merge("Kustomization", "app", elsewhere).await?;
    case.until("Kustomization", "app", "is ready elsewhere", is_current)
        .await?;
    let free = json!({"metadata": {"finalizers": null}});
    case.cluster
        .merge("v1", "ConfigMap", &ending, "held", free)
        .await?;
    Ok(())
}

/// K7: an object of the same name that somebody made anew is another object: it is put right, and still pruned.
#[tokio::test]
async fn k7_a_recreated_object_is_taken_over() -> Result<()> {
    let case = Case::start("recreated").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let old = case.get("ConfigMap", "settings").await?["metadata"]["uid"].clone();
    case.delete("ConfigMap", "settings").await?;
    let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "data": {"color": "red"}});
    case.apply(foreign).await?;
    let settings = case
        .until("ConfigMap", "settings", "is blue again", |it| {
            it["data"]["color"] == "blue"
        })
        .await?;
    assert_ne!(settings["metadata"]["uid"], old);
    // the pass that put it right may still be under way
    tokio::time::sleep(Duration::from_millis(500)).await;
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    assert!(!case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// T4: an account that is gone is an error, one that was made again works; the object needs no help for either.
#[tokio::test]
async fn t4_a_recreated_account_works_again() -> Result<()> {
    let case = Case::start("account").await?;
    let verbs = ["get", "create", "patch", "delete"];
    grant(&case, &verbs).await?;
    let repository = case.simple_repository("app")?;
    deploy_as_tenant(&case, &case.git.url(&repository)).await?;
    case.delete("RoleBinding", "tenant").await?;
    case.delete("ServiceAccount", "tenant").await?;
    until_reconciled(&case, "there is no account", |it| {
        failed_with(it, "ReconciliationFailed", "tenant")
    })
    .await?;
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    case.request("GitRepository", "app").await?;
    grant(&case, &verbs).await?;
    let ready = until_reconciled(&case, "the account is back", |it| {
        is_current(it) && commit_of(&it["status"]["lastAppliedRevision"]) == commit
    })
    .await?;
    assert_eq!(
        inventory(&ready),
        [format!("{}_settings__ConfigMap", case.namespace)]
    );
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "green");
    Ok(())
}
