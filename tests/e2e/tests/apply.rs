//! Create, update, prune, drift, and what happens when a commit is broken.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{
    commit_of, condition, config_map, failed_for, git_repository, inventory, is_current, kustomization,
    kustomization_file, message,
};
use sluice_testbed::Change;

#[tokio::test]
async fn a_commit_becomes_applied_objects() -> Result<()> {
    let case = Case::start("create").await?;
    let repository = case.simple_repository("app")?;
    let kustomization = case.deploy("app", &repository).await?;

    let settings = case.get("ConfigMap", "settings").await?;
    assert_eq!(settings["data"]["color"], "blue");
    let labels = &settings["metadata"]["labels"];
    assert_eq!(labels["kustomize.toolkit.fluxcd.io/name"], "app");
    assert_eq!(
        labels["kustomize.toolkit.fluxcd.io/namespace"],
        case.namespace.as_str()
    );
    let managers = settings["metadata"]["managedFields"].as_array().unwrap();
    let ours =
        |it: &&serde_json::Value| it["manager"] == "kustomize-controller" && it["operation"] == "Apply";
    assert_eq!(managers.iter().filter(ours).count(), 1, "{managers:?}");

    assert_eq!(
        inventory(&kustomization),
        [format!("{}_settings__ConfigMap", case.namespace)]
    );
    assert_eq!(kustomization["status"]["inventory"]["entries"][0]["v"], "v1");
    let commit = repository.git(&["rev-parse", "main"])?;
    assert_eq!(
        kustomization["status"]["lastAppliedRevision"],
        format!("main@sha1:{commit}")
    );
    assert_eq!(
        kustomization["status"]["lastAttemptedRevision"],
        format!("main@sha1:{commit}")
    );
    let ready = condition(&kustomization, "Ready").unwrap();
    assert_eq!(ready["reason"], "ReconciliationSucceeded");
    assert_eq!(ready["message"], format!("Applied revision: main@sha1:{commit}"));
    let history = &kustomization["status"]["history"][0];
    assert_eq!(history["lastReconciledStatus"], "ReconciliationSucceeded");
    assert_eq!(history["metadata"]["revision"], format!("main@sha1:{commit}"));
    Ok(())
}

#[tokio::test]
async fn a_new_commit_updates_and_only_what_changed() -> Result<()> {
    let case = Case::start("update").await?;
    let repository = case.simple_repository("app")?;
    repository.commit(
        "main",
        "a neighbour",
        &[
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["settings.yaml", "other.yaml"]),
            ),
            Change::text("app/other.yaml", config_map("other", "x", "1")),
        ],
    )?;
    case.deploy("app", &repository).await?;
    let other = case.get("ConfigMap", "other").await?;

    let commit = repository.commit(
        "main",
        "green",
        &[Change::text(
            "app/settings.yaml",
            config_map("settings", "color", "green"),
        )],
    )?;
    case.roll_out("app", &commit).await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "green");
    let untouched = case.get("ConfigMap", "other").await?;
    assert_eq!(
        untouched["metadata"]["resourceVersion"],
        other["metadata"]["resourceVersion"]
    );
    Ok(())
}

#[tokio::test]
async fn a_key_removed_in_git_is_removed_from_the_object() -> Result<()> {
    let case = Case::start("remove-key").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let commit = repository.commit(
        "main",
        "another key",
        &[Change::text(
            "app/settings.yaml",
            config_map("settings", "shape", "round"),
        )],
    )?;
    case.roll_out("app", &commit).await?;
    assert_eq!(
        case.get("ConfigMap", "settings").await?["data"],
        json!({"shape": "round"})
    );
    Ok(())
}

