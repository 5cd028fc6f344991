//! The control plane that all tests of a program share.

use anyhow::Result;
use sluice_testbed::{ControlPlane, compile_plugins, crds};
use tokio::sync::OnceCell;

static BED: OnceCell<ControlPlane> = OnceCell::const_new();

/// The shared control plane, with all CRDs of `sluice crds` installed.
///
/// # Errors
/// It cannot be started, or `sluice crds` fails.
pub async fn bed() -> Result<&'static ControlPlane> {
    BED.get_or_try_init(start).await
}

static REMOTE: OnceCell<ControlPlane> = OnceCell::const_new();

/// A second control plane, for `spec.kubeConfig`; it knows nothing of Sluice.
///
/// # Errors
/// It cannot be started.
pub async fn remote() -> Result<&'static ControlPlane> {
    REMOTE.get_or_try_init(ControlPlane::start).await
}

async fn start() -> Result<ControlPlane> {
    tokio::task::spawn_blocking(compile_plugins).await??;
    let plane = ControlPlane::start().await?;
    plane.cluster().await?.apply_crds(&crds()?).await?;
    Ok(plane)
}
