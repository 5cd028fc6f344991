//! Charts in the files of a Git source, with what they depend on.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    condition, failed_with, git_repository, helm_chart, helm_repository, is_current, message,
};
use sluice_testbed::{Change, Helm, Repository};

use crate::helm_chart::{file, served};
use crate::helm_repository::serve;

const APP: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";

fn dependencies(list: &str) -> String {
    format!("{APP}dependencies:\n{list}")
}

fn repository(case: &Case, chart: &str) -> Result<Repository> {
    let repository = case.git.create("app")?;
    let files = [
        Change::text("charts/app/Chart.yaml", chart),
        Change::text("charts/app/values.yaml", "color: blue\n"),
        Change::text("charts/app/.helmignore", "*.md\n"),
        Change::text("charts/app/README.md", "not packed\n"),
        Change::text("charts/app/templates/x.yaml", "a: {{ .Values.color }}\n"),
        Change::text(
            "charts/db/Chart.yaml",
            "apiVersion: v2\nname: db\nversion: 2.1.0\n",
        ),
        Change::text("charts/db/templates/y.yaml", "b: 1\n"),
        Change::text("prod.yaml", "color: green\n"),
    ];
    repository.commit("main", "charts", &files)?;
    Ok(repository)
}

async fn source(case: &Case, repository: &Repository) -> Result<Value> {
    case.apply(git_repository("app", &case.git.url(repository)))
        .await?;
    case.until("GitRepository", "app", "is ready", is_current).await
}

#[tokio::test]
async fn a_directory_is_packed_with_the_chart_beside_it() -> Result<()> {
    let case = Case::start("helm-git").await?;
    let repository = repository(
        &case,
        &dependencies("- {name: db, version: 2.x, repository: 'file://../db'}\n"),
    )?;
    let git = source(&case, &repository).await?;
    case.apply(helm_chart("app", "./charts/app", ("GitRepository", "app")))
        .await?;
    let chart = case.until("HelmChart", "app", "is ready", is_current).await?;
    assert_eq!(message(&chart), "packaged 'app' chart with version '0.1.0'");
    assert_eq!(
        condition(&chart, "Ready").unwrap()["reason"],
        "ChartPackageSucceeded"
    );
    assert_eq!(
        chart["status"]["observedSourceArtifactRevision"],
        git["status"]["artifact"]["revision"]
    );
    let packed = served(&chart).await?;
    assert!(file(&packed, "app/charts/db/templates/y.yaml")?.is_some());
    assert!(
        file(&packed, "app/README.md")?.is_none(),
        "ignored by .helmignore"
    );
    let helm = Helm::find()?;
    let path = std::env::temp_dir().join(format!("{}.tgz", case.namespace));
    std::fs::write(&path, &packed)?;
    let rendered = helm.run(&["template", "r", &path.to_string_lossy()])?;
    assert!(
        rendered.contains("a: blue") && rendered.contains("b: 1"),
        "{rendered}"
    );
    std::fs::remove_file(path)?;

    // the same version: another commit makes no other artifact
    repository.commit(
        "main",
        "red",
        &[Change::text("charts/app/values.yaml", "color: red\n")],
    )?;
    let newer = case.reconcile("GitRepository", "app").await?;
    let revision = newer["status"]["artifact"]["revision"].clone();
    let kept = case
        .until("HelmChart", "app", "has seen the commit", |object| {
            object["status"]["observedSourceArtifactRevision"] == revision && is_current(object)
        })
        .await?;
    assert_eq!(kept["status"]["artifact"], chart["status"]["artifact"]);
    // unless the revision is part of the version
    case.merge(
        "HelmChart",
        "app",
        json!({"spec": {"reconcileStrategy": "Revision", "valuesFiles": ["prod.yaml"]}}),
    )
    .await?;
    let commit = revision
        .as_str()
        .and_then(|text| text.rsplit_once(':'))
        .map(|(_, commit)| commit[..12].to_owned());
    let wanted = format!("0.1.0+{}.2", commit.unwrap_or_default());
    let moved = case
        .until("HelmChart", "app", "has the commit's version", |object| {
            object["status"]["artifact"]["revision"] == wanted.as_str()
        })
        .await?;
    assert_eq!(
        file(&served(&moved).await?, "app/values.yaml")?.as_deref(),
        Some("color: green\n")
    );
    Ok(())
}

