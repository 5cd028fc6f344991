//! `sluice completion`: scripts for shells.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Arguments of `sluice completion`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sluice completion bash > /etc/bash_completion.d/sluice")]
pub struct CompletionArgs {
    /// Which shell.
    shell: Shell,
}

/// Prints the script.
pub fn print(args: &CompletionArgs) -> anyhow::Result<()> {
    clap_complete::generate(
        args.shell,
        &mut crate::cli::Cli::command(),
        "sluice",
        &mut std::io::stdout(),
    );
    Ok(())
}
