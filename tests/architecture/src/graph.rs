//! The crates of the workspace and what they depend on directly (`cargo metadata --no-deps`).

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A crate of the workspace.
#[derive(Debug, Deserialize)]
pub struct Crate {
    /// For example `sluice-model`.
    pub name: String,
    /// Absolute.
    pub manifest_path: String,
    /// Direct ones of every kind.
    pub dependencies: Vec<Dependency>,
}

/// A direct dependency.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// The package's name, whatever it is renamed to.
    pub name: String,
    /// None for a normal one, else `dev` or `build`.
    pub kind: Option<String>,
}

impl Dependency {
    /// Whether it is in what ships.
    pub fn is_shipped(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

impl Crate {
    /// Folder below the repository's root, for example `host/model`.
    pub fn folder(&self) -> String {
        let root = crate::root();
        let folder = std::path::Path::new(&self.manifest_path).parent();
        let below = folder.and_then(|folder| folder.strip_prefix(&root).ok());
        below
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Names of normal and build dependencies.
    pub fn shipped(&self) -> impl Iterator<Item = &str> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.is_shipped())
            .map(|d| d.name.as_str())
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
}

/// All crates of the workspace.
///
/// # Errors
/// `cargo metadata` fails.
pub fn crates() -> Result<Vec<Crate>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(crate::root())
        .output()
        .context("failed to run cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")?;
    Ok(metadata.packages)
}
