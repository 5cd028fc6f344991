//! Events of HelmReleases.

use indexmap::IndexMap;
use sluice_api::HelmRelease;
use sluice_api::helm_release::ReleaseSnapshot;
use sluice_event::Subject;
use sluice_model::Severity;

use super::chart::Loaded;
use super::{GROUP, Shared};

/// What an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct About {
    chart_version: String,
    config_digest: String,
    app_version: String,
    oci_digest: String,
}

impl From<&ReleaseSnapshot> for About {
    fn from(snapshot: &ReleaseSnapshot) -> Self {
        Self {
            chart_version: snapshot.chart_version.clone(),
            config_digest: snapshot.config_digest.clone(),
            app_version: snapshot.app_version.clone().unwrap_or_default(),
            oci_digest: snapshot.oci_digest.clone().unwrap_or_default(),
        }
    }
}

impl About {
    /// The values are the desired ones.
    pub(super) fn set_config(&mut self, chart: &Loaded) {
        self.config_digest.clone_from(&chart.config_digest);
    }
}

impl From<&Loaded> for About {
    fn from(chart: &Loaded) -> Self {
        Self {
            chart_version: chart.version.clone(),
            config_digest: chart.config_digest.clone(),
            app_version: chart.app_version.clone(),
            oci_digest: chart.oci_digest.clone().unwrap_or_default(),
        }
    }
}

impl Shared {
    /// Records an event.
    pub(super) fn tell(
        &self,
        object: &HelmRelease,
        severity: Severity,
        (reason, message): (&str, &str),
        about: Option<&About>,
    ) {
        let mut metadata = IndexMap::new();
        if let Some(about) = about {
            for (key, value) in [
                ("revision", &about.chart_version),
                ("token", &about.config_digest),
                ("app-version", &about.app_version),
                ("oci-digest", &about.oci_digest),
            ] {
                if !value.is_empty() {
                    metadata.insert(format!("{GROUP}/{key}"), value.clone());
                }
            }
        }
        self.recorder
            .record(&Subject::of(object), severity, reason, message, metadata);
    }
}
