//! Verbs that other programs do.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

/// Runs `cargo test` in a plugin's folder.
pub(crate) fn test(path: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.arg("test").args(arguments).current_dir(path);
    run(command, "cargo")
}

/// Runs `sluice plugin` with these arguments.
pub(crate) fn plugin(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut command = Command::new(program());
    command.arg("plugin").args(arguments);
    run(command, "sluice").context("this verb needs the program sluice in the path, or its path in SLUICE")
}

/// `SLUICE`, else the program beside this one, else the one in the path.
fn program() -> OsString {
    if let Some(program) = std::env::var_os("SLUICE") {
        return program;
    }
    let beside = std::env::current_exe()
        .ok()
        .map(|path| path.with_file_name("sluice"))
        .filter(|path| path.is_file());
    beside.map_or_else(|| "sluice".into(), Into::into)
}

fn run(mut command: Command, name: &str) -> anyhow::Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("failed to run {name}"))?;
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(ExitCode::from(code))
}
