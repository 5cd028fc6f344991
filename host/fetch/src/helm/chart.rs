//! A chart: of a repository's index, of a registry, or in the files of another source.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_api::HelmRepositorySpec;
use sluice_model::port::Bindings;
use sluice_model::{Tree, TreeRead as _};
use sluice_sandbox::{Call, Limits, Plugin, SourceRevision};
use sluice_transport::Transport;
use sluice_transport::oci::RegistryTarget;

use super::repository::{bind_http, bind_oci, is_oci, registry_of, timeout};
use super::{ARCHIVE, HelmFetchError, HelmFetchOptions};

/// Names of the inputs.
const INDEX_INPUT: &str = "index";
const SOURCE_INPUT: &str = "source";

/// Which chart, and how it is packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Name in the repository, or path in the source.
    pub chart: String,
    /// Version or range of versions.
    pub version: String,
    /// Files whose values become the chart's.
    pub values_files: Vec<String>,
    /// Whether those that do not exist are left out.
    pub ignore_missing_values_files: bool,
    /// Build metadata of the package's version; empty for none.
    pub version_metadata: String,
}

/// The version of a chart that is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartVersion {
    /// Name of the chart.
    pub name: String,
    /// Version that the artifact has.
    pub version: String,
    /// Whether the chart is packed here, not taken as it is.
    pub packaged: bool,
    /// Version in the repository.
    upstream: String,
    revision: SourceRevision,
}

impl ChartVersion {
    /// The tag of the version in a registry, where `+` cannot stand.
    pub(super) fn tag(&self) -> String {
        self.upstream.replace('+', "_")
    }
}

/// The part of the plugin's pin that the host reads.
#[derive(Deserialize)]
struct Pin {
    name: String,
    packaged: bool,
    #[serde(default)]
    upstream: String,
}

/// A chart that was fetched or packed.
#[derive(Debug, Clone)]
pub struct FetchedChart {
    /// The packed chart.
    pub bytes: Bytes,
    /// The values files that went into it.
    pub values_files: Vec<String>,
    /// Dependencies that were added.
    pub dependencies: usize,
}

/// One fetch of a chart.
pub struct ChartFetch {
    plugin: Arc<Plugin>,
    call: Call,
    config: Value,
    inputs: Vec<(String, Tree)>,
    /// Where the chart is in a registry.
    pub(super) registry: Option<RegistryTarget>,
    /// Largest packed chart in bytes.
    pub(super) max_chart: u64,
}

impl ChartFetch {
    /// A chart of a repository. The index is that of the repository's artifact; a registry has none.
    ///
    /// # Errors
    /// A field of the repository's spec or a Secret cannot be used.
    pub fn of_repository(
        spec: &HelmRepositorySpec,
        index: Option<Tree>,
        wanted: &Wanted,
        plugin: Arc<Plugin>,
        (transport, options): (&Transport, HelmFetchOptions),
    ) -> Result<Self, HelmFetchError> {
        let (from, bindings, registry) = if is_oci(spec) || spec.url.starts_with("oci://") {
            let registry = registry_of(spec, &wanted.chart, &options)?;
            (
                "registry",
                bind_oci(&registry, transport, &options)?,
                Some(registry),
            )
        } else {
            ("repository", bind_http(spec, transport, &options)?, None)
        };
        let wall = options.limits.wall.max(timeout(spec)?);
        let inputs = index.map(|index| (INDEX_INPUT.to_owned(), index));
        let inputs = inputs.into_iter().collect();
        let fetch = Self::new(from, wanted, plugin, bindings, (options, wall), inputs);
        Ok(Self { registry, ..fetch })
    }

    /// A chart in the files of another source.
    pub fn of_tree(tree: Tree, wanted: &Wanted, plugin: Arc<Plugin>, options: HelmFetchOptions) -> Self {
        let wall = options.limits.wall;
        let inputs = vec![(SOURCE_INPUT.to_owned(), tree)];
        Self::new(
            "tree",
            wanted,
            plugin,
            Bindings::default(),
            (options, wall),
            inputs,
        )
    }

    fn new(
        from: &str,
        wanted: &Wanted,
        plugin: Arc<Plugin>,
        bindings: Bindings,
        (options, wall): (HelmFetchOptions, std::time::Duration),
        inputs: Vec<(String, Tree)>,
    ) -> Self {
        let config = json!({
            "from": from,
            "chart": wanted.chart,
            "version": wanted.version,
            "valuesFiles": wanted.values_files,
            "ignoreMissingValuesFiles": wanted.ignore_missing_values_files,
            "versionMetadata": wanted.version_metadata,
            "maxChart": options.sizes.chart,
        });
        let limits = Limits {
            wall,
            ..options.limits
        };
        Self {
            plugin,
            registry: None,
            max_chart: options.sizes.chart as u64,
            config,
            call: Call::new(options.object, limits).with_bindings(bindings),
            inputs,
        }
    }

    /// Changes what the plugin speaks to, and has it refuse what is not exactly the version that it chose.
    pub(super) fn insist(&mut self, bindings: Bindings) {
        self.call = self.call.clone().with_bindings(bindings);
        self.config["exact"] = json!(true);
    }

    /// Brings a dependency that the plugin asked for, by the name it gave.
    pub fn add_input(&mut self, name: String, tree: Tree) {
        self.inputs.push((name, tree));
    }

    /// Finds the version to take, moving as few bytes as it can.
    ///
    /// # Errors
    /// There is no such chart, or the repository cannot be asked.
    pub async fn resolve(&self) -> Result<ChartVersion, HelmFetchError> {
        let config = self.config.to_string();
        let resolved = self.plugin.resolve(&self.call, &config, None, &self.inputs);
        let revision = resolved.await.map_err(HelmFetchError::Chart)?;
        let pin: Pin = serde_json::from_str(&revision.pin)
            .map_err(|error| HelmFetchError::Output(format!("its pin names no chart: {error}")))?;
        Ok(ChartVersion {
            name: pin.name,
            version: revision.id.clone(),
            packaged: pin.packaged,
            upstream: pin.upstream,
            revision,
        })
    }

    /// Fetches or packs a version.
    ///
    /// # Errors
    /// It cannot be fetched or packed, or needs dependencies ([`HelmFetchError::needs`]).
    pub async fn fetch(&self, version: &ChartVersion) -> Result<FetchedChart, HelmFetchError> {
        let config = self.config.to_string();
        let fetched = self
            .plugin
            .fetch(&self.call, &config, &version.revision, &self.inputs);
        let (tree, metadata) = fetched.await.map_err(HelmFetchError::Chart)?;
        let bytes = tree
            .read(ARCHIVE)
            .map_err(|error| HelmFetchError::Output(error.to_string()))?;
        let told = |key: &'static str| metadata.annotations.iter().filter(move |(name, _)| name == key);
        Ok(FetchedChart {
            bytes,
            values_files: told("valuesFile").map(|(_, name)| name.clone()).collect(),
            dependencies: told("dependencies")
                .find_map(|(_, count)| count.parse().ok())
                .unwrap_or(0),
        })
    }
}
