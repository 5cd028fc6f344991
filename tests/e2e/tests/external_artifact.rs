//! Sources that another process serves: the artifact is fetched over HTTP, checked and unpacked.

use std::io::Write as _;

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sluice_e2e::Case;
use sluice_e2e::object::{
    config_map, failed_for, failed_with, is_current, kustomization, kustomization_file, object,
};
use sluice_testbed::FileServer;

fn archive(color: &str) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in [
        ("app/kustomization.yaml", kustomization_file(&["settings.yaml"])),
        ("app/settings.yaml", config_map("settings", "color", color)),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes())?;
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&tar.into_inner()?)?;
    Ok(gzip.finish()?)
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

async fn publish(case: &Case, revision: &str, digest: &str, url: &str) -> Result<()> {
    let status = json!({
        "artifact": {"path": "externalartifact/x/app/1.tar.gz", "url": url, "revision": revision, "digest": digest,
            "lastUpdateTime": "2026-01-01T00:00:00Z", "metadata": {"org.opencontainers.image.revision": "main@sha1:abc"}},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}],
    });
    let (version, kind) = ("source.toolkit.fluxcd.io/v1", "ExternalArtifact");
    case.cluster
        .merge_status(version, kind, &case.namespace, "app", status)
        .await?;
    Ok(())
}

fn app() -> Value {
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["sourceRef"]["kind"] = json!("ExternalArtifact");
    app
}

#[tokio::test]
async fn an_external_artifact_is_fetched_once_verified_and_applied() -> Result<()> {
    let case = Case::start("external").await?;
    let files = FileServer::start()?;
    case.apply(object("ExternalArtifact", "app", json!({}))).await?;
    case.apply(app()).await?;
    let mut second = app();
    second["metadata"]["name"] = json!("second");
    second["spec"]["namePrefix"] = json!("second-");
    case.apply(second).await?;
    case.until("Kustomization", "app", "has no artifact yet", |it| {
        failed_with(it, "ArtifactFailed", "Source artifact not found, retrying in 30s")
    })
    .await?;
    let blue = archive("blue")?;
    let url = files.put("blue.tar.gz", blue.clone());
    publish(&case, "v1", &digest(&blue), &url).await?;
    let ready = case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(ready["status"]["lastAppliedRevision"], "v1");
    assert_eq!(ready["status"]["lastAppliedOriginRevision"], "main@sha1:abc");
    assert_eq!(
        ready["status"]["history"][0]["metadata"]["originRevision"],
        "main@sha1:abc"
    );
    case.until("Kustomization", "second", "is ready", is_current)
        .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");
    assert!(case.exists("ConfigMap", "second-settings").await?);
    assert_eq!(files.requests(), 1, "fetched once for both");
    Ok(())
}

/// A11: other bytes than the digest names are never applied, and what stood stays.
#[tokio::test]
async fn a_tampered_artifact_is_refused_and_the_last_state_stays() -> Result<()> {
    let case = Case::start("external-tampered").await?;
    let files = FileServer::start()?;
    case.apply(object("ExternalArtifact", "app", json!({}))).await?;
    let blue = archive("blue")?;
    publish(&case, "v1", &digest(&blue), &files.put("1.tar.gz", blue.clone())).await?;
    case.apply(app()).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;

    let red = archive("red")?;
    let url = files.put("2.tar.gz", archive("evil")?);
    publish(&case, "v2", &digest(&red), &url).await?;
    let failed = case
        .until("Kustomization", "app", "refuses the bytes", |it| {
            failed_with(
                it,
                "ArtifactFailed",
                "failed to verify the artifact of revision v2",
            )
        })
        .await?;
    assert_eq!(failed["status"]["lastAppliedRevision"], "v1");
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "blue");

    publish(
        &case,
        "v3",
        &digest(b"garbage"),
        &files.put("3.tar.gz", b"garbage".to_vec()),
    )
    .await?;
    case.until("Kustomization", "app", "refuses what is no archive", |it| {
        failed_with(
            it,
            "ArtifactFailed",
            "failed to unpack the artifact of revision v3",
        )
    })
    .await?;
    publish(
        &case,
        "v4",
        &digest(&red),
        "http://169.254.169.254/latest/meta-data",
    )
    .await?;
    case.until("Kustomization", "app", "refuses the address", |it| {
        failed_with(it, "ArtifactFailed", "a metadata service")
    })
    .await?;

    files.put("2.tar.gz", red.clone());
    publish(&case, "v5", &digest(&red), &url).await?;
    case.until("Kustomization", "app", "recovers", |it| {
        is_current(it) && it["status"]["lastAppliedRevision"] == "v5"
    })
    .await?;
    assert_eq!(case.get("ConfigMap", "settings").await?["data"]["color"], "red");
    Ok(())
}

#[tokio::test]
async fn the_feature_gate_turns_external_artifacts_off() -> Result<()> {
    let case = Case::start_with("external-gate", |options| {
        options.arg("--feature-gates=ExternalArtifact=false")
    })
    .await?;
    case.apply(app()).await?;
    let refused = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_for(it, "AccessDenied")
        })
        .await?;
    let text = sluice_e2e::object::message(&refused);
    assert!(
        text.contains("ExternalArtifact feature gate is disabled"),
        "{text}"
    );
    Ok(())
}
