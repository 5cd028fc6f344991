//! An OCI image layout (image-spec, image-layout.md) that is put into a registry as it is: artifacts that another program made.

use std::path::Path;

use anyhow::{Context, Result};
use reqwest::{Client, Response};
use serde::Deserialize;

use crate::registry::Registry;

const TAG: &str = "org.opencontainers.image.ref.name";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    manifests: Vec<Manifest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: String,
    digest: String,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

/// Puts all blobs and manifests of a layout into a repository. A manifest without a tag goes under its digest; an index
/// must stand after what it lists.
///
/// # Errors
/// The layout cannot be read, or the registry refuses.
pub async fn push(registry: &Registry, repository: &str, layout: &Path) -> Result<()> {
    let index = std::fs::read(layout.join("index.json")).context("read index.json")?;
    let index: Index = serde_json::from_slice(&index)?;
    for entry in std::fs::read_dir(layout.join("blobs/sha256"))? {
        let path = entry?.path();
        let digest = format!(
            "sha256:{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        if index.manifests.iter().all(|it| it.digest != digest) {
            put_blob(registry, repository, &digest, std::fs::read(path)?).await?;
        }
    }
    for manifest in &index.manifests {
        let hex = manifest.digest.trim_start_matches("sha256:");
        let bytes = std::fs::read(layout.join("blobs/sha256").join(hex))?;
        let reference = manifest.annotations.get(TAG).unwrap_or(&manifest.digest);
        put_manifest(registry, repository, reference, &manifest.media_type, bytes).await?;
    }
    Ok(())
}

/// Puts a manifest under a tag or its digest.
///
/// # Errors
/// The registry refuses.
pub async fn put_manifest(
    registry: &Registry,
    repository: &str,
    reference: &str,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<()> {
    let url = format!("http://{}/v2/{repository}/manifests/{reference}", registry.host());
    let request = Client::new().put(&url).header("Content-Type", media_type);
    accepted(request.body(bytes).send().await?, reference).await
}

async fn put_blob(registry: &Registry, repository: &str, digest: &str, bytes: Vec<u8>) -> Result<()> {
    let client = Client::new();
    let url = format!("http://{}/v2/{repository}/blobs/uploads/", registry.host());
    let begun = client.post(&url).send().await?.error_for_status()?;
    let place = begun
        .headers()
        .get("Location")
        .context("an upload has no place")?;
    let mut place = reqwest::Url::parse(place.to_str()?)?;
    place.query_pairs_mut().append_pair("digest", digest);
    let request = client
        .put(place)
        .header("Content-Type", "application/octet-stream");
    accepted(request.body(bytes).send().await?, digest).await
}

async fn accepted(answer: Response, what: &str) -> Result<()> {
    let status = answer.status();
    let text = answer.text().await?;
    anyhow::ensure!(status.is_success(), "{what}: {status} {text}");
    Ok(())
}
