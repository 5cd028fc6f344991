//! The Sluice binary: wiring only.

use clap::Parser as _;
use std::process::ExitCode;

mod build;
mod builtin;
mod cli;
mod completion;
mod crds;
mod diff;
mod folder;
mod host;
mod logging;
mod plugin;
mod preview;
mod render;
mod run;
mod supplier;
mod version;

fn main() -> ExitCode {
    cli::Cli::parse().execute()
}
