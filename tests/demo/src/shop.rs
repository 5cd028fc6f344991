//! The repository of the demo: a small web shop with a base and three environments.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_testbed::{Change, Checkout};

/// In the order of promotion.
pub const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// The file of the deployments' names and images that the demo changes.
const STOREFRONT: &str = "base/storefront.yaml";

/// Every file below `tests/demo/shop`.
pub fn files() -> Result<Vec<Change>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop");
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Change>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push(Change::Write(name, std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// The namespace of an environment.
pub fn namespace(environment: &str) -> String {
    format!("shop-{environment}")
}

/// The Kustomization of an environment, which waits for the one before it.
pub fn kustomization(system: &str, index: usize) -> Value {
    let environment = ENVIRONMENTS[index];
    let before: Vec<Value> = index
        .checked_sub(1)
        .map(|index| json!({"name": namespace(ENVIRONMENTS[index])}))
        .into_iter()
        .collect();
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": namespace(environment), "namespace": system},
        "spec": {"interval": "10m", "path": format!("./overlays/{environment}"), "prune": true, "wait": true,
            "timeout": "2m", "dependsOn": before, "sourceRef": {"kind": "GitRepository", "name": "shop"}}})
}

/// A new version of the storefront and another banner, in all environments.
pub fn release(checkout: &Checkout) -> Result<()> {
    checkout.replace(STOREFRONT, "shop/storefront:1.0.0", "shop/storefront:2.0.0")?;
    checkout.replace(
        "overlays/dev/kustomization.yaml",
        "newTag: 1.1.0-rc.1",
        "newTag: 2.0.0",
    )?;
    checkout.replace(
        "base/kustomization.yaml",
        "BANNER=Welcome to the shop",
        "BANNER=Everything must go",
    )
}

/// The image that the release brings.
pub const RELEASED: &str = "registry.example/shop/storefront:2.0.0";

/// Takes the recommendations out of all environments.
pub fn retire_recommendations(checkout: &Checkout) -> Result<()> {
    checkout.replace("base/kustomization.yaml", "- recommendations.yaml\n", "")?;
    std::fs::remove_file(checkout.path().join("base/recommendations.yaml"))
        .context("remove recommendations.yaml")
}
