//! What status and events tell of failures: history, generations, malformed specs, refusals of webhooks.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    failed_for, failed_with, git_repository, is_current, is_ready, kustomization, kustomization_file,
};
use sluice_testbed::Change;

async fn events(case: &Case, test: impl Fn(&Value) -> bool) -> Result<usize> {
    let all = case.cluster.list("v1", "Event", &case.namespace, "").await?;
    Ok(all.iter().filter(|event| test(event)).count())
}

/// Reference 1.8: failures after the build stand in the history, the same outcome is counted.
#[tokio::test]
async fn history_counts_outcomes_and_keeps_failures() -> Result<()> {
    let case = Case::start("history").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let again = case.reconcile("Kustomization", "app").await?;
    let history = again["status"]["history"].as_array().expect("a history").clone();
    assert_eq!(history.len(), 1, "{history:?}");
    assert!(
        history[0]["totalReconciliations"].as_i64() >= Some(2),
        "{history:?}"
    );
    assert_eq!(history[0]["lastReconciledStatus"], "ReconciliationSucceeded");

    let bad = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: [no, text]\n";
    repository.commit("main", "bad", &[Change::text("app/settings.yaml", bad)])?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_for(it, "ReconciliationFailed")
        })
        .await?;
    let history = failed["status"]["history"].as_array().expect("a history").clone();
    assert_eq!(
        history[0]["lastReconciledStatus"], "ReconciliationFailed",
        "{history:?}"
    );
    assert_eq!(history[1]["lastReconciledStatus"], "ReconciliationSucceeded");
    assert_eq!(
        failed["status"]["lastAppliedRevision"], again["status"]["lastAppliedRevision"],
        "what stands is told"
    );
    Ok(())
}

/// K1, CVE-2022-39272: a duration that Go cannot hold passes the schema and stalls its own object only.
#[tokio::test]
async fn k1_a_malformed_duration_stalls_its_object_alone() -> Result<()> {
    let case = Case::start("malformed").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut broken = kustomization("broken", "app", "./app");
    broken["spec"]["interval"] = json!("99999999999999999999h");
    case.apply(broken).await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    let stalled = case
        .until("Kustomization", "broken", "is stalled", |it| {
            sluice_e2e::object::condition(it, "Stalled").is_some_and(|it| it["status"] == "True")
        })
        .await?;
    assert!(failed_with(&stalled, "Failed", "spec.interval"), "{stalled}");
    assert_eq!(
        stalled["status"]["observedGeneration"],
        stalled["metadata"]["generation"]
    );
    Ok(())
}

/// Section 7, item 8: an ordinary failure does not advance observedGeneration.
#[tokio::test]
async fn an_ordinary_failure_leaves_the_observed_generation() -> Result<()> {
    let case = Case::start("generation").await?;
    let repository = case.simple_repository("app")?;
    let ready = case.deploy("app", &repository).await?;
    case.merge("Kustomization", "app", json!({"spec": {"path": "./nowhere"}}))
        .await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_for(it, "ArtifactFailed")
        })
        .await?;
    assert_eq!(
        failed["status"]["observedGeneration"],
        ready["metadata"]["generation"]
    );
    assert_ne!(
        failed["status"]["observedGeneration"],
        failed["metadata"]["generation"]
    );
    Ok(())
}

/// K9: a webhook that refuses is an error of the object, and what stood stays.
#[tokio::test]
async fn k9_a_refusing_webhook_leaves_the_last_state() -> Result<()> {
    let case = Case::start("webhook").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "e2e-webhook.sluice.dev"}, "webhooks": [{"name": "e2e-webhook.sluice.dev",
        "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 1,
        "clientConfig": {"url": "https://127.0.0.1:1/nobody"},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": case.namespace}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]}]});
    case.cluster.apply(&hook).await?;
    let red = sluice_e2e::object::config_map("settings", "color", "red");
    let commit = repository.commit("main", "red", &[Change::text("app/settings.yaml", red)])?;
    let result = async {
        // the API server learns of the webhook a moment later
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        case.request("GitRepository", "app").await?;
        case.until("Kustomization", "app", "is refused", |it| {
            failed_with(it, "ReconciliationFailed", "e2e-webhook.sluice.dev")
        })
        .await
    }
    .await;
    case.cluster
        .delete(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "",
            "e2e-webhook.sluice.dev",
        )
        .await?;
    result?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    sluice_testbed::eventually_ok(
        sluice_e2e::case::PATIENCE,
        "it is applied without the webhook",
        || async {
            let object = case.reconcile("Kustomization", "app").await?;
            anyhow::ensure!(is_current(&object), "{object}");
            Ok(())
        },
    )
    .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "red");
    drop(commit);
    Ok(())
}

