//! `sluice plugin compile`: what Sluice itself runs to compile a component apart (decision 13).

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use sluice_sandbox::{COMPILE_REFUSED, LoadFailure, Sandbox, SandboxConfig};

/// Arguments of `sluice plugin compile`.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// Folder of compiled plugins.
    #[arg(long, value_name = "FOLDER")]
    plugin_cache_path: PathBuf,
}

/// Compiles the component on standard input into the cache; the exit code tells a component that does not compile from
/// a process that cannot do its work.
pub async fn execute(args: CompileArgs) -> ExitCode {
    match compile(args).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(refused)) => {
            eprintln!("{refused}");
            ExitCode::from(COMPILE_REFUSED)
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The inner result is about the component.
async fn compile(args: CompileArgs) -> anyhow::Result<Result<(), String>> {
    let config = SandboxConfig {
        cache_path: Some(args.plugin_cache_path),
        ..SandboxConfig::default()
    };
    let mut component = Vec::new();
    let read = std::io::stdin()
        .take(config.component_bytes)
        .read_to_end(&mut component);
    read.context("standard input cannot be read")?;
    let compiled = Sandbox::new(config)?.compile(Bytes::from(component)).await;
    Ok(compiled.map_err(|error| match error.failure {
        LoadFailure::Compile(reason) => reason,
        other => other.to_string(),
    }))
}
