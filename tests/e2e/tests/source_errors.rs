//! Sources that cannot be fetched: the reason is told, nothing secret is, and the last artifact stays.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{condition, git_repository, is_current, is_ready, kustomization, message, secret};
use sluice_testbed::{Change, SluiceOptions};

const PASSWORD: &str = "correct-horse-battery";

fn fetch_failed(object: &serde_json::Value) -> bool {
    is_ready(object, "False") && condition(object, "FetchFailed").is_some_and(|it| it["status"] == "True")
}

#[tokio::test]
async fn wrong_credentials_are_reported_and_never_shown() -> Result<()> {
    let case = Case::start("credentials").await?;
    let repository = case.simple_repository("app")?;
    case.git.require_login(Some(("bob", PASSWORD)));
    case.apply(secret(
        "login",
        &[("username", "bob"), ("password", "wrong-horse")],
    ))
    .await?;
    let mut source = git_repository("app", &case.git.url(&repository));
    source["spec"]["secretRef"] = json!({"name": "login"});
    case.apply(source).await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    let failed = case
        .until("GitRepository", "app", "is refused", fetch_failed)
        .await?;
    let reason = condition(&failed, "FetchFailed").unwrap()["reason"]
        .as_str()
        .unwrap();
    assert!(
        ["GitOperationFailed", "AuthenticationFailed"].contains(&reason),
        "{reason}"
    );
    let told = message(&failed).to_lowercase();
    assert!(
        told.contains("auth") || told.contains("401") || told.contains("credentials"),
        "{told}"
    );

    case.apply(secret("login", &[("username", "bob"), ("password", PASSWORD)]))
        .await?;
    case.reconcile("GitRepository", "app").await?;
    let source = case.until("GitRepository", "app", "is ready", is_current).await?;
    assert!(condition(&source, "FetchFailed").is_none(), "{source}");
    case.until("Kustomization", "app", "is ready", is_current).await?;

    for secret in ["wrong-horse", PASSWORD] {
        assert!(!failed.to_string().contains(secret) && !source.to_string().contains(secret));
        assert!(!case.logs_contain(secret));
        for event in case.cluster.list("v1", "Event", &case.namespace, "").await? {
            assert!(!event.to_string().contains(secret), "{event}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_secret_is_named() -> Result<()> {
    let case = Case::start("no-secret").await?;
    let repository = case.simple_repository("app")?;
    let mut source = git_repository("app", &case.git.url(&repository));
    source["spec"]["secretRef"] = json!({"name": "not-there"});
    case.apply(source).await?;
    let failed = case.until("GitRepository", "app", "fails", fetch_failed).await?;
    assert_eq!(
        condition(&failed, "FetchFailed").unwrap()["reason"],
        "AuthenticationFailed"
    );
    assert!(message(&failed).contains("not-there"), "{}", message(&failed));
    Ok(())
}

#[tokio::test]
async fn a_missing_branch_is_named_and_found_when_it_comes() -> Result<()> {
    let case = Case::start("branch").await?;
    let repository = case.simple_repository("app")?;
    let mut source = git_repository("app", &case.git.url(&repository));
    source["spec"]["ref"] = json!({"branch": "release"});
    case.apply(source).await?;
    let failed = case.until("GitRepository", "app", "fails", fetch_failed).await?;
    assert_eq!(
        condition(&failed, "FetchFailed").unwrap()["reason"],
        "GitOperationFailed"
    );
    assert!(message(&failed).contains("release"), "{}", message(&failed));

    repository.git(&["branch", "release", "main"])?;
    case.reconcile("GitRepository", "app").await?;
    let source = case.until("GitRepository", "app", "is ready", is_current).await?;
    let commit = repository.git(&["rev-parse", "main"])?;
    assert_eq!(
        source["status"]["artifact"]["revision"],
        format!("release@sha1:{commit}")
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_fails_leaves_the_last_artifact_in_place() -> Result<()> {
    let case = Case::start("server-fails").await?;
    let repository = case.simple_repository("app")?;
    let before = case.deploy("app", &repository).await?;
    case.git.fail_with(Some(503));
    repository.commit("main", "unseen", &[Change::text("x", "1")])?;
    case.request("GitRepository", "app").await?;
    let failed = case.until("GitRepository", "app", "fails", fetch_failed).await?;
    assert!(failed["status"]["artifact"]["revision"].is_string(), "{failed}");
    let kustomization = case.reconcile("Kustomization", "app").await?;
    assert!(is_current(&kustomization), "{kustomization}");
    assert_eq!(
        kustomization["status"]["lastAppliedRevision"],
        before["status"]["lastAppliedRevision"]
    );

    case.git.fail_with(None);
    let commit = repository.git(&["rev-parse", "main"])?;
    case.roll_out("app", &commit).await?;
    Ok(())
}

#[tokio::test]
async fn an_empty_repository_is_reported() -> Result<()> {
    let case = Case::start("empty").await?;
    let repository = case.git.create("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let failed = case.until("GitRepository", "app", "fails", fetch_failed).await?;
    assert!(!message(&failed).is_empty());
    Ok(())
}

#[tokio::test]
async fn a_kustomization_without_its_source_waits_for_it() -> Result<()> {
    let case = Case::start("no-source").await?;
    let repository = case.simple_repository("app")?;
    case.apply(kustomization("app", "app", "./app")).await?;
    let failed = case
        .until("Kustomization", "app", "misses its source", |it| {
            sluice_e2e::object::failed_for(it, "ArtifactFailed")
        })
        .await?;
    assert!(message(&failed).contains("app"), "{}", message(&failed));
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

/// Link-local and loopback targets are refused without the operator's flag (design, "Egress in practice").
#[tokio::test]
async fn loopback_is_refused_without_the_flag() -> Result<()> {
    let case = Case::start_with("egress", |options| SluiceOptions {
        loopback_egress: false,
        ..options
    })
    .await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.until("GitRepository", "app", "is refused", fetch_failed)
        .await?;
    assert_eq!(case.git.advertisements(), 0);
    Ok(())
}
