//! The control plane that all tests of a program share.

use anyhow::{Context, Result, bail};
use sluice_testbed::{ControlPlane, programs};
use tokio::sync::OnceCell;

static BED: OnceCell<ControlPlane> = OnceCell::const_new();

/// The shared control plane, with all CRDs of `sluice crds` installed.
///
/// # Errors
/// It cannot be started, or `sluice crds` fails.
pub async fn bed() -> Result<&'static ControlPlane> {
    BED.get_or_try_init(start).await
}

async fn start() -> Result<ControlPlane> {
    let plane = ControlPlane::start().await?;
    plane.cluster().await?.apply_crds(&crds()?).await?;
    Ok(plane)
}

/// What `sluice crds` prints.
///
/// # Errors
/// There is no binary, or the command fails.
pub fn crds() -> Result<String> {
    let output = std::process::Command::new(programs::sluice()?)
        .arg("crds")
        .output()
        .context("run sluice crds")?;
    if !output.status.success() {
        bail!("sluice crds: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
