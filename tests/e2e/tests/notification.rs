//! Alerts: events reach a webhook, signed, filtered, in Flux's form.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{config_map, object, secret};
use sluice_testbed::{Change, Receiver};

const KEY: &str = "hmac-key-of-the-test";
const PATIENCE: Duration = Duration::from_secs(30);

async fn alert(case: &Case, provider: Value, alert: Value) -> Result<()> {
    case.apply(object("Provider", "hook", provider)).await?;
    case.apply(object("Alert", "hook", alert)).await.map(drop)
}

fn everything(severity: &str) -> Value {
    json!({"providerRef": {"name": "hook"}, "eventSeverity": severity,
        "eventSources": [{"kind": "Kustomization", "name": "*"}, {"kind": "GitRepository", "name": "*"}]})
}

#[tokio::test]
async fn an_applied_commit_is_told_with_a_valid_signature() -> Result<()> {
    let case = Case::start("hmac").await?;
    let receiver = Receiver::start()?;
    case.apply(secret("key", &[("token", KEY)])).await?;
    let provider =
        json!({"type": "generic-hmac", "address": receiver.url("hook"), "secretRef": {"name": "key"}});
    let mut rule = everything("info");
    rule["eventMetadata"] = json!({"cluster": "test"});
    alert(&case, provider, rule).await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;

    let delivery = receiver
        .wait_for(PATIENCE, |it| {
            it.json()["involvedObject"]["kind"] == "Kustomization"
                && it.json()["message"]
                    .as_str()
                    .is_some_and(|text| text.contains("ConfigMap/"))
        })
        .await?;
    assert!(delivery.is_signed_with(KEY.as_bytes()));
    assert!(!delivery.is_signed_with(b"another key"));
    assert_eq!(delivery.path, "/hook");
    let event = delivery.json();
    let commit = repository.git(&["rev-parse", "main"])?;
    assert_eq!(event["involvedObject"]["name"], "app");
    assert_eq!(event["involvedObject"]["namespace"], case.namespace.as_str());
    assert_eq!(
        event["involvedObject"]["apiVersion"],
        "kustomize.toolkit.fluxcd.io/v1"
    );
    assert_eq!(event["severity"], "info");
    assert_eq!(event["reportingController"], "kustomize-controller");
    assert_eq!(
        event["metadata"]["revision"],
        format!("main@sha1:{commit}"),
        "{event}"
    );
    assert_eq!(event["metadata"]["cluster"], "test", "{event}");
    let told = event["message"].as_str().unwrap();
    assert_eq!(told, format!("ConfigMap/{}/settings created", case.namespace));

    let source = receiver
        .wait_for(PATIENCE, |it| {
            it.json()["involvedObject"]["kind"] == "GitRepository"
        })
        .await?;
    assert_eq!(source.json()["reason"], "NewArtifact");
    assert_eq!(source.json()["reportingController"], "source-controller");
    assert!(!case.logs_contain(KEY));
    Ok(())
}

#[tokio::test]
async fn an_alert_for_errors_tells_errors_only() -> Result<()> {
    let case = Case::start("errors").await?;
    let receiver = Receiver::start()?;
    alert(
        &case,
        json!({"type": "generic", "address": receiver.url("hook")}),
        everything("error"),
    )
    .await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    repository.commit("main", "broken", &[Change::text("app/settings.yaml", "a: [\n")])?;
    case.request("GitRepository", "app").await?;
    let delivery = receiver
        .wait_for(PATIENCE, |it| it.json()["severity"] == "error")
        .await?;
    assert_eq!(delivery.json()["reason"], "BuildFailed");
    assert!(delivery.headers.get("x-signature").is_none());
    assert!(
        receiver
            .deliveries()
            .iter()
            .all(|it| it.json()["severity"] == "error")
    );
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_fails_at_first_gets_it_later() -> Result<()> {
    let case = Case::start("notify-retry").await?;
    let receiver = Receiver::start()?;
    receiver.fail_next(1);
    let mut rule = everything("info");
    rule["eventSources"] = json!([{"kind": "GitRepository", "name": "*"}]);
    alert(
        &case,
        json!({"type": "generic", "address": receiver.url("hook")}),
        rule,
    )
    .await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    sluice_testbed::eventually(PATIENCE, "it is sent again", || async {
        receiver.deliveries().len() >= 2
    })
    .await?;
    let deliveries = receiver.deliveries();
    assert_eq!(deliveries[0].json(), deliveries[1].json());
    Ok(())
}

#[tokio::test]
async fn a_suspended_alert_and_an_excluded_message_tell_nothing() -> Result<()> {
    let case = Case::start("excluded").await?;
    let (suspended, excluded, open) = (Receiver::start()?, Receiver::start()?, Receiver::start()?);
    for (name, receiver) in [
        ("suspended", &suspended),
        ("excluded", &excluded),
        ("open", &open),
    ] {
        let provider = json!({"type": "generic", "address": receiver.url("hook")});
        case.apply(object("Provider", name, provider)).await?;
        let mut rule = everything("info");
        rule["providerRef"] = json!({"name": name});
        rule["suspend"] = json!(name == "suspended");
        if name == "excluded" {
            rule["exclusionList"] = json!(["^ConfigMap/", "^stored artifact"]);
        }
        case.apply(object("Alert", name, rule)).await?;
    }
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let changed = |it: &sluice_testbed::Delivery| {
        it.json()["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("ConfigMap/"))
    };
    open.wait_for(PATIENCE, changed).await?;
    let commit = repository.commit(
        "main",
        "green",
        &[Change::text(
            "app/settings.yaml",
            config_map("settings", "c", "g"),
        )],
    )?;
    case.roll_out("app", &commit).await?;
    let twice = || async { open.deliveries().iter().filter(|it| changed(it)).count() >= 2 };
    sluice_testbed::eventually(PATIENCE, "the second change is told", twice).await?;
    assert!(suspended.deliveries().is_empty());
    assert!(!excluded.deliveries().iter().any(changed));
    Ok(())
}
