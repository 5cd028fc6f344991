//! Git over SSH with a deploy key and pinned host keys.

use anyhow::Result;
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{git_repository, is_current, is_ready, message, secret};
use sluice_testbed::{Change, GitSshServer};

#[tokio::test]
async fn fetches_with_a_deploy_key_and_only_from_the_known_host() -> Result<()> {
    let case = Case::start("ssh").await?;
    let server = GitSshServer::start()?;
    let repository = server.create("app")?;
    let commit = repository.commit("main", "first", &[Change::text("a", "a")])?;
    let key = server.client_key()?;
    // a key that is well-formed, but not this server's
    let other = GitSshServer::start()?;
    let wrong_host = other.known_hosts();
    let wrong_key = wrong_host
        .split_whitespace()
        .skip(1)
        .collect::<Vec<_>>()
        .join(" ");
    let right_name = server.known_hosts().split_whitespace().next().unwrap().to_owned();
    let lying = format!("{right_name} {wrong_key}\n");
    case.apply(secret("key", &[("identity", &key), ("known_hosts", &lying)]))
        .await?;
    let mut source = git_repository("app", &server.url(&repository));
    source["spec"]["secretRef"] = json!({"name": "key"});
    case.apply(source).await?;
    let failed = case
        .until("GitRepository", "app", "refuses the host", |it| {
            is_ready(it, "False")
        })
        .await?;
    let told = message(&failed).to_lowercase();
    assert!(told.contains("host") || told.contains("certificate"), "{told}");

    case.apply(secret(
        "key",
        &[("identity", &key), ("known_hosts", &server.known_hosts())],
    ))
    .await?;
    case.reconcile("GitRepository", "app").await?;
    let source = case.until("GitRepository", "app", "is ready", is_current).await?;
    assert_eq!(
        source["status"]["artifact"]["revision"],
        format!("main@sha1:{commit}")
    );
    assert!(!case.logs_contain("BEGIN OPENSSH PRIVATE KEY"));

    let foreign_key = other.client_key()?;
    case.apply(secret(
        "key",
        &[("identity", &foreign_key), ("known_hosts", &server.known_hosts())],
    ))
    .await?;
    repository.commit("main", "second", &[Change::text("a", "b")])?;
    case.reconcile("GitRepository", "app").await?;
    let refused = case
        .until("GitRepository", "app", "is refused", |it| is_ready(it, "False"))
        .await?;
    assert_eq!(
        refused["status"]["artifact"]["revision"],
        format!("main@sha1:{commit}")
    );
    Ok(())
}
