//! HelmRepository and HelmChart: their specs become configs, bindings and inputs of the plugin `source-helm`.

mod chart;
mod error;
mod index;
mod repository;
mod verification;

use sluice_model::{SecretData, Tree};
use sluice_sandbox::{CallObject, Limits};

use crate::remote_base::single;

pub use chart::{ChartFetch, ChartVersion, FetchedChart, Wanted};
pub use error::HelmFetchError;
pub use index::IndexFetch;
pub use repository::{is_oci, normalize_url};
pub use verification::{SignatureProblem, TrustError, trusted_keys};

/// Name of the binding that the plugin speaks to.
const TARGET: &str = "target";
/// File of the input with a repository's index, and of its artifact.
const INDEX: &str = "index.yaml";
/// File of a fetched chart.
const ARCHIVE: &str = "chart.tgz";

/// What a fetch needs besides the spec.
#[derive(Debug, Clone)]
pub struct HelmFetchOptions {
    /// For logs and permits.
    pub object: CallObject,
    /// Data of the repository's `spec.secretRef`.
    pub secret: Option<SecretData>,
    /// Data of the repository's `spec.certSecretRef`.
    pub tls: Option<SecretData>,
    /// Of the plugin's calls.
    pub limits: Limits,
    /// Largest files.
    pub sizes: HelmSizes,
}

/// Largest files that are fetched, in bytes; flags `--helm-index-max-size` and `--helm-chart-max-size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelmSizes {
    /// Of an index.
    pub index: usize,
    /// Of a packed chart.
    pub chart: usize,
}

impl Default for HelmSizes {
    fn default() -> Self {
        Self {
            index: 50 << 20,
            chart: 10 << 20,
        }
    }
}

/// The input with a repository's index.
pub fn index_tree(index: bytes::Bytes) -> Tree {
    single(INDEX, index)
}

/// The input with a dependency's packed chart.
pub fn chart_tree(chart: bytes::Bytes) -> Tree {
    single(ARCHIVE, chart)
}
