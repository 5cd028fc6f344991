//! `sluice diff helmrelease`: what an upgrade would change, object by object, by server-side dry-run.

use clap::{ArgAction, Args};
use sluice_apply::{Action, Preview};
use sluice_model::Object;
use sluice_reconcile::helm_release::preview::Assumed;

use super::progress::Progress;
use super::report::{Entry, Owner, Report};
use super::secret::Marks;
use crate::cli::Output;
use crate::preview::release::{ReleaseArgs, ReleaseSession};

/// Arguments of `sluice diff helmrelease`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice diff helmrelease web                                          after a change of values in the cluster, while suspended
  sluice diff helmrelease web --chart ./charts/web                     a local chart against what is released
  sluice diff hr web --helmrelease-file web.yaml --chart ./charts/web -o json

Hooks are left out. Values of Secrets are never shown; equal marks stand for equal values. Exit status: 0 nothing would
change, 1 something would, 2 an error.")]
pub struct HelmReleaseArgs {
    #[command(flatten)]
    release: ReleaseArgs,
    /// Take a HelmRelease of --helmrelease-file that is not in the cluster for a new one.
    #[arg(long, requires = "helmrelease_file")]
    ignore_not_found: bool,
    /// Show progress, on a terminal.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    progress_bar: bool,
    /// Form of the output; text for people when it is not given.
    #[arg(short, long, value_enum)]
    pub(super) output: Option<Output>,
}

/// The report of one HelmRelease.
pub(super) async fn compare(args: &HelmReleaseArgs) -> anyhow::Result<Report> {
    let session = ReleaseSession::open(&args.release, false, args.ignore_not_found).await?;
    let progress = Progress::new(args.progress_bar);
    progress.show("building");
    let (release, built) = session.build(Assumed::default()).await?;
    let subject = session.subject(Assumed::default());
    let (cluster, total) = (session.cluster()?, built.objects.len());
    let told = |done: usize| progress.show(&format!("running dry-run: {done} of {total}"));
    let marked = subject.marked(&built.objects);
    let mut previews = sluice_apply::preview(cluster, marked, &subject.options()?, &told).await;
    let mut report = Report::of(Owner::HelmRelease(session.name()));
    report.errors = previews.errors.iter().map(ToString::to_string).collect();
    if let Some(release) = &release {
        let stale = subject.stale(release, &built.objects).await?;
        previews.objects.extend(stale.iter().map(deleted));
    }
    progress.clear();
    let marks = Marks::default();
    report.entries = previews
        .objects
        .iter()
        .map(|preview| Entry::of(preview, &marks))
        .collect();
    Ok(report)
}

fn deleted(object: &Object) -> Preview {
    Preview {
        id: object.id(),
        version: object.version().to_owned(),
        action: Action::Deleted,
        recreated: false,
        live: None,
        merged: None,
    }
}
