//! `sluice crds`: the custom resource definitions of all kinds.

use clap::Args;

use crate::cli::{self, Output};

/// Arguments of `sluice crds`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice crds | kubectl apply --server-side -f -
  sluice crds --kind GitRepository --kind Kustomization -o json")]
pub struct CrdsArgs {
    /// Only these kinds.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Form of the output.
    #[arg(short, long, default_value = "yaml")]
    output: Output,
}

/// Prints them: YAML documents, or one JSON `List`.
pub fn print(args: &CrdsArgs) -> anyhow::Result<()> {
    let mut crds = sluice_api::crds()?;
    if !args.kind.is_empty() {
        for kind in &args.kind {
            let known = crds
                .iter()
                .any(|crd| crd.spec.names.kind.eq_ignore_ascii_case(kind));
            anyhow::ensure!(known, "--kind: there is no kind {kind:?}");
        }
        crds.retain(|crd| {
            args.kind
                .iter()
                .any(|kind| crd.spec.names.kind.eq_ignore_ascii_case(kind))
        });
    }
    match args.output {
        Output::Yaml => {
            for crd in &crds {
                cli::print(&sluice_api::render_crd(crd)?)?;
            }
        }
        Output::Json => {
            let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": crds });
            cli::print(&format!("{list:#}\n"))?;
        }
    }
    Ok(())
}
