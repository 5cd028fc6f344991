//! Which version of a chart is wanted, and how its artifact is described.

use sluice_api::HelmChart;
use sluice_api::helm_chart::{ChartSourceKind, ReconcileStrategy};
use sluice_fetch::helm::{ChartVersion, Wanted};
use sluice_model::Revision;

/// Digits of a source's revision in a version: labels are short, and so many are unique in practice.
const REVISION_DIGITS: usize = 12;

/// What the plugin is asked for. `revision` is that of the source's artifact.
pub(super) fn wanted(object: &HelmChart, revision: Option<&str>) -> Wanted {
    let spec = &object.spec;
    let mut metadata = Vec::new();
    let of_files = matches!(
        spec.source_ref.kind,
        ChartSourceKind::GitRepository | ChartSourceKind::Bucket
    );
    if of_files && spec.reconcile_strategy == ReconcileStrategy::Revision {
        metadata.extend(revision.map(short));
    }
    if changes_values(&spec.values_files) {
        metadata.push(object.metadata.generation.unwrap_or_default().to_string());
    }
    Wanted {
        chart: spec.chart.clone(),
        version: spec.version.clone(),
        values_files: spec.values_files.clone(),
        ignore_missing_values_files: spec.ignore_missing_values_files == Some(true),
        version_metadata: metadata.join("."),
    }
}

/// Whether a list of values files is more than the chart's own `values.yaml`.
fn changes_values(files: &[String]) -> bool {
    match files {
        [] => false,
        [only] => only.trim_start_matches("./") != "values.yaml",
        _ => true,
    }
}

/// The start of the commit or digest in a revision.
fn short(revision: &str) -> String {
    let revision = Revision(revision.to_owned());
    let checksum = revision.checksum();
    checksum.chars().take(REVISION_DIGITS).collect()
}

/// The values files that went into the stored artifact.
pub(super) fn observed_values_files(object: &HelmChart) -> Vec<String> {
    let observed = object
        .status
        .as_ref()
        .map(|status| status.observed_values_files.clone());
    match observed.filter(|files| !files.is_empty()) {
        Some(files) => files,
        None if changes_values(&object.spec.values_files) => object.spec.values_files.clone(),
        None => Vec::new(),
    }
}

/// What Flux says of a build.
pub(super) fn summary(version: &ChartVersion, values_files: &[String]) -> String {
    let done = if version.packaged { "packaged" } else { "pulled" };
    let mut text = format!(
        "{done} '{}' chart with version '{}'",
        version.name, version.version
    );
    if !values_files.is_empty() {
        text = format!("{text} and merged values files [{}]", values_files.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn metadata(kind: &str, strategy: &str, files: &[&str]) -> String {
        let object = serde_json::from_value(json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
            "metadata": {"name": "a", "namespace": "ns", "generation": 3},
            "spec": {"interval": "1m", "chart": "web", "sourceRef": {"kind": kind, "name": "x"},
                "reconcileStrategy": strategy, "valuesFiles": files},
        }));
        let revision = "main@sha1:0123456789abcdef0123456789abcdef01234567";
        wanted(&object.expect("a HelmChart"), Some(revision)).version_metadata
    }

    #[test]
    fn the_version_tells_values_files_and_revision() {
        for (kind, strategy, files, wanted) in [
            ("GitRepository", "ChartVersion", &[][..], ""),
            ("GitRepository", "Revision", &[], "0123456789ab"),
            ("GitRepository", "Revision", &["a.yaml"], "0123456789ab.3"),
            ("GitRepository", "ChartVersion", &["values.yaml", "a.yaml"], "3"),
            ("GitRepository", "ChartVersion", &["values.yaml"], ""),
            ("HelmRepository", "Revision", &["a.yaml"], "3"),
        ] {
            assert_eq!(
                metadata(kind, strategy, files),
                wanted,
                "{kind} {strategy} {files:?}"
            );
        }
    }
}
