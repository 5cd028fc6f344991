//! The real flux CLI against Sluice; skipped with a loud line where there is none.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::command::sluice;
use sluice_e2e::flux::Flux;
use sluice_e2e::object::{config_map, deployment, git_repository, kustomization, kustomization_file, secret};
use sluice_testbed::{Change, Checkout, Repository};

async fn deployed(name: &str) -> Result<Option<(Case, Flux, Repository)>> {
    let case = Case::start(name).await?;
    let Some(flux) = Flux::find(&case.namespace).await? else {
        return Ok(None);
    };
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    Ok(Some((case, flux, repository)))
}

#[tokio::test]
async fn get_shows_revision_and_readiness() -> Result<()> {
    let Some((_case, flux, repository)) = deployed("flux-get").await? else {
        return Ok(());
    };
    let short = &repository.git(&["rev-parse", "main"])?[..8];
    for args in [
        ["get", "sources", "git"].as_slice(),
        &["get", "kustomizations"],
        &["get", "all"],
    ] {
        let table = flux.run(args).await?;
        let row = table
            .lines()
            .find(|line| line.contains("app"))
            .unwrap_or_default();
        assert!(
            row.contains(&format!("main@sha1:{short}")) && row.contains("True"),
            "{table}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn reconcile_waits_and_reports() -> Result<()> {
    let Some((case, flux, repository)) = deployed("flux-reconcile").await? else {
        return Ok(());
    };
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    let told = flux.run(&["reconcile", "source", "git", "app"]).await?;
    assert!(
        told.contains(&format!("fetched revision main@sha1:{commit}")),
        "{told}"
    );

    let red = Change::text("app/settings.yaml", config_map("settings", "color", "red"));
    let commit = repository.commit("main", "red", &[red])?;
    let told = flux
        .run(&["reconcile", "kustomization", "app", "--with-source"])
        .await?;
    assert!(
        told.contains(&format!("applied revision main@sha1:{commit}")),
        "{told}"
    );
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "red");

    repository.delete_branch("main")?;
    let failed = flux
        .run(&["reconcile", "source", "git", "app", "--timeout", "20s"])
        .await
        .unwrap_err();
    assert!(!format!("{failed:#}").is_empty());
    Ok(())
}

#[tokio::test]
async fn suspend_and_resume() -> Result<()> {
    let Some((case, flux, _repository)) = deployed("flux-suspend").await? else {
        return Ok(());
    };
    for (kind, args) in [
        ("Kustomization", ["kustomization", "app"].as_slice()),
        ("GitRepository", &["source", "git", "app"]),
    ] {
        flux.run(&[&["suspend"], args].concat()).await?;
        assert_eq!(case.get(kind, "app").await?["spec"]["suspend"], true);
        let refused = flux.run(&[&["reconcile"], args].concat()).await.unwrap_err();
        assert!(format!("{refused:#}").contains("suspended"), "{refused:#}");
        flux.run(&[&["resume"], args].concat()).await?;
        assert_ne!(case.get(kind, "app").await?["spec"]["suspend"], true);
    }
    Ok(())
}

#[tokio::test]
async fn tree_and_trace() -> Result<()> {
    let Some((case, flux, repository)) = deployed("flux-tree").await? else {
        return Ok(());
    };
    let child = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "child", "namespace": case.namespace},
        "spec": {"interval": "1h", "path": "./child", "prune": true, "targetNamespace": case.namespace,
            "sourceRef": {"kind": "GitRepository", "name": "app"}}});
    let commit = repository.commit(
        "main",
        "a child",
        &[
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["settings.yaml", "child.yaml"]),
            ),
            Change::text("app/child.yaml", child.to_string()),
            Change::text("child/kustomization.yaml", kustomization_file(&["map.yaml"])),
            Change::text("child/map.yaml", config_map("of-the-child", "x", "1")),
        ],
    )?;
    case.roll_out("app", &commit).await?;
    case.until(
        "Kustomization",
        "child",
        "is ready",
        sluice_e2e::object::is_current,
    )
    .await?;
    let tree = flux.run(&["tree", "kustomization", "app"]).await?;
    for line in ["ConfigMap", "settings", "Kustomization", "child", "of-the-child"] {
        assert!(tree.contains(line), "{line} in {tree}");
    }
    let json: Value =
        serde_json::from_str(&flux.run(&["tree", "kustomization", "app", "-o", "json"]).await?)?;
    assert!(json.to_string().contains("of-the-child"), "{json}");

    let trace = flux.run(&["trace", "configmap", "of-the-child"]).await?;
    for line in [
        "Managed by Flux",
        "Kustomization:   child",
        "GitRepository:   app",
        &format!("main@sha1:{commit}"),
    ] {
        assert!(trace.contains(line), "{line} in {trace}");
    }
    Ok(())
}

