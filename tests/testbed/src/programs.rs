//! Where the programs are: `KUBEBUILDER_ASSETS`, else the cache that `tests/controlplane/build` fills.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

/// The folder outside the tree where everything built is kept: `SLUICE_CACHE`, else `~/.cache/sluice`.
///
/// # Errors
/// Neither `SLUICE_CACHE` nor `HOME` is set.
pub fn cache_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("SLUICE_CACHE").filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    let home = std::env::var_os("HOME").context("neither SLUICE_CACHE nor HOME is set")?;
    Ok(Path::new(&home).join(".cache/sluice"))
}

/// The root of the repository.
pub fn repository_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The path of a program of the control plane, built first when it is missing or outdated.
///
/// # Errors
/// The build fails, or knows no such program.
pub fn find(program: &str) -> Result<PathBuf> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS") {
        let path = Path::new(&assets).join(program);
        if path.exists() {
            return Ok(path);
        }
    }
    build(program)?;
    let path = cache_folder()?.join("bin").join(program);
    if !path.exists() {
        bail!(
            "{program} is not in {}: tests/controlplane/build does not make it",
            path.display()
        );
    }
    Ok(path)
}

/// Runs the build script for a program, once a process; it returns at once when nothing changed.
fn build(program: &str) -> Result<()> {
    static BUILT: Mutex<BTreeMap<String, Result<(), String>>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let done = built
        .entry(program.to_owned())
        .or_insert_with(|| run_build(program));
    done.clone().map_err(anyhow::Error::msg)
}

fn run_build(program: &str) -> Result<(), String> {
    let script = repository_root().join("tests/controlplane/build");
    let status = Command::new(&script)
        .arg(program)
        .status()
        .map_err(|error| format!("run {}: {error}", script.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} {program} ended with {status}", script.display()))
    }
}

/// The `sluice` binary under test: `SLUICE_BIN`, else beside the running test or program.
///
/// # Errors
/// It was not built.
pub fn sluice() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SLUICE_BIN") {
        return Ok(path.into());
    }
    let exe = std::env::current_exe()?;
    exe.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("sluice"))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "no sluice binary beside {}: run `cargo build -p sluice`",
                exe.display()
            )
        })
}
