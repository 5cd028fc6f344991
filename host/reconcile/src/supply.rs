//! What renders of kustomizations ask for: remote bases, and charts by the renderer of charts.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use sluice_fetch::{RemoteBases, single};
use sluice_model::port::Bindings;
use sluice_model::{Tree, TreeRead};
use sluice_render::{Need, RenderError, RenderInput, Supplier, Supply};
use sluice_sandbox::{Call, CallObject, Limits};

use crate::engine::Engine;

mod public_chart;

pub use public_chart::{CHART_SOURCE, PublicChart, fetch_chart, pull};

/// The plugin that renders charts.
pub const CHART_RENDERER: &str = "render-helm";
/// The file of a rendered chart.
const OUTPUT: &str = "output.yaml";

/// A chart to render, with the tree that holds it.
pub struct Chart<'a> {
    /// Its directory.
    pub directory: &'a str,
    /// Of the renderer.
    pub config: &'a Value,
    /// The input that holds it, with its name.
    pub input: &'a (String, Arc<dyn TreeRead>),
}

/// What becomes of `helmCharts`.
#[async_trait]
pub trait Charts: Send + Sync {
    /// The text that `helm template` prints, and whether randomness or time went into it.
    async fn render(&self, chart: Chart<'_>) -> Result<(Bytes, bool), RenderError>;
    /// The files of a chart of a public repository, in a directory of its name.
    async fn pull(&self, chart: &PublicChart<'_>) -> Result<Tree, RenderError>;
}

/// Supplies what a kustomization may have.
pub struct KustomizeSupplier<C> {
    /// Fetches remote bases; none refuses them.
    pub bases: Option<RemoteBases>,
    /// Renders charts.
    pub charts: C,
}

#[async_trait]
impl<C: Charts> Supplier for KustomizeSupplier<C> {
    async fn supply(&self, need: &Need, held: &[(String, Arc<dyn TreeRead>)]) -> Result<Supply, RenderError> {
        match need {
            Need::Repository { git, reference } => {
                let what = format!("remote base {git} at {}", shown(reference));
                let bases = self.bases(&what)?;
                let tree = bases.repository(git, reference).await;
                Ok(supply(tree.map_err(|error| refused(what, &error.to_string()))?))
            }
            Need::File { file } => {
                let what = format!("remote file {file}");
                let tree = self.bases(&what)?.file(file).await;
                Ok(supply(tree.map_err(|error| refused(what, &error.to_string()))?))
            }
            Need::Render {
                render,
                chart,
                within,
                config,
            } => {
                let refuse = |problem: &str| refused(format!("chart {chart}"), problem);
                if render != "helm" {
                    return Err(refuse("there is no such renderer"));
                }
                let input = match within {
                    Some(name) => held.iter().find(|(held, _)| held == name),
                    None => held.first(),
                };
                let input = input.ok_or_else(|| refuse("the input that holds it is not there"))?;
                let chart = Chart {
                    directory: chart.trim_start_matches('/'),
                    config,
                    input,
                };
                let (text, used_entropy) = self.charts.render(chart).await?;
                Ok(Supply {
                    tree: Arc::new(single(OUTPUT, text)),
                    used_entropy,
                })
            }
            Need::Chart {
                chart,
                version,
                repository,
                devel,
            } => {
                let chart = PublicChart {
                    name: chart,
                    version,
                    repository,
                    devel: *devel,
                };
                self.bases(&chart.to_string())?;
                Ok(supply(self.charts.pull(&chart).await?))
            }
        }
    }
}

impl<C> KustomizeSupplier<C> {
    fn bases(&self, what: &str) -> Result<&RemoteBases, RenderError> {
        self.bases
            .as_ref()
            .ok_or_else(|| refused(what.to_owned(), "remote bases are not allowed"))
    }
}

fn shown(reference: &str) -> &str {
    if reference.is_empty() { "HEAD" } else { reference }
}

fn supply(tree: Tree) -> Supply {
    Supply {
        tree: Arc::new(tree),
        used_entropy: false,
    }
}

fn refused(what: String, problem: &str) -> RenderError {
    RenderError::Supply {
        what,
        problem: problem.into(),
    }
}

/// Renders charts of a Kustomization with the installed renderer, through the memo.
pub struct ClusterCharts {
    /// Has renderer and memo.
    pub engine: Arc<Engine>,
    /// Whose render it is.
    pub object: CallObject,
}

#[async_trait]
impl Charts for ClusterCharts {
    async fn render(&self, chart: Chart<'_>) -> Result<(Bytes, bool), RenderError> {
        let engine = &self.engine;
        let plugin = engine
            .plugin_for(CHART_RENDERER, &self.object.namespace)
            .map_err(|error| refused(format!("chart {}", chart.directory), &error.to_string()))?;
        let input = RenderInput {
            plugin: plugin.as_ref(),
            call: Call {
                object: self.object.clone(),
                limits: engine.limits_of(CHART_RENDERER, Limits::RENDER),
                bindings: Bindings::default(),
            },
            config: chart.config.clone(),
            root: chart.directory.to_owned(),
            trees: vec![chart.input.clone()],
            durable: true,
            decryptor: None,
            supplier: None,
        };
        engine.renderer.render_text(&input).await
    }

    async fn pull(&self, chart: &PublicChart<'_>) -> Result<Tree, RenderError> {
        let engine = &self.engine;
        let plugin = engine
            .plugin_for(CHART_SOURCE, &self.object.namespace)
            .map_err(|error| refused(chart.to_string(), &error.to_string()))?;
        let limits = engine.limits_of(CHART_SOURCE, Limits::FETCH);
        let call = (self.object.clone(), limits);
        pull(chart, plugin, &engine.transport, call).await
    }
}

/// The supplier of a Kustomization's renders.
pub fn of_cluster(engine: &Arc<Engine>, object: CallObject) -> Arc<dyn Supplier> {
    let bases = (!engine.options.no_remote_bases).then(|| {
        // no GitRepository has a name with a dot at its start
        let folder = engine.options.repositories.join(&object.namespace).join(".bases");
        RemoteBases::new(Arc::clone(&engine.transport), folder)
    });
    let charts = ClusterCharts {
        engine: Arc::clone(engine),
        object,
    };
    Arc::new(KustomizeSupplier { bases, charts })
}
