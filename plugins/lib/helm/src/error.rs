//! Why a chart does not render, in helm's words.

use sluice_chart::{FilesError, LoadError, NameError, SchemaError, ValuesError};
use thiserror::Error;

use crate::data::KubeVersionError;
use crate::manifest::{HeadError, ManifestError};

/// A dependency that has to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Name of the chart.
    pub name: String,
    /// Constraint on its version.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
}

/// Why there is no output.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The chart does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file that was found cannot be read.
    #[error("error reading {path}: {error}")]
    Read {
        /// In its chart, or in the tree.
        path: String,
        /// The tree's words.
        error: FilesError,
    },
    /// The release's name.
    #[error("release name check failed: {0}")]
    Name(#[from] NameError),
    /// The template of the release's name.
    #[error("{0}")]
    NameTemplate(String),
    /// The version of Kubernetes that was asked for.
    #[error("invalid kube version '{version}': {error}")]
    KubeVersion {
        /// As it was given.
        version: String,
        /// What is wrong with it.
        error: KubeVersionError,
    },
    /// A file of values.
    #[error("failed to parse {name}: {error}")]
    ValuesFile {
        /// The file, or what it stands for.
        name: String,
        /// What is wrong with it.
        error: ValuesError,
    },
    /// A `--set` of some kind.
    #[error("failed parsing {flag} data{error}")]
    Set {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it.
        error: String,
    },
    /// A library is no chart of its own.
    #[error("{0} charts are not installable")]
    NotInstallable(String),
    /// Dependencies that `charts/` does not have.
    #[error(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch \
         missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}", names(.0)
    )]
    MissingDependencies(Vec<Needed>),
    /// Values in the way of a subchart.
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(String),
    /// Values in the way of a subchart.
    #[error("{0}")]
    Values(String),
    /// Values that do not fit a schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The chart is for other versions of Kubernetes.
    #[error("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}")]
    Incompatible {
        /// The chart's constraint.
        wanted: String,
        /// The cluster's version.
        version: String,
    },
    /// A template does not parse or execute.
    #[error("{0}")]
    Template(String),
    /// What a template gave is no manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file of `crds/` is no manifest.
    #[error("{path}: {error}")]
    Crd {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: HeadError,
    },
    /// A pattern that names nothing.
    #[error("could not find template {0} in chart")]
    NoTemplate(String),
}

fn names(needed: &[Needed]) -> String {
    let names: Vec<&str> = needed.iter().map(|needed| needed.name.as_str()).collect();
    names.join(", ")
}
