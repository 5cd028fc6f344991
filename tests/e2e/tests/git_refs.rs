//! Every way to choose a revision.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{git_repository, is_current};
use sluice_testbed::{Change, Repository};

async fn revision(case: &Case, repository: &Repository, name: &str, reference: Value) -> Result<String> {
    let mut source = git_repository(name, &case.git.url(repository));
    source["spec"]["ref"] = reference;
    case.apply(source).await?;
    let source = case.until("GitRepository", name, "is ready", is_current).await?;
    Ok(source["status"]["artifact"]["revision"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

#[tokio::test]
async fn branch_tag_semver_name_and_commit() -> Result<()> {
    let case = Case::start("refs").await?;
    let repository = case.git.create("app")?;
    let mut commits = Vec::new();
    for version in ["v1.0.0", "v1.2.0", "v1.3.0-rc.1", "v2.0.0"] {
        let commit = repository.commit("main", version, &[Change::text("version", version)])?;
        repository.tag(version, &commit)?;
        commits.push(commit);
    }
    repository.git(&[
        "tag",
        "--annotate",
        "--message",
        "a tag object",
        "annotated",
        &commits[1],
    ])?;
    let [one, two, _, newest] = commits.as_slice() else {
        unreachable!()
    };

    let cases = [
        ("branch", json!({"branch": "main"}), format!("main@sha1:{newest}")),
        ("tag", json!({"tag": "v1.0.0"}), format!("v1.0.0@sha1:{one}")),
        (
            "annotated",
            json!({"tag": "annotated"}),
            format!("annotated@sha1:{two}"),
        ),
        (
            "semver",
            json!({"semver": ">=1.0.0 <2.0.0"}),
            format!("v1.2.0@sha1:{two}"),
        ),
        (
            "semver-x",
            json!({"semver": "*"}),
            format!("v2.0.0@sha1:{newest}"),
        ),
        (
            "name",
            json!({"name": "refs/heads/main"}),
            format!("refs/heads/main@sha1:{newest}"),
        ),
        ("commit", json!({"commit": one}), format!("sha1:{one}")),
        (
            "commit-branch",
            json!({"commit": one, "branch": "main"}),
            format!("main@sha1:{one}"),
        ),
    ];
    for (name, reference, wanted) in cases {
        assert_eq!(
            revision(&case, &repository, name, reference).await?,
            wanted,
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn nothing_moves_when_nothing_is_new() -> Result<()> {
    let case = Case::start("no-new").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let before = case.get("GitRepository", "app").await?;
    let packs = case.git.packs();
    let after = case.reconcile("GitRepository", "app").await?;
    assert_eq!(case.git.packs(), packs, "objects were asked for again");
    assert_eq!(after["status"]["artifact"], before["status"]["artifact"]);
    Ok(())
}
