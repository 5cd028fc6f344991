//! Charts of public repositories, pulled through the plugin of Helm sources.

use std::fmt;
use std::sync::Arc;

use serde_json::json;
use sluice_api::HelmRepositorySpec;
use sluice_artifact::{Symlinks, unpack};
use sluice_fetch::helm::{
    ChartFetch, FetchedChart, HelmFetchError, HelmFetchOptions, HelmSizes, IndexFetch, Wanted, index_tree,
    is_oci,
};
use sluice_model::Tree;
use sluice_render::RenderError;
use sluice_sandbox::{CallObject, Limits, Plugin};
use sluice_transport::Transport;

use super::refused;

/// The plugin that fetches charts.
pub const CHART_SOURCE: &str = "source-helm";
/// The latest version, whether it is a release or comes before one.
const ANY: &str = ">0.0.0-0";

/// A chart of a repository that asks for no credentials.
#[derive(Debug, Clone, Copy)]
pub struct PublicChart<'a> {
    /// Its name.
    pub name: &'a str,
    /// Version or range; empty for the latest.
    pub version: &'a str,
    /// `https://` or `oci://`.
    pub repository: &'a str,
    /// Versions before a release count too.
    pub devel: bool,
}

impl PublicChart<'_> {
    fn range(&self) -> &str {
        match (self.version, self.devel) {
            ("", true) => ANY,
            ("", false) => "*",
            (version, _) => version,
        }
    }

    fn is_oci(&self) -> bool {
        self.repository.starts_with("oci://")
    }
}

impl fmt::Display for PublicChart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chart {} ({}) of {}", self.name, self.range(), self.repository)
    }
}

/// The files of the chart, in a directory of its name.
///
/// # Errors
/// There is no such chart, or the repository cannot be asked; the text names both.
pub async fn pull(
    chart: &PublicChart<'_>,
    plugin: Arc<Plugin>,
    transport: &Transport,
    (object, limits): (CallObject, Limits),
) -> Result<Tree, RenderError> {
    let kind = if chart.is_oci() { "oci" } else { "default" };
    let spec: HelmRepositorySpec = serde_json::from_value(json!({"url": chart.repository, "type": kind}))
        .map_err(|error| refused(chart.to_string(), &error.to_string()))?;
    let options = HelmFetchOptions {
        object,
        secret: None,
        tls: None,
        limits,
        sizes: HelmSizes::default(),
    };
    let wanted = Wanted {
        chart: chart.name.to_owned(),
        version: chart.range().to_owned(),
        ..Wanted::default()
    };
    let fetched = fetch_chart(&spec, &wanted, plugin, (transport, options))
        .await
        .map_err(|error| refused(chart.to_string(), &error.message()))?;
    unpack(
        fetched.bytes.as_ref(),
        &sluice_artifact::Limits::default(),
        Symlinks::Refuse,
    )
    .map_err(|error| refused(chart.to_string(), &error.to_string()))
}

/// A chart of a repository whose index is not known yet.
///
/// # Errors
/// There is no such chart, the repository cannot be asked, or a Secret cannot be used.
pub async fn fetch_chart(
    spec: &HelmRepositorySpec,
    wanted: &Wanted,
    plugin: Arc<Plugin>,
    (transport, options): (&Transport, HelmFetchOptions),
) -> Result<FetchedChart, HelmFetchError> {
    let index = if is_oci(spec) {
        None
    } else {
        let fetch = IndexFetch::new(spec, Arc::clone(&plugin), transport, options.clone())?;
        let revision = fetch.resolve().await?;
        Some(index_tree(fetch.fetch(&revision).await?))
    };
    let fetch = ChartFetch::of_repository(spec, index, wanted, plugin, (transport, options))?;
    let version = fetch.resolve().await?;
    fetch.fetch(&version).await
}