/// Section 7, item 14: an identical Secret is neither written nor told.
#[tokio::test]
async fn an_identical_secret_is_neither_written_nor_told() -> Result<()> {
    let case = Case::start("secret").await?;
    let repository = case.git.create("app")?;
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  a: b\ndata:\n  c: ZA==\n";
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["keys.yaml"])),
        Change::text("app/keys.yaml", secret),
    ];
    repository.commit("main", "first", &files)?;
    case.deploy("app", &repository).await?;
    let version = |object: Value| object["metadata"]["resourceVersion"].clone();
    let before = version(case.get("Secret", "keys").await?);
    let folded = secret.replace("stringData:\n  a: b\ndata:\n", "data:\n  a: Yg==\n");
    let commit = repository.commit("main", "folded", &[Change::text("app/keys.yaml", folded)])?;
    case.roll_out("app", &commit).await?;
    case.reconcile("Kustomization", "app").await?;
    assert_eq!(version(case.get("Secret", "keys").await?), before);
    let told = |event: &Value| {
        event["message"]
            .as_str()
            .is_some_and(|text| text.contains("Secret/") && text.contains("keys configured"))
    };
    assert_eq!(events(&case, told).await?, 0);
    Ok(())
}

/// Section 7, items 1 and 16: an empty build prunes everything and is ready.
#[tokio::test]
async fn an_empty_build_prunes_everything_and_is_ready() -> Result<()> {
    let case = Case::start("empty").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let commit = repository.commit(
        "main",
        "nothing",
        &[Change::text(
            "app/kustomization.yaml",
            kustomization_file(&[]).replace("resources:\n", "resources: []\n"),
        )],
    )?;
    let ready = case.roll_out("app", &commit).await?;
    assert!(is_ready(&ready, "True"));
    assert!(sluice_e2e::object::inventory(&ready).is_empty(), "{ready}");
    assert!(!case.exists("ConfigMap", "settings").await?);
    Ok(())
}

/// Section 7, item 1, fixed: what a half-way failed apply created stays in the inventory and is pruned later.
#[tokio::test]
async fn a_half_way_failed_apply_forgets_nothing() -> Result<()> {
    let case = Case::start("half-way").await?;
    let repository = case.git.create("app")?;
    let role = format!("e2e-half-way-{}", std::process::id());
    let cluster_role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {role}\nrules: []\n"
    );
    let bad = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\ndata:\n  a: [no, text]\n";
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["role.yaml", "bad.yaml"]),
        ),
        Change::text("app/role.yaml", cluster_role),
        Change::text("app/bad.yaml", bad),
    ];
    repository.commit("main", "first", &files)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    let failed = case
        .until("Kustomization", "app", "fails in its last stage", |it| {
            failed_for(it, "ReconciliationFailed")
        })
        .await?;
    let id = format!("_{role}_rbac.authorization.k8s.io_ClusterRole");
    let listed = sluice_e2e::object::inventory(&failed);
    assert!(listed.contains(&id), "{listed:?}");
    assert!(
        sluice_e2e::object::message(&failed).contains(&format!("ClusterRole/{role} created")),
        "{failed}"
    );
    let fixed = sluice_e2e::object::config_map("good", "a", "b");
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["good.yaml"])),
        Change::text("app/good.yaml", fixed),
    ];
    let commit = repository.commit("main", "fixed", &files)?;
    case.roll_out("app", &commit).await?;
    let rbac = "rbac.authorization.k8s.io/v1";
    assert!(
        case.cluster.get(rbac, "ClusterRole", "", &role).await?.is_none(),
        "pruned"
    );
    Ok(())
}