#[tokio::test]
async fn drift_is_corrected_and_foreign_fields_stay() -> Result<()> {
    let case = Case::start("drift").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let theirs =
        json!({"metadata": {"labels": {"theirs": "yes"}}, "data": {"color": "red", "extra": "kept"}});
    case.merge("ConfigMap", "settings", theirs).await?;

    case.reconcile("Kustomization", "app").await?;
    let settings = case
        .until("ConfigMap", "settings", "is blue again", |it| {
            it["data"]["color"] == "blue"
        })
        .await?;
    assert_eq!(settings["data"]["extra"], "kept");
    assert_eq!(settings["metadata"]["labels"]["theirs"], "yes");

    case.delete("ConfigMap", "settings").await?;
    case.reconcile("Kustomization", "app").await?;
    case.until("ConfigMap", "settings", "is back", |it| {
        it["data"]["color"] == "blue"
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn drift_is_corrected_at_the_interval_without_a_request() -> Result<()> {
    let case = Case::start("interval").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    case.merge("Kustomization", "app", json!({"spec": {"interval": "2s"}}))
        .await?;
    case.until("Kustomization", "app", "saw its new spec", is_current)
        .await?;
    case.merge("ConfigMap", "settings", json!({"data": {"color": "red"}}))
        .await?;
    case.until("ConfigMap", "settings", "is blue again", |it| {
        it["data"]["color"] == "blue"
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn removed_objects_are_pruned_unless_told_otherwise() -> Result<()> {
    let case = Case::start("prune").await?;
    let repository = case.git.create("app")?;
    let names = ["a", "b", "kept"];
    let files = ["a.yaml", "b.yaml", "kept.yaml"];
    let mut changes = vec![Change::text("app/kustomization.yaml", kustomization_file(&files))];
    for name in names {
        changes.push(Change::text(
            format!("app/{name}.yaml"),
            config_map(name, "x", "1"),
        ));
    }
    let disabled = config_map("kept", "x", "1").replace(
        "  name: kept",
        "  name: kept\n  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}",
    );
    changes.push(Change::text("app/kept.yaml", disabled));
    repository.commit("main", "three", &changes)?;
    let kustomization = case.deploy("app", &repository).await?;
    assert_eq!(inventory(&kustomization).len(), 3);

    let commit = repository.commit(
        "main",
        "one",
        &[
            Change::text("app/kustomization.yaml", kustomization_file(&["a.yaml"])),
            Change::Remove("app/b.yaml".into()),
            Change::Remove("app/kept.yaml".into()),
        ],
    )?;
    let kustomization = case.roll_out("app", &commit).await?;
    case.until_gone("ConfigMap", "b").await?;
    assert!(case.exists("ConfigMap", "a").await? && case.exists("ConfigMap", "kept").await?);
    assert_eq!(
        inventory(&kustomization),
        [format!("{}_a__ConfigMap", case.namespace)]
    );
    Ok(())
}

#[tokio::test]
async fn without_prune_removed_objects_stay() -> Result<()> {
    let case = Case::start("no-prune").await?;
    let repository = case.git.create("app")?;
    repository.commit(
        "main",
        "two",
        &[
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["a.yaml", "b.yaml"]),
            ),
            Change::text("app/a.yaml", config_map("a", "x", "1")),
            Change::text("app/b.yaml", config_map("b", "x", "1")),
        ],
    )?;
    case.deploy("app", &repository).await?;
    case.merge("Kustomization", "app", json!({"spec": {"prune": false}}))
        .await?;
    let only_a = Change::text("app/kustomization.yaml", kustomization_file(&["a.yaml"]));
    let commit = repository.commit("main", "one", &[only_a])?;
    case.roll_out("app", &commit).await?;
    assert!(case.exists("ConfigMap", "b").await?);
    Ok(())
}

#[tokio::test]
async fn broken_yaml_is_reported_and_the_last_good_state_stays() -> Result<()> {
    let case = Case::start("broken-yaml").await?;
    let repository = case.simple_repository("app")?;
    let good = case.deploy("app", &repository).await?;

    let broken = Change::text(
        "app/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\n  metadata: [\n",
    );
    let commit = repository.commit("main", "broken", &[broken])?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "fails to build", |it| {
            failed_for(it, "BuildFailed")
        })
        .await?;
    assert!(message(&failed).contains("settings.yaml"), "{}", message(&failed));
    assert_eq!(commit_of(&failed["status"]["lastAttemptedRevision"]), commit);
    assert_eq!(
        failed["status"]["lastAppliedRevision"],
        good["status"]["lastAppliedRevision"]
    );
    assert_eq!(inventory(&failed), inventory(&good));
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");

    let fixed = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "fixed", &[fixed])?;
    case.roll_out("app", &commit).await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "green");
    Ok(())
}

/// Section 7, item 1: one failed dry-run keeps a stage from being written.
#[tokio::test]
async fn one_refused_object_keeps_the_whole_stage_from_changing() -> Result<()> {
    let case = Case::start("refused").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let bad = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 99999\n";
    repository.commit(
        "main",
        "a port that does not exist",
        &[
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["settings.yaml", "service.yaml"]),
            ),
            Change::text("app/settings.yaml", config_map("settings", "color", "green")),
            Change::text("app/service.yaml", bad),
        ],
    )?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_for(it, "ReconciliationFailed")
        })
        .await?;
    assert!(
        message(&failed).contains(&format!("Service/{}/web", case.namespace)),
        "{}",
        message(&failed)
    );
    assert!(message(&failed).contains("99999"), "{}", message(&failed));
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    assert!(!case.exists("Service", "web").await?);
    Ok(())
}

