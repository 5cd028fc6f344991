//! `sluice diff`: what an apply of local files would change in the cluster, by server-side dry-run.

mod compare;
mod progress;
mod release;
mod report;
mod secret;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ArgAction, Args, Subcommand};
use sluice_api::Kustomization;
use sluice_apply::{Action, ApplyOptions, IgnoreRule, IgnoreRules, IgnoreTarget, Owner, PruneOptions};
use sluice_cluster::Cluster;
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::{Inventory, Object};
use sluice_reconcile::kustomization::{GROUP, MANAGER};

use crate::cli::{self, Output};
use crate::preview::{PreviewArgs, Session, is_child};
use progress::Progress;
use report::{Entry, Report};

/// What to compare.
#[derive(Debug, Subcommand)]
pub enum DiffCommand {
    /// Show what a Kustomization would change. Exit status: 0 nothing, 1 something, 2 an error.
    #[command(visible_alias = "ks")]
    Kustomization(Box<KustomizationArgs>),
    /// Show what an upgrade of a HelmRelease would change. Exit status: 0 nothing, 1 something, 2 an error.
    #[command(visible_alias = "hr")]
    Helmrelease(Box<release::HelmReleaseArgs>),
}

/// Arguments of `sluice diff kustomization`, as of `flux diff kustomization`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice diff kustomization app --path ./apps/prod
  sluice diff kustomization app --path ./apps/prod --kustomization-file ./clusters/prod/app.yaml -o json
  sluice diff ks root --path ./clusters/prod -r --local-sources GitRepository/flux-system/flux-system=.

Values of Secrets are never shown; equal marks stand for equal values. Exit status: 0 nothing would change, 1 something
would, 2 an error.")]
pub struct KustomizationArgs {
    #[command(flatten)]
    preview: PreviewArgs,
    /// Take a Kustomization of --kustomization-file that is not in the cluster for a new one.
    #[arg(long, requires = "kustomization_file")]
    ignore_not_found: bool,
    /// Show progress, on a terminal.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    progress_bar: bool,
    /// Form of the output; text for people when it is not given.
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

/// Compares and prints.
#[allow(clippy::needless_pass_by_value, reason = "as the other commands")]
pub fn execute(command: DiffCommand) -> ExitCode {
    run(&command).unwrap_or_else(|error| cli::failed(&error, 2))
}

fn run(command: &DiffCommand) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (reports, output) = match command {
        DiffCommand::Kustomization(args) => (runtime.block_on(kustomization(args))?, args.output),
        DiffCommand::Helmrelease(args) => (vec![runtime.block_on(release::compare(args))?], args.output),
    };
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    report::print(&reports, output, colours)?;
    let errors: Vec<&String> = reports.iter().flat_map(|report| &report.errors).collect();
    for error in &errors {
        eprintln!("Error: {error}");
    }
    Ok(
        match (errors.is_empty(), reports.iter().any(Report::has_changes)) {
            (false, _) => ExitCode::from(2),
            (true, true) => ExitCode::from(1),
            (true, false) => ExitCode::SUCCESS,
        },
    )
}

async fn kustomization(args: &KustomizationArgs) -> anyhow::Result<Vec<Report>> {
    let session = Session::open(&args.preview, false).await?;
    let root = session
        .kustomization(&args.preview, args.ignore_not_found)
        .await?;
    let progress = Progress::new(args.progress_bar);
    let mut reports = Vec::new();
    let mut seen = vec![id(&root)];
    let mut open: Vec<(Kustomization, PathBuf)> = vec![(root, args.preview.path.clone())];
    while let Some((kustomization, dir)) = open.pop() {
        let (mut report, children) = compare(&session, &kustomization, (&dir, &progress)).await?;
        if args.preview.recursive {
            for object in children.iter().rev() {
                if object
                    .0
                    .get("spec")
                    .is_some_and(|spec| !spec["kubeConfig"].is_null())
                {
                    report.note(object, "not followed: its objects are in another cluster");
                    continue;
                }
                let child = session.child(object).await?;
                if !seen.contains(&id(&child.0)) {
                    seen.push(id(&child.0));
                    open.push(child);
                }
            }
        }
        reports.push(report);
    }
    Ok(reports)
}

