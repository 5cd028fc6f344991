//! HelmChart: keeps one chart of a source current, packed.

mod dependency;
mod origin;
mod verification;
mod version;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::HelmChart;
use sluice_api::condition::find;
use sluice_fetch::helm::{ChartFetch, ChartVersion, FetchedChart};
use sluice_model::condition::{reasons, types};
use sluice_model::{Artifact, Digest, Severity};

use crate::engine::Engine;
use crate::git_repository::GROUP;
use crate::queue::Work;
use crate::source::pass::Told;
use crate::source::{Failure, Pass, Published as _, Publisher};
use crate::worker::{Outcome, Reconciler};

pub use origin::target;

/// Calls of the plugin for one chart: the first, and one after the dependencies it asked for.
const ROUNDS: usize = 2;

/// The reconciler of HelmChart.
pub struct HelmChartReconciler(Publisher<HelmChart>);

impl HelmChartReconciler {
    /// A reconciler.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self(Publisher::new(engine))
    }
}

#[async_trait]
impl Reconciler for HelmChartReconciler {
    fn kind(&self) -> &'static str {
        HelmChart::KIND
    }

    fn group(&self) -> &'static str {
        GROUP
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let publisher = &self.0;
        let Some(object) = publisher.engine.stores.helm_charts.get(&work.key) else {
            return Outcome::Gone;
        };
        if object.metadata.deletion_timestamp.is_some() {
            return publisher.finalize(&work.key, &object).await;
        }
        let object = match publisher.adopt(&work.key, object).await {
            Ok(object) => object,
            Err(outcome) => return outcome,
        };
        if object.spec.suspend == Some(true) {
            return publisher.note_suspended(&object).await;
        }
        Pass::new(publisher, object, work).run().await
    }
}

impl Pass<'_, HelmChart> {
    async fn run(mut self) -> Outcome {
        let (interval, done) = match self.object.spec.interval.get() {
            Ok(interval) => (interval, self.attempt().await),
            Err(error) => {
                let message = format!("spec.interval: {error}");
                let failure = Failure::stalling(types::STALLED, reasons::FAILED, message);
                (Duration::ZERO, Err(failure))
            }
        };
        self.end(interval, done).await
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        self.progress.verifying(self.object.spec.verify.is_some());
        let stored = self.stored_artifact().await;
        let origin = self.origin().await?;
        let keys = self.trusted_keys().await?;
        if let Some(revision) = origin.revision() {
            self.progress.status.observed_source_artifact_revision = Some(revision.to_owned());
        }
        let wanted = version::wanted(&self.object, origin.revision());
        let mut fetch = self.fetch_of(&origin, &wanted).await?;
        let version = self.phase("building artifact", fetch.resolve()).await?;
        let signed = match &keys {
            Some(keys) => Some(self.verify(&mut fetch, &version, keys).await?),
            None => None,
        };
        let status = &self.progress.status;
        // a stall observes a generation, too; what was stored is of the one in this condition
        let built_in =
            find(&status.conditions, types::ARTIFACT_IN_STORAGE).and_then(|it| it.observed_generation);
        let is_known = status.observed_chart_name.as_deref() == Some(&version.name)
            && built_in == Some(self.progress.generation);
        let is_current = |artifact: &Artifact| {
            is_known && artifact.revision == version.version && verification::is_of(artifact, signed.as_ref())
        };
        match stored.filter(is_current) {
            Some(artifact) => {
                let files = version::observed_values_files(&self.object);
                let (reason, summary) = (reason(&version), version::summary(&version, &files));
                self.keep(&artifact, &told(reason, &summary)).await
            }
            None => self.build(fetch, &version, signed).await,
        }
    }

    async fn build(
        &mut self,
        fetch: ChartFetch,
        version: &ChartVersion,
        signed: Option<Digest>,
    ) -> Result<(), Failure> {
        let new = format!("new '{}' chart with version '{}'", version.name, version.version);
        let mut fetch = fetch;
        let mut built = None;
        for round in 1..=ROUNDS {
            match self.renewal("NewChart", &new, fetch.fetch(version)).await {
                Ok(chart) => {
                    built = Some(chart);
                    break;
                }
                Err(error) => match error.needs() {
                    Some(needed) if round < ROUNDS => {
                        for name in needed {
                            let tree = self.dependency(name).await?;
                            fetch.add_input(name.clone(), tree);
                        }
                    }
                    _ => return Err(error.into()),
                },
            }
        }
        match built {
            Some(chart) => self.store_chart(chart, version, signed).await,
            None => Err(Failure::new(
                types::BUILD_FAILED,
                "DependencyBuildError",
                "dependency build error: the chart asks for dependencies without end",
            )),
        }
    }

    async fn store_chart(
        &mut self,
        chart: FetchedChart,
        version: &ChartVersion,
        signed: Option<Digest>,
    ) -> Result<(), Failure> {
        let (reason, summary) = (reason(version), version::summary(version, &chart.values_files));
        let name = format!("{}-{}.tgz", version.name, version.version);
        if chart.dependencies > 0 {
            let message = format!("resolved {} chart dependencies", chart.dependencies);
            self.tell(
                Severity::Trace,
                ("ResolvedDependencies", &message),
                IndexMap::new(),
            );
        }
        let ignores_missing = self.object.spec.ignore_missing_values_files == Some(true);
        let (observed_name, files) = (version.name.clone(), chart.values_files);
        let content = (version.version.as_str(), name, chart.bytes);
        let metadata = verification::metadata(signed.as_ref());
        self.renew(content, metadata, &told(reason, &summary), move |status| {
            status.observed_chart_name = Some(observed_name);
            status.observed_values_files = if ignores_missing { files } else { Vec::new() };
        })
        .await
    }
}

fn reason(version: &ChartVersion) -> &'static str {
    if version.packaged {
        "ChartPackageSucceeded"
    } else {
        "ChartPullSucceeded"
    }
}

fn told<'a>(reason: &'a str, summary: &'a str) -> Told<'a> {
    Told {
        reason,
        message: summary,
        condition_reason: reason,
        condition: summary,
    }
}
