//! What stands between Sluice and the store: webhooks that hang, policies that change or refuse what is written, and
//! other writers of the same object.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::case::PATIENCE;
use sluice_e2e::object::{
    commit_of, config_map, failed_with, inventory, is_current, is_ready, kustomization_file,
};
use sluice_testbed::{Change, eventually_ok};

const ADMISSION: &str = "admissionregistration.k8s.io/v1";

/// Cluster-wide objects that end with the test, also when it fails.
async fn with_objects<T>(case: &Case, objects: &[Value], test: impl Future<Output = Result<T>>) -> Result<T> {
    for object in objects {
        case.cluster.apply(object).await?;
    }
    let result = test.await;
    for object in objects {
        let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
        let (kind, name) = (
            kind.as_str().unwrap_or_default(),
            name.as_str().unwrap_or_default(),
        );
        case.cluster.delete(ADMISSION, kind, "", name).await?;
    }
    result
}

/// A policy over what is written in the case's namespace, bound.
fn policy(case: &Case, mutates: bool, name: &str, group: &str, resource: &str, rule: &Value) -> [Value; 2] {
    let kind = if mutates {
        "MutatingAdmissionPolicy"
    } else {
        "ValidatingAdmissionPolicy"
    };
    let mut policy = json!({"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": name},
        "spec": {"failurePolicy": "Fail", "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": case.namespace}},
            "resourceRules": [{"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}]}}});
    for (key, value) in rule.as_object().into_iter().flatten() {
        policy["spec"][key] = value.clone();
    }
    let mut binding = json!({"apiVersion": ADMISSION, "kind": format!("{kind}Binding"), "metadata": {"name": name},
        "spec": {"policyName": name}});
    if !mutates {
        binding["spec"]["validationActions"] = json!(["Deny"]);
    }
    [policy, binding]
}

/// K9: a webhook that never answers is an error that names it; what it does not see goes on, and what stood stays.
#[tokio::test]
async fn k9_a_hanging_webhook_is_named_and_holds_nothing_else_up() -> Result<()> {
    let case = Case::start("webhook-hangs").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    // accepts connections, and says nothing
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://127.0.0.1:{}/", listener.local_addr()?.port());
    let held = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    let name = "e2e-hanging.sluice.dev";
    let hook = json!({"apiVersion": ADMISSION, "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": [{"name": name,
        "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 3,
        "clientConfig": {"url": url},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": case.namespace}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]}]});
    with_objects(&case, &[hook], async {
        // the API server learns of the webhook a moment later
        tokio::time::sleep(Duration::from_secs(2)).await;
        let red = config_map("settings", "color", "red");
        repository.commit("main", "red", &[Change::text("app/settings.yaml", red)])?;
        case.request("GitRepository", "app").await?;
        let begun = Instant::now();
        let other = case.git.create("other")?;
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: free}\n";
        let files = [
            Change::text("app/kustomization.yaml", kustomization_file(&["free.yaml"])),
            Change::text("app/free.yaml", account),
        ];
        other.commit("main", "free", &files)?;
        case.deploy("other", &other).await?;
        let free_after = begun.elapsed();
        case.until("Kustomization", "app", "names the webhook", |it| {
            failed_with(it, "ReconciliationFailed", name)
        })
        .await?;
        ensure!(
            free_after < Duration::from_secs(10),
            "the other one took {free_after:?}"
        );
        Ok(())
    })
    .await?;
    held.abort();
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    eventually_ok(PATIENCE, "it is applied without the webhook", || async {
        let object = case.reconcile("Kustomization", "app").await?;
        ensure!(is_current(&object), "{object}");
        Ok(())
    })
    .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "red");
    Ok(())
}

/// K9: what admission changes in a dry-run is not what it changes in earnest. Nobody owns it, so that it is no drift:
/// the object is written once and stays.
#[tokio::test]
async fn k9_admission_that_changes_each_dry_run_differently_makes_no_loop() -> Result<()> {
    let case = Case::start("webhook-mutates").await?;
    let expression =
        "Object{metadata: Object.metadata{annotations: {\"told\": request.dryRun ? \"dry\" : \"earnest\"}}}";
    let rule = json!({"reinvocationPolicy": "Never", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}]});
    let policy = policy(&case, true, "e2e-mutates.sluice.dev", "", "configmaps", &rule);
    with_objects(&case, &policy, async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let repository = case.simple_repository("app")?;
        case.deploy("app", &repository).await?;
        let first = case.get("ConfigMap", "settings").await?;
        ensure!(first["metadata"]["annotations"]["told"] == "earnest", "{first}");
        for _ in 0..3 {
            let object = case.reconcile("Kustomization", "app").await?;
            ensure!(is_current(&object), "{object}");
        }
        let last = case.get("ConfigMap", "settings").await?;
        ensure!(
            last["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"],
            "written again: {last}"
        );
        // what is owned is still put right
        case.merge("ConfigMap", "settings", json!({"data": {"color": "red"}}))
            .await?;
        case.until("ConfigMap", "settings", "is put right", |it| {
            it["data"]["color"] == "blue"
        })
        .await?;
        Ok(())
    })
    .await
}

/// K11: a status that is refused is told and tried again; nothing that was made is off the record.
#[tokio::test]
async fn k11_a_refused_status_loses_nothing() -> Result<()> {
    let case = Case::start("status-refused").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let rule = json!({"validations": [{
        "expression": "!has(object.status) || !has(object.status.inventory) || size(object.status.inventory.entries) <= 1",
        "message": "the inventory is too long"}]});
    let policy = policy(
        &case,
        false,
        "e2e-status.sluice.dev",
        "kustomize.toolkit.fluxcd.io",
        "kustomizations/status",
        &rule,
    );
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["settings.yaml", "b.yaml", "c.yaml"]),
        ),
        Change::text("app/b.yaml", config_map("b", "x", "1")),
        Change::text("app/c.yaml", config_map("c", "x", "1")),
    ];
    let commit = with_objects(&case, &policy, async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let commit = repository.commit("main", "three", &files)?;
        case.request("GitRepository", "app").await?;
        case.until("GitRepository", "app", "has the commit", |it| {
            commit_of(&it["status"]["artifact"]["revision"]) == commit
        })
        .await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let object = case.get("Kustomization", "app").await?;
        let recorded = inventory(&object);
        for name in ["b", "c"] {
            let id = format!("{}_{name}__ConfigMap", case.namespace);
            ensure!(
                !case.exists("ConfigMap", name).await? || recorded.contains(&id),
                "{name} exists and is not on record: {recorded:?}"
            );
        }
        ensure!(
            commit_of(&object["status"]["lastAppliedRevision"]) != commit,
            "told as applied: {object}"
        );
        Ok(commit)
    })
    .await?;
    let ready = case
        .until(
            "Kustomization",
            "app",
            "is applied once the status is taken",
            |it| commit_of(&it["status"]["lastAppliedRevision"]) == commit && is_current(it),
        )
        .await?;
    assert_eq!(inventory(&ready).len(), 3);
    Ok(())
}

/// K2: another writer of the same object makes conflicts; finalizer and status are written all the same, and its
/// changes stay.
#[tokio::test]
async fn k2_finalizer_and_status_survive_another_writer() -> Result<()> {
    let case = Case::start("conflicts").await?;
    let repository = case.simple_repository("app")?;
    let write = async {
        for count in 0.. {
            let labels = json!({"metadata": {"labels": {"count": format!("{count}")}}});
            // it does not exist at first, nor at the end
            let _ = case.merge("Kustomization", "app", labels).await;
        }
    };
    let work = async {
        let ready = case.deploy("app", &repository).await?;
        ensure!(is_ready(&ready, "True"), "{ready}");
        let finalizers = &ready["metadata"]["finalizers"];
        ensure!(*finalizers == json!(["finalizers.fluxcd.io"]), "{finalizers}");
        ensure!(
            ready["metadata"]["labels"]["count"].is_string(),
            "the other writer's label stays"
        );
        case.delete("Kustomization", "app").await?;
        case.until_gone("Kustomization", "app").await?;
        case.until_gone("ConfigMap", "settings").await
    };
    tokio::select! {
        result = work => result,
        () = write => unreachable!("it writes until the test ends"),
    }
}