fn id(kustomization: &Kustomization) -> (String, String) {
    (
        kustomization.namespace().unwrap_or_default(),
        kustomization.name_any(),
    )
}

/// The report of one Kustomization, and the Kustomizations that it applies and that exist.
async fn compare(
    session: &Session,
    kustomization: &Kustomization,
    (dir, progress): (&std::path::Path, &Progress),
) -> anyhow::Result<(Report, Vec<Object>)> {
    let cluster = session.cluster.as_ref().context("a diff needs a cluster")?;
    progress.show("building");
    let objects = session.build(kustomization, dir).await?;
    let (total, children) = (objects.len(), children(&objects, kustomization));
    let options = options(kustomization)?;
    let name = kustomization.name_any();
    let told = |done: usize| progress.show(&format!("running dry-run in {name}: {done} of {total}"));
    let previews = sluice_apply::preview(cluster, objects, &options, &told).await;
    let (namespace, name) = id(kustomization);
    let mut report = Report::of(report::Owner::Kustomization(format!("{namespace}/{name}")));
    report.errors = previews.errors.iter().map(ToString::to_string).collect();
    let marks = secret::Marks::default();
    report.entries = previews
        .objects
        .iter()
        .map(|preview| Entry::of(preview, &marks))
        .collect();
    if kustomization.spec.prune && report.errors.is_empty() {
        progress.show("processing inventory");
        let stale = stale(cluster, kustomization, &previews.inventory(), &options.owner).await?;
        report
            .entries
            .extend(stale.iter().map(|preview| Entry::of(preview, &marks)));
    }
    progress.clear();
    let created = |object: &Object| {
        previews
            .objects
            .iter()
            .any(|preview| preview.id == object.id() && preview.action == Action::Created)
    };
    Ok((
        report,
        children.into_iter().filter(|object| !created(object)).collect(),
    ))
}

fn children(objects: &[Object], parent: &Kustomization) -> Vec<Object> {
    objects
        .iter()
        .filter(|object| is_child(object, parent))
        .cloned()
        .collect()
}

async fn stale(
    cluster: &Cluster,
    kustomization: &Kustomization,
    wanted: &Inventory,
    owner: &Owner,
) -> anyhow::Result<Vec<sluice_apply::Preview>> {
    let status = kustomization.status.as_ref();
    let Some(known) = status.and_then(|status| status.inventory.as_ref()) else {
        return Ok(Vec::new());
    };
    let stale = sluice_apply::diff_inventory(&Inventory::from(known), wanted);
    Ok(sluice_apply::preview_prune(cluster, &stale, &PruneOptions::new(owner.clone())).await?)
}

fn options(kustomization: &Kustomization) -> anyhow::Result<ApplyOptions> {
    let owner = Owner {
        group_prefix: GROUP.into(),
        name: kustomization.name_any(),
        namespace: kustomization.namespace().unwrap_or_default(),
    };
    let mut options = ApplyOptions::new(MANAGER, owner, sluice_health::verdict);
    options.force = kustomization.spec.force;
    if let Some(common) = &kustomization.spec.common_metadata {
        options.common_labels = common.labels.clone().into_iter().collect();
        options.common_annotations = common.annotations.clone().into_iter().collect();
    }
    let rules: Vec<IgnoreRule> = kustomization.spec.ignore.iter().map(rule).collect();
    options.ignore = IgnoreRules::compile(&rules).context("spec.ignore")?;
    Ok(options)
}

fn rule(rule: &sluice_api::patch::IgnoreRule) -> IgnoreRule {
    let target = rule.target.as_ref().map(|target| IgnoreTarget {
        group: target.group.clone().unwrap_or_default(),
        version: target.version.clone().unwrap_or_default(),
        kind: target.kind.clone().unwrap_or_default(),
        name: target.name.clone().unwrap_or_default(),
        namespace: target.namespace.clone().unwrap_or_default(),
        label_selector: target.label_selector.clone().unwrap_or_default(),
        annotation_selector: target.annotation_selector.clone().unwrap_or_default(),
    });
    IgnoreRule {
        paths: rule.paths.clone(),
        target,
    }
}
