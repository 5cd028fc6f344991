//! `cargo sluice`: build, test and publish plugins.

mod build;
mod forward;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "Examples:
  cargo sluice build                     the plugin in this folder, to target/components/wasm32-wasip2/release/
  cargo sluice build plugins/mine -o mine.wasm
  cargo sluice test
  cargo sluice push mine.wasm oci://registry.example.com/plugins/mine:0.1.0

Verbs other than build and test run `sluice plugin VERB`; the program sluice is looked for in the path, or in SLUICE.";

/// Build, test and publish plugins for Sluice.
#[derive(Parser)]
#[command(name = "cargo sluice", bin_name = "cargo sluice", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Compile the plugin in a folder to a component
    Build(build::Build),
    /// Run `cargo test` for the plugin in a folder
    Test {
        /// The plugin's folder
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Passed to `cargo test`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// push, pull, inspect, list: runs `sluice plugin` with these arguments
    #[command(external_subcommand)]
    Other(Vec<String>),
}

fn main() -> ExitCode {
    // cargo runs `cargo-sluice sluice VERB`
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|argument| argument == "sluice") {
        arguments.remove(1);
    }
    let done = match Arguments::parse_from(arguments).verb {
        Verb::Build(build) => build.run().map(|()| ExitCode::SUCCESS),
        Verb::Test { path, arguments } => forward::test(&path, &arguments),
        Verb::Other(arguments) => forward::plugin(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
