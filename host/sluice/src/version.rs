//! `sluice version`.

use clap::Args;
use serde_json::json;

use crate::cli::{self, Output};

/// The version of the Flux API that is served.
pub const FLUX_VERSION: &str = "v2.9.4";

/// Arguments of `sluice version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Form of the output.
    #[arg(short, long)]
    output: Option<Output>,
}

/// Prints the versions of the program, of its contract with plugins and of Flux's API.
pub fn print(args: &VersionArgs) -> anyhow::Result<()> {
    let version = json!({ "sluice": env!("CARGO_PKG_VERSION"), "contract": "0.1.0", "flux": FLUX_VERSION });
    cli::print(&match args.output {
        Some(Output::Json) => format!("{version:#}\n"),
        Some(Output::Yaml) => serde_yaml_ng::to_string(&version)?,
        None => format!(
            "sluice {} (plugin contract 0.1.0, Flux API {FLUX_VERSION})\n",
            env!("CARGO_PKG_VERSION")
        ),
    })
}
