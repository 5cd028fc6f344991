//! What a caller chooses of a build.

use crate::elsewhere::Elsewhere;
use crate::flux::FluxOverlay;
use crate::limits::Limits;

/// Which files a kustomization may name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoadRestriction {
    /// Files in and below its own directory; bases may be elsewhere.
    #[default]
    RootOnly,
    /// Any file of the tree.
    None,
}

/// The order of the output when the kustomization says nothing of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reorder {
    /// kustomize's default: the legacy order.
    #[default]
    Unspecified,
    /// The legacy order, asked for.
    Legacy,
    /// As the objects were added.
    None,
}

/// The cluster that charts are told of; what is set wins over what a chart's entry says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmOptions {
    /// Version of Kubernetes.
    pub kube_version: String,
    /// API versions.
    pub api_versions: Vec<String>,
}

/// Options of a build. The default is `kustomize build` without flags.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Which files may be named.
    pub load_restriction: LoadRestriction,
    /// Order of the output.
    pub reorder: Reorder,
    /// `helmCharts` are rendered rather than refused with the hint at the flag.
    pub enable_helm: bool,
    /// Label all objects with `app.kubernetes.io/managed-by`.
    pub managed_by_label: bool,
    /// Charts are told this instead of what they ask for.
    pub helm: HelmOptions,
    /// What may come from elsewhere.
    pub elsewhere: Elsewhere,
    /// What Flux lays over the kustomization; its presence also means Flux's leniency at the root.
    pub flux: Option<FluxOverlay>,
    /// Bounds.
    pub limits: Limits,
}
