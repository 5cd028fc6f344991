//! `sluice build`: prints what an object would apply, from local files.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sluice_api::Kustomization;
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::Object;
use sluice_reconcile::helm_release::preview::Assumed;
use sluice_yaml::Flavour;

use crate::cli::Output;
use crate::preview::release::{ReleaseArgs, ReleaseSession};
use crate::preview::{PreviewArgs, Session, is_child};

/// What to build.
#[derive(Debug, Subcommand)]
pub enum BuildCommand {
    /// Print what a Kustomization would apply.
    #[command(visible_alias = "ks")]
    Kustomization(Box<KustomizationArgs>),
    /// Print what a HelmRelease would install or upgrade to.
    #[command(visible_alias = "hr")]
    Helmrelease(Box<HelmReleaseArgs>),
}

/// Arguments of `sluice build kustomization`, as of `flux build kustomization`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice build kustomization app --path ./apps/prod                    with the Kustomization and variables of the cluster
  sluice build kustomization app --path ./apps/prod --kustomization-file ./clusters/prod/app.yaml
  sluice build ks app --path ./apps/prod --kustomization-file app.yaml --dry-run     without a cluster; substituteFrom is skipped
  sluice build ks root --path ./clusters/prod -r --local-sources GitRepository/flux-system/flux-system=.")]
pub struct KustomizationArgs {
    #[command(flatten)]
    preview: PreviewArgs,
    /// Do not connect to a cluster: needs --kustomization-file, and skips variables from Secrets and ConfigMaps.
    #[arg(long)]
    dry_run: bool,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value = "yaml")]
    output: Output,
}

/// Arguments of `sluice build helmrelease`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice build helmrelease web                                         with object, chart repository and values of the cluster
  sluice build helmrelease web --chart ./charts/web                    with a local chart: a folder or a packed chart
  sluice build hr web --helmrelease-file web.yaml --chart ./charts/web --dry-run     without a cluster; valuesFrom is skipped")]
pub struct HelmReleaseArgs {
    #[command(flatten)]
    release: ReleaseArgs,
    /// Do not connect to a cluster: needs --helmrelease-file, and skips values from Secrets and ConfigMaps.
    #[arg(long)]
    dry_run: bool,
    /// Version of Kubernetes for .Capabilities.KubeVersion, in a dry run.
    #[arg(long, requires = "dry_run")]
    kube_version: Option<String>,
    /// API versions for .Capabilities.APIVersions, in a dry run (repeatable).
    #[arg(short, long, value_delimiter = ',', requires = "dry_run")]
    api_versions: Vec<String>,
    /// Leave custom resource definitions of the chart's crds/ folder out.
    #[arg(long)]
    skip_crds: bool,
    /// Leave hooks out.
    #[arg(long)]
    no_hooks: bool,
    /// Print the release's notes to standard error.
    #[arg(long)]
    show_notes: bool,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value = "yaml")]
    output: Output,
}

/// Builds and prints.
pub fn execute(command: BuildCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    match command {
        BuildCommand::Kustomization(args) => print(runtime.block_on(kustomization(&args))?, args.output),
        BuildCommand::Helmrelease(args) => print(runtime.block_on(helm_release(&args))?, args.output),
    }
}

/// Definitions first, then the objects, then the hooks, as `helm template --include-crds` prints them.
async fn helm_release(args: &HelmReleaseArgs) -> anyhow::Result<Vec<Object>> {
    let session = ReleaseSession::open(&args.release, args.dry_run, false).await?;
    let assumed = Assumed {
        kube_version: args.kube_version.as_deref(),
        api_versions: &args.api_versions,
    };
    let (_, built) = session.build(assumed).await?;
    if args.show_notes {
        eprint!("{}", built.notes);
    }
    let mut all = Vec::new();
    if !args.skip_crds {
        all.extend(built.definitions);
    }
    all.extend(built.objects);
    if !args.no_hooks {
        all.extend(built.hooks);
    }
    Ok(all)
}

async fn kustomization(args: &KustomizationArgs) -> anyhow::Result<Vec<Object>> {
    let session = Session::open(&args.preview, args.dry_run).await?;
    let root = session.kustomization(&args.preview, false).await?;
    let mut all = Vec::new();
    let mut seen = vec![id(&root)];
    let mut open: Vec<(Kustomization, PathBuf)> = vec![(root, args.preview.path.clone())];
    while let Some((kustomization, dir)) = open.pop() {
        let objects = session.build(&kustomization, &dir).await?;
        if args.preview.recursive {
            let mut children = Vec::new();
            for object in objects.iter().filter(|object| is_child(object, &kustomization)) {
                let (child, dir) = session.child(object).await?;
                // two that apply each other are built once
                if !seen.contains(&id(&child)) {
                    seen.push(id(&child));
                    children.push((child, dir));
                }
            }
            open.extend(children.into_iter().rev());
        }
        all.extend(objects);
    }
    Ok(all)
}

fn id(kustomization: &Kustomization) -> (String, String) {
    (
        kustomization.namespace().unwrap_or_default(),
        kustomization.name_any(),
    )
}

fn print(objects: Vec<Object>, output: Output) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match output {
        Output::Yaml => {
            for object in objects {
                out.write_all(sluice_yaml::emit_value(&object.into_value(), Flavour::Sigs)?.as_bytes())?;
                out.write_all(b"---\n")?;
            }
        }
        Output::Json => {
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
    }
    Ok(())
}
