//! `sluice completion`: scripts for shells.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli;

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
    // into memory first: the generator panics where its output is closed
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::Cli::command(), "sluice", &mut script);
    cli::print(&String::from_utf8_lossy(&script))
}
