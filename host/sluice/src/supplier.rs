//! What kustomizations ask for when they are rendered from the command line. Nothing of it is made before it is needed:
//! most kustomizations ask for nothing.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sluice_fetch::RemoteBases;
use sluice_model::port::Bindings;
use sluice_model::{Tree, TreeRead};
use sluice_reconcile::supply::{
    CHART_RENDERER, CHART_SOURCE, Chart, Charts, KustomizeSupplier, PublicChart, pull,
};
use sluice_render::{Need, RenderError, Supplier, Supply};
use sluice_sandbox::{Call, CallObject, Entropy, Form, Limits, Plugin, RenderRequest};
use sluice_transport::Transport;
use tokio::sync::OnceCell;

use crate::host::settings;

/// Supplies kustomizations of this machine.
pub struct LocalSupplier {
    allows_bases: bool,
    plugin_cache_path: Option<PathBuf>,
    made: OnceCell<KustomizeSupplier<LocalCharts>>,
}

impl LocalSupplier {
    /// With remote bases, unless they are not allowed.
    pub fn new(allows_bases: bool, plugin_cache_path: Option<PathBuf>) -> Self {
        Self {
            allows_bases,
            plugin_cache_path,
            made: OnceCell::new(),
        }
    }

    async fn make(&self) -> KustomizeSupplier<LocalCharts> {
        // a command that talks to a cluster has set it already
        let _ = settings::use_tls();
        let transport = Arc::new(settings::transport());
        let folder = settings::cache_folder("bases");
        let bases = RemoteBases::new(Arc::clone(&transport), folder);
        KustomizeSupplier {
            bases: Some(bases).filter(|_| self.allows_bases),
            charts: LocalCharts {
                transport,
                plugin_cache_path: self.plugin_cache_path.clone(),
            },
        }
    }
}

#[async_trait]
impl Supplier for LocalSupplier {
    async fn supply(&self, need: &Need, held: &[(String, Arc<dyn TreeRead>)]) -> Result<Supply, RenderError> {
        let made = self.made.get_or_init(|| self.make()).await;
        made.supply(need, held).await
    }
}

/// Renders charts with the default renderer.
struct LocalCharts {
    transport: Arc<Transport>,
    plugin_cache_path: Option<PathBuf>,
}

impl LocalCharts {
    async fn plugin(&self, name: &str, what: &str) -> Result<Arc<Plugin>, RenderError> {
        let plugin = settings::plugin(name, self.plugin_cache_path.clone()).await;
        plugin.map_err(|error| RenderError::Supply {
            what: what.to_owned(),
            problem: format!("{error:#}"),
        })
    }
}

fn folder(name: &str) -> CallObject {
    CallObject {
        kind: "Folder".into(),
        namespace: String::new(),
        name: name.to_owned(),
    }
}

#[async_trait]
impl Charts for LocalCharts {
    async fn render(&self, chart: Chart<'_>) -> Result<(Bytes, bool), RenderError> {
        let what = format!("chart {}", chart.directory);
        let plugin = self.plugin(CHART_RENDERER, &what).await?;
        let call = Call {
            object: folder(chart.directory),
            limits: Limits::RENDER,
            bindings: Bindings::default(),
        };
        let request = RenderRequest {
            config: chart.config.to_string(),
            root: chart.directory.to_owned(),
            inputs: vec![chart.input.clone()],
            want: Form::Text,
            entropy: Entropy::fresh(),
        };
        let rendered = plugin.render(&call, request).await?;
        Ok((rendered.text.into(), rendered.used_entropy))
    }
    async fn pull(&self, chart: &PublicChart<'_>) -> Result<Tree, RenderError> {
        let plugin = self.plugin(CHART_SOURCE, &chart.to_string()).await?;
        pull(
            chart,
            plugin,
            &self.transport,
            (folder(chart.name), Limits::FETCH),
        )
        .await
    }
}
