//! What a build needs from elsewhere: other repositories, files of other machines, charts. The build never fetches; it
//! says what is missing, and the caller comes back with trees that stand for the answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What stands in the tree of [`Need::File`].
pub(crate) const CONTENT: &str = "content";
/// The HTTP status that stands in its place when there is no such file.
pub(crate) const STATUS: &str = "status";
/// What stands in the tree of [`Need::Render`].
pub(crate) const OUTPUT: &str = "output.yaml";

/// One thing from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Need<'n> {
    /// The tree of a git repository.
    Repository {
        /// What is cloned.
        url: &'n str,
        /// Branch, tag or commit; empty for the remote's HEAD.
        reference: &'n str,
    },
    /// A file behind an address of HTTP: its tree holds `content`, or `status`.
    File {
        /// The address.
        url: &'n str,
    },
    /// A chart of a repository of charts: its tree holds the chart in a directory of the chart's name.
    Chart {
        /// Its name.
        chart: &'n str,
        /// Version or range; empty for the latest.
        version: &'n str,
        /// `https://` or `oci://`.
        repository: &'n str,
        /// Versions before a release count too.
        devel: bool,
    },
    /// What a chart renders to: its tree holds `output.yaml`.
    Render {
        /// The need whose tree holds the chart; none for the source.
        within: Option<&'n str>,
        /// The chart's directory in that tree.
        chart: &'n str,
        /// Of the renderer of charts.
        config: Value,
    },
}

impl Need<'_> {
    /// The need as the caller gets it, and as the name of the input that answers it.
    pub fn key(&self) -> String {
        match self {
            Self::Repository { url, reference } => json!({"git": url, "ref": reference}),
            Self::File { url } => json!({"file": url}),
            Self::Chart {
                chart,
                version,
                repository,
                devel,
            } => json!({"chart": chart, "version": version, "repository": repository, "devel": devel}),
            Self::Render {
                within,
                chart,
                config,
            } => {
                let mut need = json!({"render": "helm", "chart": chart, "config": config});
                if let Some(within) = within {
                    need["in"] = (*within).into();
                }
                need
            }
        }
        .to_string()
    }
}

/// What a build may have from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Elsewhere {
    /// What is missing is asked for rather than refused.
    pub allowed: bool,
    /// Directories of the build's files by the need that they answer.
    pub held: BTreeMap<String, String>,
}