/// H7: a dependency beside the chart stays in the source; other trouble with dependencies is told by name.
#[tokio::test]
async fn h7_dependencies_that_cannot_be_had_are_named() -> Result<()> {
    let case = Case::start("helm-deps").await?;
    let repository = repository(&case, APP)?;
    source(&case, &repository).await?;
    case.apply(helm_chart("app", "charts/app", ("GitRepository", "app")))
        .await?;
    let good = case.until("HelmChart", "app", "is ready", is_current).await?;
    for (version, dependency, text) in [
        (
            "0.2.0",
            "- {name: db, version: '*', repository: 'file://../../../etc'}\n",
            "leaves the source",
        ),
        (
            "0.2.1",
            "- {name: db, version: 1.x, repository: 'file://../db'}\n",
            "can't get a valid version for constraint '1.x'",
        ),
        (
            "0.2.2",
            "- {name: db, version: 1.x, repository: '@stable'}\n",
            "aliased repository dependency is not supported",
        ),
        (
            "0.2.3",
            "- {name: db, version: 1.x, repository: 'http://169.254.169.254/latest'}\n",
            "failed to add remote dependency 'db'",
        ),
    ] {
        let chart = dependencies(dependency).replace("0.1.0", version);
        repository.commit("main", version, &[Change::text("charts/app/Chart.yaml", chart)])?;
        case.reconcile("GitRepository", "app").await?;
        let failed = case
            .until("HelmChart", "app", text, |object| {
                failed_with(object, "DependencyBuildError", text)
            })
            .await?;
        assert_eq!(
            failed["status"]["artifact"], good["status"]["artifact"],
            "the last good one stays"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_dependency_of_a_repository_is_fetched_with_its_credentials() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-umbrella").await?;
    let (private, open) = (
        serve(&helm, Some(("ann", "hunter22")), &["1.0.0"])?,
        serve(&helm, None, &["1.3.0"])?,
    );
    case.apply(sluice_e2e::object::secret(
        "login",
        &[("username", "ann"), ("password", "hunter22")],
    ))
    .await?;
    let mut charts = helm_repository("private", &format!("{}/", private.url()));
    charts["spec"]["secretRef"] = json!({"name": "login"});
    case.apply(charts).await?;
    case.until("HelmRepository", "private", "is ready", is_current)
        .await?;
    let list = format!(
        "- {{name: web, version: ^1, repository: '{}'}}\n- {{name: web, version: 1.3.0, repository: '{}', alias: front}}\n",
        private.url(),
        open.url()
    );
    let repository = repository(&case, &dependencies(&list))?;
    source(&case, &repository).await?;
    case.apply(helm_chart("app", "charts/app", ("GitRepository", "app")))
        .await?;
    let chart = case.until("HelmChart", "app", "is ready", is_current).await?;
    let packed = served(&chart).await?;
    assert!(file(&packed, "app/charts/web/Chart.yaml")?.is_some_and(|text| text.contains("version: 1.0.0")));
    assert!(
        file(&packed, "app/charts/front/Chart.yaml")?.is_some_and(|text| text.contains("version: 1.3.0"))
    );
    assert!(open.take_asked().iter().all(|(_, login)| login.is_none()));
    case.until_told("what was resolved", |event| {
        event["message"] == "resolved 2 chart dependencies"
    })
    .await?;
    Ok(())
}

/// A spec that could not be built yet has no artifact of its own: that of the spec before it is not taken for it, though
/// name and version are the same.
#[tokio::test]
async fn the_artifact_of_another_spec_is_not_taken_for_this_one() -> Result<()> {
    let case = Case::start("helm-git-spec").await?;
    let repository = repository(&case, APP)?;
    source(&case, &repository).await?;
    case.apply(helm_chart("app", "./charts/app", ("GitRepository", "app")))
        .await?;
    let first = case.until("HelmChart", "app", "is ready", is_current).await?;
    case.merge("HelmChart", "app", json!({"spec": {"chart": "./other/app"}}))
        .await?;
    let missing = case
        .until("HelmChart", "app", "has no such chart", |object| {
            failed_with(object, "InvalidChartReference", "other/app")
        })
        .await?;
    assert_eq!(
        missing["status"]["artifact"], first["status"]["artifact"],
        "it stays"
    );
    repository.commit(
        "main",
        "the other one",
        &[
            Change::text("other/app/Chart.yaml", APP),
            Change::text("other/app/values.yaml", "color: red\n"),
        ],
    )?;
    case.reconcile("GitRepository", "app").await?;
    let second = case.until("HelmChart", "app", "is ready", is_current).await?;
    assert_eq!(
        file(&served(&second).await?, "app/values.yaml")?.as_deref(),
        Some("color: red\n")
    );
    Ok(())
}
