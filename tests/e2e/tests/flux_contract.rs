//! Pins what the flux CLI (2.9) reads and waits for, without the CLI itself.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{condition, inventory, is_current, object};
use sluice_testbed::kube::api::ListParams;
use sluice_testbed::{Change, eventually};

/// `flux reconcile` polls until lastHandledReconcileAt differs and kstatus says Current.
#[tokio::test]
async fn conditions_and_generations_follow_kstatus() -> Result<()> {
    let case = Case::start("kstatus").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    for kind in ["GitRepository", "Kustomization"] {
        let object = case.reconcile(kind, "app").await?;
        let generation = &object["metadata"]["generation"];
        assert_eq!(&object["status"]["observedGeneration"], generation, "{object}");
        let ready = condition(&object, "Ready").unwrap();
        assert_eq!(
            (&ready["status"], &ready["observedGeneration"]),
            (&json!("True"), generation)
        );
        assert!(
            ready["lastTransitionTime"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z')),
            "{ready}"
        );
        for absent in ["Reconciling", "Stalled"] {
            assert!(condition(&object, absent).is_none(), "{object}");
        }
    }
    // `flux resume` waits for the new generation
    for suspend in [true, false] {
        case.merge("Kustomization", "app", json!({"spec": {"suspend": suspend}}))
            .await?;
    }
    case.until("Kustomization", "app", "is current again", is_current)
        .await?;
    Ok(())
}

/// `flux reconcile` prints Ready's message when it is False, so a failure must leave Reconciling, or end Stalled.
#[tokio::test]
async fn a_failure_keeps_the_old_observed_generation() -> Result<()> {
    let case = Case::start("kstatus-failure").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let patched = case
        .merge("Kustomization", "app", json!({"spec": {"path": "./nowhere"}}))
        .await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            sluice_e2e::object::failed_for(it, "ArtifactFailed")
        })
        .await?;
    assert_ne!(
        failed["status"]["observedGeneration"], patched["metadata"]["generation"],
        "{failed}"
    );
    let reconciling = condition(&failed, "Reconciling").unwrap();
    assert_eq!(
        (&reconciling["status"], &reconciling["reason"]),
        (&json!("True"), &json!("ProgressingWithRetry"))
    );
    Ok(())
}

/// `flux events --for` lists core Events by these two field selectors.
#[tokio::test]
async fn events_are_found_by_field_selectors() -> Result<()> {
    let case = Case::start("events").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    for (kind, controller, wanted) in [
        ("Kustomization", "kustomize-controller", "ReconciliationSucceeded"),
        ("GitRepository", "source-controller", "NewArtifact"),
    ] {
        let selector = format!("involvedObject.kind={kind},involvedObject.name=app");
        let events = case.cluster.api("v1", "Event", &case.namespace);
        let found = || async {
            let list = events.list(&ListParams::default().fields(&selector)).await;
            list.map(|list| {
                list.items
                    .into_iter()
                    .map(|it| serde_json::to_value(it).unwrap())
                    .collect::<Vec<Value>>()
            })
            .unwrap_or_default()
        };
        eventually(Duration::from_secs(20), "the event is recorded", || async {
            found().await.iter().any(|event| event["reason"] == wanted)
        })
        .await?;
        let all = found().await;
        let event = all.iter().find(|event| event["reason"] == wanted).unwrap();
        assert_eq!(event["type"], "Normal");
        assert_eq!(event["source"]["component"], controller, "{event}");
        assert!(
            event["firstTimestamp"].is_string() && event["lastTimestamp"].is_string(),
            "{event}"
        );
        assert!(event["count"].as_i64().is_some_and(|count| count >= 1), "{event}");
        assert!(event["message"].as_str().is_some_and(|text| !text.is_empty()));
        let uid = case.get(kind, "app").await?["metadata"]["uid"].clone();
        assert_eq!(event["involvedObject"]["uid"], uid);
    }
    Ok(())
}