#[tokio::test]
async fn a_missing_path_is_reported() -> Result<()> {
    let case = Case::start("missing-path").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./nowhere")).await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_for(it, "ArtifactFailed") && message(it).contains("nowhere")
        })
        .await?;
    assert!(
        message(&failed).contains("path not found"),
        "{}",
        message(&failed)
    );
    case.merge("Kustomization", "app", json!({"spec": {"path": "./app"}}))
        .await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

/// Section 7, item 17: kinds that an apply brings are found by the same apply.
#[tokio::test]
async fn namespaces_crds_and_their_objects_come_in_one_commit() -> Result<()> {
    let case = Case::start("stages").await?;
    let repository = case.git.create("app")?;
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  \
        name: gadgets.e2e.example\nspec:\n  group: e2e.example\n  scope: Namespaced\n  \
        names: {kind: Gadget, plural: gadgets}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    \
        schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n";
    let gadget =
        "apiVersion: e2e.example/v1\nkind: Gadget\nmetadata:\n  name: first\n  namespace: e2e-stages-made\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: e2e-stages-made\n";
    repository.commit(
        "main",
        "all at once",
        &[
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["gadget.yaml", "crd.yaml", "namespace.yaml"]),
            ),
            Change::text("app/gadget.yaml", gadget),
            Change::text("app/crd.yaml", crd),
            Change::text("app/namespace.yaml", namespace),
        ],
    )?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["targetNamespace"] = json!(null);
    case.apply(object).await?;
    let kustomization = case.until("Kustomization", "app", "is ready", is_current).await?;
    let ids = inventory(&kustomization);
    assert!(ids.contains(&"_e2e-stages-made__Namespace".to_owned()), "{ids:?}");
    assert!(
        ids.contains(&"e2e-stages-made_first_e2e.example_Gadget".to_owned()),
        "{ids:?}"
    );
    assert!(
        case.cluster
            .get("e2e.example/v1", "Gadget", "e2e-stages-made", "first")
            .await?
            .is_some()
    );
    Ok(())
}

#[tokio::test]
async fn generators_patches_images_and_overlays_render() -> Result<()> {
    let case = Case::start("overlay").await?;
    let repository = case.git.create("app")?;
    let base = "resources: [deployment.yaml]\nconfigMapGenerator:\n- name: env\n  literals: [MODE=base]\n";
    let overlay = "resources: [../base]\nnamePrefix: prod-\nlabels:\n- pairs: {tier: prod}\n\
        images:\n- name: registry.example/web\n  newTag: 2.0.0\nreplicas:\n- {name: web, count: 3}\n\
        configMapGenerator:\n- name: env\n  behavior: merge\n  literals: [MODE=prod]\n\
        patches:\n- target: {kind: Deployment}\n  patch: |\n    - op: add\n      path: /metadata/annotations\n      \
        value: {patched: \"yes\"}\n";
    let deployment = sluice_e2e::object::deployment("web", None).replace(
        "        image: registry.example/web:1.0.0\n",
        "        image: registry.example/web:1.0.0\n        envFrom: [{configMapRef: {name: env}}]\n",
    );
    repository.commit(
        "main",
        "overlay",
        &[
            Change::text("base/kustomization.yaml", base),
            Change::text("base/deployment.yaml", deployment),
            Change::text("app/kustomization.yaml", overlay),
        ],
    )?;
    case.deploy("app", &repository).await?;
    let web = case.get("Deployment", "prod-web").await?;
    assert_eq!(web["metadata"]["annotations"]["patched"], "yes");
    assert_eq!(web["metadata"]["labels"]["tier"], "prod");
    assert_eq!(web["spec"]["replicas"], 3);
    let container = &web["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "registry.example/web:2.0.0");
    let name = container["envFrom"][0]["configMapRef"]["name"].as_str().unwrap();
    assert!(name.starts_with("prod-env-"), "{name}");
    assert_eq!(case.get("ConfigMap", name).await?["data"]["MODE"], "prod");
    Ok(())
}
