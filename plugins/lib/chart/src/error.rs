//! Why a chart cannot be used, in helm's words.

use thiserror::Error;

use crate::decode::DecodeError;
use crate::files::FilesError;
use crate::ignore::IgnoreError;
use crate::limits::LimitError;
use crate::metadata::ValidationError;

/// Why a chart does not load.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// Nothing is at the path.
    #[error("path {0:?} not found")]
    NotFound(String),
    /// A directory without Chart.yaml.
    #[error("unable to detect chart at {path}: {error}")]
    NoChart {
        /// The missing file.
        path: String,
        /// Why it cannot be read.
        error: FilesError,
    },
    /// A file or directory of the chart.
    #[error("error reading {path}: {error}")]
    Read {
        /// Relative to the tree.
        path: String,
        /// The tree's words.
        error: FilesError,
    },
    /// A link to nothing.
    #[error("error evaluating symlink {0}: no such file or directory")]
    DanglingLink(String),
    /// A rule of `.helmignore`.
    #[error(".helmignore: {0}")]
    Ignore(#[from] IgnoreError),
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A packed chart.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// One of the files that helm reads.
    #[error("cannot load {file}: {error}")]
    Decode {
        /// Its name in the chart.
        file: &'static str,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// values.yaml.
    #[error("cannot load values.yaml: {0}")]
    Values(#[from] ValuesError),
    /// The generation of charts that helm 4 reads and does not install yet.
    #[error("invalid chart apiVersion")]
    NextApiVersion,
    /// An apiVersion of another generation of charts.
    #[error("unsupported chart version")]
    ApiVersion,
    /// No metadata.
    #[error("Chart.yaml file is missing")]
    NoMetadata,
    /// Metadata that helm refuses.
    #[error(transparent)]
    Metadata(#[from] ValidationError),
    /// A packed subchart that is a directory.
    #[error("error unpacking subchart tar in {chart}: expected {name}, got {found}")]
    NotPacked {
        /// The parent.
        chart: String,
        /// The entry of `charts/`.
        name: String,
        /// The first file found there.
        found: String,
    },
    /// A subchart.
    #[error("error unpacking subchart {name} in {chart}: {error}")]
    Subchart {
        /// The entry of `charts/`.
        name: String,
        /// The parent.
        chart: String,
        /// Why.
        error: Box<LoadError>,
    },
}

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchiveError {
    /// Not gzip.
    #[error("file '{0}' does not appear to be a gzipped archive")]
    NotGzip(String),
    /// Broken compression or headers.
    #[error("unable to load chart archive: {0}")]
    Broken(String),
    /// `/` at the start.
    #[error("chart illegally contains absolute paths")]
    Absolute,
    /// A file beside the chart's directory.
    #[error("chart illegally contains content outside the base directory: {0:?}")]
    Outside(String),
    /// `..`
    #[error("chart illegally references parent directory")]
    Parent,
    /// A drive letter, or a name that is no text.
    #[error("chart contains illegally named files")]
    Name,
    /// Chart.yaml at the top.
    #[error("chart yaml not in base directory")]
    NoBase,
    /// Two entries with one name.
    #[error("chart contains {0:?} twice")]
    Twice(String),
    /// Nothing in it.
    #[error("no files in chart archive")]
    Empty,
}

/// Why a file of values is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValuesError {
    /// A line that starts with `---` and goes on.
    #[error("error reading yaml document: invalid Yaml document separator: {0}")]
    Separator(String),
    /// One of its documents.
    #[error("cannot unmarshal yaml document: {0}")]
    Document(DecodeError),
}
