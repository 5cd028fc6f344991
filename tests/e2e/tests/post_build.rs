//! spec.postBuild: variables from references and the spec, types, strictness, marks, and what errors do not say.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    failed_with, git_repository, inventory, is_current, kustomization, kustomization_file, message, object,
    secret,
};
use sluice_testbed::{Change, Repository};

const CANARY: &str = "canary-7f3a";

fn config_map(name: &str, data: Value) -> Value {
    let mut object = object("ConfigMap", name, Value::Null);
    object.as_object_mut().unwrap().remove("spec");
    object["data"] = data;
    object
}

/// A repository whose ConfigMap `settings` has this text as its data.
fn repository(case: &Case, data: &str) -> Result<Repository> {
    let repository = case.git.create("app")?;
    commit(&repository, data)?;
    Ok(repository)
}

fn commit(repository: &Repository, data: &str) -> Result<String> {
    let settings = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n{data}");
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["settings.yaml"])),
        Change::text("app/settings.yaml", settings),
    ];
    repository.commit("main", "settings", &files)
}

async fn deploy(case: &Case, repository: &Repository, post_build: Value) -> Result<()> {
    case.apply(git_repository("app", &case.git.url(repository)))
        .await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["postBuild"] = post_build;
    app["spec"]["retryInterval"] = json!("1h");
    case.apply(app).await?;
    Ok(())
}

#[tokio::test]
async fn variables_come_from_references_in_order_and_the_spec_wins() -> Result<()> {
    let case = Case::start("post-build").await?;
    case.apply(config_map("one", json!({"a": "1", "b": "1", "c": "1"})))
        .await?;
    case.apply(secret("two", &[("b", "2"), ("c", "2\n")])).await?;
    let data = "  all: ${a}-${b}-${c}-${d:=4}\n  escaped: $${a}\n  quoted: \"${n}\"\n  len: v${#a}\n";
    let repository = repository(&case, data)?;
    let references = json!([{"kind": "ConfigMap", "name": "one"}, {"kind": "Secret", "name": "two"},
        {"kind": "Secret", "name": "none", "optional": true}]);
    deploy(
        &case,
        &repository,
        json!({"substituteFrom": references, "substitute": {"c": "3", "n": "'7'"}}),
    )
    .await?;
    let app = case.until("Kustomization", "app", "is ready", is_current).await?;
    let settings = case.get("ConfigMap", "settings").await?;
    assert_eq!(
        settings["data"],
        json!({"all": "1-2-3-4", "escaped": "${a}", "quoted": "7", "len": "v1"})
    );
    assert_eq!(
        inventory(&app),
        [format!("{}_settings__ConfigMap", case.namespace)]
    );

    // a value that does not fit its type is the server's refusal of one object
    case.merge(
        "Kustomization",
        "app",
        json!({"spec": {"postBuild": {"substitute": {"n": "7"}}}}),
    )
    .await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_with(it, "ReconciliationFailed", "settings")
        })
        .await?;
    assert!(message(&failed).contains("ConfigMap"), "{}", message(&failed));
    assert_eq!(
        case.get("ConfigMap", "settings").await?["data"]["quoted"],
        "7",
        "the last good state stays"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_missing_fails_by_name_and_what_is_marked_is_left_alone() -> Result<()> {
    let case = Case::start("post-build-strict").await?;
    let repository = repository(&case, "  script: echo ${unset}\n")?;
    deploy(&case, &repository, json!({"substitute": {"x": "1"}})).await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_with(it, "BuildFailed", "unset")
        })
        .await?;
    assert!(
        message(&failed).contains("at data.script"),
        "{}",
        message(&failed)
    );
    assert!(!case.exists("ConfigMap", "settings").await?);

    let marked = "  script: echo ${unset}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: marked\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\ndata:\n  script: echo ${unset}\n";
    let head = commit(&repository, &marked.replacen("${unset}", "${x}", 1))?;
    case.roll_out("app", &head).await?;
    assert_eq!(
        case.get("ConfigMap", "settings").await?["data"]["script"],
        "echo 1"
    );
    assert_eq!(
        case.get("ConfigMap", "marked").await?["data"]["script"],
        "echo ${unset}"
    );

    case.merge(
        "Kustomization",
        "app",
        json!({"spec": {"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "none"}]}}}),
    )
    .await?;
    case.until("Kustomization", "app", "fails", |it| {
        failed_with(it, "BuildFailed", "ConfigMap/none")
    })
    .await?;
    Ok(())
}

/// L1: the value of a Secret is in no condition, event or log line, also when it breaks the object that it goes into.
#[tokio::test]
async fn no_value_of_a_secret_is_told() -> Result<()> {
    let case = Case::start("post-build-secret").await?;
    case.apply(secret(
        "vars",
        &[("token", CANARY), ("broken", &format!("{CANARY}: ["))],
    ))
    .await?;
    let repository = repository(&case, "  token: ${broken}\n")?;
    deploy(
        &case,
        &repository,
        json!({"substituteFrom": [{"kind": "Secret", "name": "vars"}]}),
    )
    .await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_with(it, "BuildFailed", "YAML")
        })
        .await?;
    assert!(!failed.to_string().contains(CANARY), "{failed}");

    let head = commit(&repository, "  token: ${token}\n  \"${token}\": ${unset}\n")?;
    case.request("GitRepository", "app").await?;
    let failed = case
        .until("Kustomization", "app", "fails", |it| {
            failed_with(it, "BuildFailed", "unset")
        })
        .await?;
    assert!(
        !failed.to_string().contains(CANARY) && failed.to_string().contains(&head),
        "{failed}"
    );

    let head = commit(&repository, "  token: ${token}\n")?;
    let app = case.roll_out("app", &head).await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["token"], CANARY);
    assert!(!app.to_string().contains(CANARY), "{app}");
    let events = case.cluster.list("v1", "Event", &case.namespace, "").await?;
    assert!(!serde_json::to_string(&events)?.contains(CANARY));
    assert!(!case.logs_contain(CANARY));
    let stored = std::process::Command::new("grep")
        .args(["-rl", CANARY])
        .arg(case.sluice.storage())
        .output()?;
    assert!(
        stored.stdout.is_empty(),
        "stands on disk: {}",
        String::from_utf8_lossy(&stored.stdout)
    );
    Ok(())
}

/// A change of a referenced object makes the Kustomization due at once, with or without Flux's label.
#[tokio::test]
async fn a_changed_reference_is_applied_at_once() -> Result<()> {
    let case = Case::start("post-build-watch").await?;
    let repository = repository(&case, "  color: ${color}\n")?;
    let references = json!([{"kind": "ConfigMap", "name": "vars"}]);
    deploy(&case, &repository, json!({"substituteFrom": references})).await?;
    case.until("Kustomization", "app", "fails", |it| {
        failed_with(it, "BuildFailed", "ConfigMap/vars")
    })
    .await?;
    for color in ["blue", "green"] {
        case.apply(config_map("vars", json!({"color": color}))).await?;
        case.until("ConfigMap", "settings", "has the color", |it| {
            it["data"]["color"] == color
        })
        .await?;
        case.until("Kustomization", "app", "is ready", is_current).await?;
    }
    Ok(())
}