/// `flux trace` walks owner labels; `flux tree` parses inventory ids.
#[tokio::test]
async fn owner_labels_and_inventory_ids_lead_back_and_forth() -> Result<()> {
    let case = Case::start("owner").await?;
    let repository = case.simple_repository("app")?;
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: a:b\nrules: []\n";
    repository.commit(
        "main",
        "a name with a colon",
        &[
            Change::text(
                "app/kustomization.yaml",
                sluice_e2e::object::kustomization_file(&["settings.yaml", "role.yaml"]),
            ),
            Change::text("app/role.yaml", role),
        ],
    )?;
    let kustomization = case.deploy("app", &repository).await?;
    let mut ids = inventory(&kustomization);
    ids.sort();
    let namespace = &case.namespace;
    let wanted = [
        format!("{namespace}_a__b_rbac.authorization.k8s.io_Role"),
        format!("{namespace}_settings__ConfigMap"),
    ];
    assert_eq!(ids, wanted);
    for (kind, name) in [("Role", "a:b"), ("ConfigMap", "settings")] {
        let labels = case.get(kind, name).await?["metadata"]["labels"].clone();
        assert_eq!(labels["kustomize.toolkit.fluxcd.io/name"], "app");
        assert_eq!(
            labels["kustomize.toolkit.fluxcd.io/namespace"],
            namespace.as_str()
        );
    }
    Ok(())
}

/// `flux logs` parses each line into strings by these keys, and stops at the first line it cannot parse.
#[tokio::test]
async fn log_lines_have_the_keys_that_flux_logs_reads() -> Result<()> {
    let case = Case::start("logs").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    repository.commit("main", "broken", &[Change::text("app/settings.yaml", "a: [\n")])?;
    case.request("GitRepository", "app").await?;
    case.until("Kustomization", "app", "fails", |it| {
        sluice_e2e::object::failed_for(it, "BuildFailed")
    })
    .await?;
    eventually(Duration::from_secs(10), "the failure is logged", || async {
        case.sluice.logs().iter().any(|line| line["level"] == "error")
    })
    .await?;
    for line in case.sluice.output().lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line)?;
        for key in ["ts", "level", "msg"] {
            assert!(line[key].is_string(), "{key} in {line}");
        }
        for key in [
            "error",
            "logger",
            "reconciler kind",
            "controllerKind",
            "name",
            "namespace",
        ] {
            assert!(line[key].is_null() || line[key].is_string(), "{key} in {line}");
        }
        assert!(
            ["debug", "info", "error", "warn"].contains(&line["level"].as_str().unwrap_or_default()),
            "{line}"
        );
        assert!(
            line["ts"]
                .as_str()
                .is_some_and(|ts| ts.ends_with('Z') && ts.contains('T')),
            "{line}"
        );
    }
    let about = |kind: &str, level: &str| {
        case.sluice.logs().iter().any(|line| {
            let kinds = [&line["reconciler kind"], &line["controllerKind"]];
            kinds.contains(&&json!(kind))
                && line["name"] == "app"
                && line["namespace"] == case.namespace.as_str()
                && line["level"] == level
        })
    };
    assert!(about("Kustomization", "info") && about("GitRepository", "info"));
    assert!(about("Kustomization", "error"), "{}", case.sluice.output());
    let failed = |line: &Value| line["level"] == "error" && line["error"].is_string();
    assert!(case.sluice.logs().iter().any(failed));
    Ok(())
}

/// `flux get all`, `flux stats` and `flux get alerts` list every kind; kinds without a reconciler stay untouched.
#[tokio::test]
async fn every_kind_can_be_listed_and_those_to_come_are_untouched() -> Result<()> {
    let case = Case::start("all-kinds").await?;
    let repository = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "charts"}, "spec": {"url": "https://charts.example.com", "interval": "1h"}});
    case.apply(repository).await?;
    let unserved = case
        .cluster
        .get(
            "source.toolkit.fluxcd.io/v1",
            "HelmRepository",
            &case.namespace,
            "charts",
        )
        .await?;
    let unserved = unserved.unwrap();
    assert!(unserved["metadata"]["finalizers"].is_null(), "{unserved}");
    case.apply(object(
        "Provider",
        "hook",
        json!({"type": "generic", "address": "https://example.com"}),
    ))
    .await?;
    let group = |group: &str| format!("{group}.toolkit.fluxcd.io");
    for (api_version, kind) in [
        (group("source") + "/v1", "Bucket"),
        (group("source") + "/v1", "OCIRepository"),
        (group("source") + "/v1", "HelmChart"),
        (group("source") + "/v1", "ExternalArtifact"),
        (group("helm") + "/v2", "HelmRelease"),
        (group("notification") + "/v1", "Receiver"),
        (group("notification") + "/v1beta3", "Alert"),
        (group("image") + "/v1", "ImageRepository"),
        (group("image") + "/v1", "ImagePolicy"),
        (group("image") + "/v1", "ImageUpdateAutomation"),
    ] {
        case.cluster.list(&api_version, kind, &case.namespace, "").await?;
    }
    Ok(())
}
