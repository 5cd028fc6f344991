//! What kustomizations ask for when they are rendered from the command line. Nothing of it is made before it is needed:
//! most kustomizations ask for nothing.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sluice_fetch::RemoteBases;
use sluice_model::TreeRead;
use sluice_model::port::Bindings;
use sluice_reconcile::supply::{CHART_RENDERER, Chart, ChartRenderer, KustomizeSupplier};
use sluice_render::{Need, RenderError, Supplier, Supply};
use sluice_sandbox::{Call, CallObject, Entropy, Form, Limits, RenderRequest};
use sluice_transport::{Transport, TransportOptions};
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
        let bases = self.allows_bases.then(|| {
            // a command that talks to a cluster has set it already
            let _ = settings::use_tls();
            let transport = Transport::new(TransportOptions {
                allow_loopback: true,
                environment_proxy: true,
            });
            RemoteBases::new(Arc::new(transport), settings::cache_folder("bases"))
        });
        KustomizeSupplier {
            bases,
            charts: LocalCharts {
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
    plugin_cache_path: Option<PathBuf>,
}

#[async_trait]
impl ChartRenderer for LocalCharts {
    async fn render(&self, chart: Chart<'_>) -> Result<(Bytes, bool), RenderError> {
        let plugin = settings::plugin(CHART_RENDERER, self.plugin_cache_path.clone())
            .await
            .map_err(|error| RenderError::Supply {
                what: format!("chart {}", chart.directory),
                problem: format!("{error:#}"),
            })?;
        let call = Call {
            object: CallObject {
                kind: "Folder".into(),
                namespace: String::new(),
                name: chart.directory.to_owned(),
            },
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
}
