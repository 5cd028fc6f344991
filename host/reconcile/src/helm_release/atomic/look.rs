//! Looks whether the cluster is as the release has it, and what the conditions are to say of a release that is in sync.

use sluice_api::condition;
use sluice_api::helm_release::DriftDetectionMode;
use sluice_model::Severity;
use sluice_release::Release;

use super::super::drift;
use super::super::spec;
use super::super::status::{DRIFTED, RELEASED, REMEDIATED, full_name, versioned_chart};
use super::{Atomic, Stop};

impl Atomic {
    /// Brings the conditions to what an in-sync release has: a rolled back release that is the desired one has succeeded,
    /// and so has a failed one that was put right elsewhere (section 7, item 15).
    pub(super) fn in_sync(&mut self, drifted: bool) {
        let progress = &mut self.pass.progress;
        if let Some(latest) = progress.latest() {
            let message = |what: &str| {
                format!(
                    "Helm {what} succeeded for release {} with chart {}",
                    full_name(latest),
                    versioned_chart(latest)
                )
            };
            let (install, upgrade) = (message("install"), message("upgrade"));
            let conditions = &progress.status.conditions;
            let reason = condition::find(conditions, RELEASED)
                .map(|it| it.reason.clone())
                .unwrap_or_default();
            let is_remediated = condition::is_true(conditions, REMEDIATED);
            let mut conditions = progress.conditions();
            if is_remediated {
                conditions.delete(REMEDIATED);
            }
            match reason.as_str() {
                "InstallFailed" if !is_remediated => {
                    conditions.mark_true(RELEASED, "InstallSucceeded", &install)
                }
                _ if is_remediated => conditions.mark_true(RELEASED, "UpgradeSucceeded", &upgrade),
                "UpgradeFailed" => conditions.mark_true(RELEASED, "UpgradeSucceeded", &upgrade),
                _ => false,
            };
        }
        if spec::drift_mode(&self.pass.object.spec).is_none() {
            progress.conditions().delete(DRIFTED);
        } else if !drifted {
            let message = "No drift detected against the cluster state";
            progress
                .conditions()
                .mark_false(DRIFTED, "NoDriftDetected", message);
        }
        progress.summarize();
    }

    /// Whether the cluster differs from the latest release, where that is looked for; it is told.
    pub(super) async fn find_drift(&mut self, latest: Option<&Release>) -> Result<bool, Stop> {
        let spec = &self.pass.object.spec;
        let (Some(mode), Some(latest)) = (spec::drift_mode(spec), latest) else {
            return Ok(false);
        };
        let ignore = drift::rules(spec).map_err(|error| self.unknown_state(&error.to_string()))?;
        let mut resources = self.resources(true, false);
        resources.ignore = ignore;
        self.drift = drift::find(&resources, latest)
            .await
            .map_err(|error| self.unknown_state(&format!("unable to determine cluster state: {error}")))?;
        if self.drift.objects.is_empty() {
            return Ok(false);
        }
        let name = self.pass.progress.latest().map(full_name).unwrap_or_default();
        let text = format!(
            "Cluster state of release {name} has drifted from the desired state:\n{}",
            self.drift.lines.join("\n")
        );
        let reason = "DriftDetected";
        let seen = condition::find(&self.pass.progress.status.conditions, DRIFTED);
        let is_news = seen.is_none_or(|seen| seen.message != text) || mode == DriftDetectionMode::Enabled;
        if is_news {
            self.pass
                .shared
                .tell(&self.pass.object, Severity::Error, (reason, &text), None);
        }
        self.pass.progress.conditions().mark_true(DRIFTED, reason, &text);
        Ok(true)
    }
}
