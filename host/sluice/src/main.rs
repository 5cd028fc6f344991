//! The Sluice binary: wiring only.

use clap::Parser as _;
use std::process::ExitCode;

mod builtin;
mod cli;
mod completion;
mod crds;
mod folder;
mod host;
mod logging;
mod plugin;
mod render;
mod run;
mod version;

fn main() -> ExitCode {
    cli::Cli::parse().execute()
}