#[tokio::test]
async fn events_stats_export_and_check() -> Result<()> {
    let Some((_case, flux, repository)) = deployed("flux-events").await? else {
        return Ok(());
    };
    let commit = repository.git(&["rev-parse", "main"])?;
    for args in [["events"].as_slice(), &["events", "--for", "Kustomization/app"]] {
        let events = flux.run(args).await?;
        assert!(
            events.contains("ReconciliationSucceeded") && events.contains("NewArtifact"),
            "{events}"
        );
        assert!(
            events.contains("kustomization/app") || events.contains("Kustomization/app"),
            "{events}"
        );
    }
    let stats = flux.run(&["stats"]).await?;
    for kind in ["GitRepository", "Kustomization"] {
        let row: Vec<&str> = stats
            .lines()
            .find(|line| line.starts_with(kind))
            .unwrap()
            .split_whitespace()
            .collect();
        assert_eq!(&row[..4], [kind, "1", "0", "0"], "{stats}");
    }
    let exported = flux.run(&["export", "kustomization", "app"]).await?;
    assert!(exported.contains("kind: Kustomization"), "{exported}");
    assert!(
        flux.run(&["get", "sources", "git", "app"])
            .await?
            .contains(&commit[..8])
    );
    Ok(())
}

/// What `flux build` makes of the same files, with the variables of the cluster, is what `sluice build` makes of them,
/// byte by byte; and `flux diff` finds nothing to change in what Sluice applied.
#[tokio::test]
async fn build_and_diff_agree() -> Result<()> {
    let case = Case::start("flux-build").await?;
    let Some(flux) = Flux::find(&case.namespace).await? else {
        return Ok(());
    };
    let repository = case.git.create("app")?;
    let files = [
        Change::text(
            "app/kustomization.yaml",
            kustomization_file(&["settings.yaml", "web.yaml", "key.yaml"]),
        ),
        Change::text(
            "app/settings.yaml",
            config_map("settings", "color", "${color} ${none:=default}"),
        ),
        Change::text(
            "app/web.yaml",
            deployment("web", None).replace("replicas: 1", "replicas: ${replicas}"),
        ),
        Change::text(
            "app/key.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: \"${color}\"}\n",
        ),
    ];
    repository.commit("main", "first", &files)?;
    case.apply(secret("vars", &[("color", "blue"), ("replicas", "0")]))
        .await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["postBuild"] = json!({"substituteFrom": [{"kind": "Secret", "name": "vars"}]});
    app["spec"]["commonMetadata"] = json!({"labels": {"team": "a"}, "annotations": {"note": "b: c"}});
    case.apply(app).await?;
    case.until("Kustomization", "app", "is ready", sluice_e2e::object::is_current)
        .await?;

    let local = Checkout::clone(&case.git.url(&repository))?;
    let folder = local.path().join("app").to_string_lossy().into_owned();
    let theirs = flux
        .run(&["build", "kustomization", "app", "--path", &folder])
        .await?;
    let args = [
        "build",
        "kustomization",
        "app",
        "--path",
        &folder,
        "-n",
        &case.namespace,
    ];
    let ours = sluice(sluice_e2e::bed().await?.kubeconfig(), &args).await?;
    assert_eq!(ours.out, theirs, "{}", ours.err);
    let nothing = flux
        .run(&[
            "diff",
            "kustomization",
            "app",
            "--path",
            &folder,
            "--progress-bar=false",
        ])
        .await?;
    assert!(!nothing.contains('►'), "{nothing}");
    let vars = flux
        .run(&["debug", "kustomization", "app", "--show-vars"])
        .await?;
    assert!(vars.contains("color=blue"), "{vars}");
    Ok(())
}
