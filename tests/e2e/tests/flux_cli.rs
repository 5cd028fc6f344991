//! The real flux CLI against Sluice; skipped with a loud line where there is none.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::flux::Flux;
use sluice_e2e::object::{config_map, kustomization_file};
use sluice_testbed::{Change, Repository};

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
