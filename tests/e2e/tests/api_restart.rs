//! The API server is killed and started again while Sluice is in each stage of a rollout (K6): the rollout ends, nothing
//! is forgotten or made anew.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_e2e::object::{
    commit_of, config_map, deployment, git_repository, inventory, is_at_rest, is_current, kustomization,
    kustomization_file,
};
use sluice_e2e::{Case, wave};
use sluice_testbed::{
    Change, ControlPlane, GitHttpServer, Repository, SluiceOptions, SluiceProcess, crds, eventually,
};

/// kube-controller-manager's own watches back off for up to a minute after a restart, and a Deployment waits for them.
const PATIENCE: Duration = Duration::from_secs(180);
const DOWN: Duration = Duration::from_secs(2);
const COUNT: usize = 60;

/// Waits until the commit is applied and the object at rest.
async fn rolled_out(case: &Case, commit: &str) -> Result<Value> {
    let api_version = "kustomize.toolkit.fluxcd.io/v1";
    let of = (api_version, "Kustomization", case.namespace.as_str(), "app");
    let is_done = |it: &Value| {
        commit_of(&it["status"]["lastAppliedRevision"]) == commit && is_current(it) && is_at_rest(it)
    };
    case.cluster
        .wait_for(PATIENCE, of, "has applied the commit", is_done)
        .await
        .with_context(|| case.sluice.output())
}

async fn of_value(case: &Case, value: &str) -> Vec<String> {
    let all = case
        .cluster
        .list("v1", "ConfigMap", &case.namespace, "")
        .await
        .unwrap_or_default();
    let wanted = all.iter().filter(|it| it["data"]["value"] == value);
    wanted
        .filter_map(|it| it["metadata"]["uid"].as_str().map(str::to_owned))
        .collect()
}

async fn start(plane: &ControlPlane) -> Result<(Case, Repository)> {
    let cluster = plane.cluster().await?;
    cluster.apply_crds(&crds()?).await?;
    cluster.create_namespace("restarts").await?;
    let case = Case {
        cluster,
        namespace: "restarts".into(),
        git: GitHttpServer::start().await?,
        sluice: SluiceProcess::start(SluiceOptions::new(plane.kubeconfig(), "restarts")).await?,
    };
    let repository = case.git.create("app")?;
    repository.commit("main", "first", &wave::config_maps(COUNT, "one"))?;
    let mut source = git_repository("app", &case.git.url(&repository));
    source["spec"]["interval"] = json!("1s");
    case.apply(source).await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["wait"] = json!(true);
    app["spec"]["retryInterval"] = json!("1s");
    case.apply(app).await?;
    Ok((case, repository))
}

#[tokio::test]
async fn k6_a_rollout_outlives_a_restart_of_the_api_server_in_each_stage() -> Result<()> {
    let mut plane = ControlPlane::start().await?;
    if plane.folder().is_none() {
        eprintln!("SKIPPED: somebody else's API server is not ours to kill");
        return Ok(());
    }
    let (case, repository) = start(&plane).await?;
    let first = repository.git(&["rev-parse", "main"])?;
    // apply: some objects are made, some are not
    eventually(Duration::from_secs(60), "the apply is under way", || async {
        !of_value(&case, "one").await.is_empty()
    })
    .await?;
    plane.restart_api_server(DOWN).await?;
    rolled_out(&case, &first).await?;
    let made = of_value(&case, "one").await;
    assert_eq!(made.len(), COUNT);

    // fetch and render: the commit comes while there is no API server
    let changed = wave::config_maps(COUNT, "two");
    let second = repository.commit("main", "two", &changed)?;
    plane.restart_api_server(DOWN).await?;
    rolled_out(&case, &second).await?;
    assert_eq!(of_value(&case, "two").await, made, "changed in place");

    // prune: half of them go
    let half = wave::config_maps(COUNT / 2, "two");
    let third = repository.commit("main", "half", &half[..1])?;
    eventually(Duration::from_secs(60), "the prune is under way", || async {
        of_value(&case, "two").await.len() < COUNT
    })
    .await?;
    plane.restart_api_server(DOWN).await?;
    let after = rolled_out(&case, &third).await?;
    assert_eq!(of_value(&case, "two").await.len(), COUNT / 2);
    assert_eq!(inventory(&after).len(), COUNT / 2);

    // health: a Deployment that is not ready yet
    let waiting = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["web.yaml", "settings.yaml"]),
        ),
        Change::text("app/settings.yaml", config_map("settings", "color", "blue")),
        Change::text("app/web.yaml", deployment("web", Some("pending"))),
    ];
    let fourth = repository.commit("main", "wait", &waiting)?;
    case.until("Kustomization", "app", "waits", |it| {
        commit_of(&it["status"]["lastAttemptedRevision"]) == fourth && !is_at_rest(it)
    })
    .await?;
    plane.restart_api_server(DOWN).await?;
    let healthy = [Change::text("app/web.yaml", deployment("web", None))];
    let fifth = repository.commit("main", "healthy", &healthy)?;
    let end = rolled_out(&case, &fifth).await?;
    assert_eq!(inventory(&end).len(), 2);
    Ok(())
}
