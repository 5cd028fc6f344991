//! The commands of the binary under test.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use sluice_testbed::programs;

/// What a command printed, and its exit status.
#[derive(Debug)]
pub struct Printed {
    /// Exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `sluice` with these arguments against a cluster, on no terminal.
///
/// # Errors
/// It cannot be started, or prints no text.
pub async fn sluice(kubeconfig: &Path, args: &[&str]) -> Result<Printed> {
    let mut command = Command::new(programs::sluice()?);
    command.args(args).env("KUBECONFIG", kubeconfig);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await?
        .context("run sluice")?;
    Ok(Printed {
        code: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}
