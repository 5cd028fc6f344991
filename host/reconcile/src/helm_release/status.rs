//! How the status of a HelmRelease moves (Flux's conditions, reasons and messages).

use std::time::Duration;

use sluice_api::annotation::{FORCE_AT, RESET_AT};
use sluice_api::condition::{self, Conditions};
use sluice_api::helm_release::ReleaseSnapshot;
use sluice_api::{Condition, ConditionStatus, GoDuration, HelmRelease, HelmReleaseStatus};
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::condition::{reasons, types};

use super::{post_render, spec};
use crate::request;

/// The release stands as it should.
pub(super) const RELEASED: &str = "Released";
/// Its tests passed.
pub(super) const TEST_SUCCESS: &str = "TestSuccess";
/// A failed release was rolled back or uninstalled.
pub(super) const REMEDIATED: &str = "Remediated";
/// The cluster differs from the release.
pub(super) const DRIFTED: &str = "Drifted";

/// The status of one pass: starts as the stored one.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    /// As it will be written.
    pub(super) status: HelmReleaseStatus,
    generation: i64,
    requested_at: Option<String>,
    force: bool,
    reset: bool,
    has_tests: bool,
    tests_count: bool,
    post_renderers: Option<String>,
    common_metadata: Option<String>,
}

/// Whether a request by annotation is to be handled: it came with a request for reconciliation that was not handled yet.
/// It is answered in either case.
fn asked(
    object: &HelmRelease,
    annotation: &str,
    handled: &mut Option<String>,
    reconciled: Option<&String>,
) -> bool {
    let requested = object
        .annotations()
        .get(annotation)
        .filter(|value| !value.is_empty());
    let Some(requested) = requested else {
        return false;
    };
    let before = handled.replace(requested.clone());
    let asked = request::requested_at(object);
    asked.as_ref() == Some(requested) && reconciled != asked.as_ref() && before.as_ref() != Some(requested)
}

impl Progress {
    /// Starts from the stored status.
    pub(super) fn of(object: &HelmRelease) -> Self {
        let mut status = object.status.clone().unwrap_or_default();
        let reconciled = status.last_handled_reconcile_at.clone();
        let force = asked(
            object,
            FORCE_AT,
            &mut status.last_handled_force_at,
            reconciled.as_ref(),
        );
        let reset = asked(
            object,
            RESET_AT,
            &mut status.last_handled_reset_at,
            reconciled.as_ref(),
        );
        Self {
            status,
            generation: object.metadata.generation.unwrap_or_default(),
            requested_at: request::requested_at(object),
            force,
            reset,
            has_tests: spec::tests(&object.spec),
            tests_count: spec::tests_count(&object.spec),
            post_renderers: post_render::digest(&object.spec),
            common_metadata: post_render::metadata_digest(&object.spec),
        }
    }

    /// To read and set conditions.
    pub(super) fn conditions(&mut self) -> Conditions<'_> {
        Conditions::new(&mut self.status.conditions, self.generation)
    }

    /// Whether a forced release was asked for; it is forced once.
    pub(super) fn take_force(&mut self) -> bool {
        std::mem::take(&mut self.force)
    }

    /// What changed since the generation that was observed last and is no part of a release's record.
    pub(super) fn changed_since(&self) -> Option<&'static str> {
        if self.status.observed_generation == Some(self.generation) {
            return None;
        }
        if self.post_renderers != self.status.observed_post_renderers_digest {
            return Some("postrenderers");
        }
        (self.common_metadata != self.status.observed_common_metadata_digest).then_some("common metadata")
    }

    /// The prerequisites are being fulfilled.
    pub(super) fn preparing(&mut self) {
        let message = "Fulfilling prerequisites";
        self.conditions().mark_reconciling(reasons::PROGRESSING, message);
    }

    /// An action begins; one that makes a release tells of it in Ready too.
    pub(super) fn acting(&mut self, name: &str, timeout: Duration, makes_release: bool) {
        let message = format!(
            "Running '{name}' action with timeout of {}",
            GoDuration::from(timeout)
        );
        let mut conditions = self.conditions();
        conditions.mark_reconciling(reasons::PROGRESSING, &message);
        if makes_release {
            conditions.mark_unknown(types::READY, reasons::PROGRESSING, &message);
        }
    }

    /// The prerequisites hold: what an earlier pass said of them is out of date.
    pub(super) fn fulfilled(&mut self) {
        const OURS: [&str; 9] = [
            reasons::DEPENDENCY_NOT_READY,
            reasons::ACCESS_DENIED,
            reasons::ARTIFACT_FAILED,
            reasons::INVALID_CEL_EXPRESSION,
            reasons::FAILED,
            "SourceNotReady",
            "ValuesError",
            "RESTClientError",
            "ReleaseConflict",
        ];
        let ready = condition::find(&self.status.conditions, types::READY);
        if ready.is_some_and(|ready| OURS.contains(&ready.reason.as_str())) {
            let message = "reconciliation in progress";
            self.conditions()
                .mark_unknown(types::READY, reasons::PROGRESSING, message);
        }
    }

    /// A prerequisite does not hold; it is looked at again.
    pub(super) fn failed(&mut self, reason: &str, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_false(types::READY, reason, message);
        conditions.mark_reconciling(reasons::PROGRESSING_WITH_RETRY, message);
    }

    /// Nothing but a change of spec helps.
    pub(super) fn stalled(&mut self, reason: &str, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_stalled(reason, message);
        conditions.mark_false(types::READY, reason, message);
        self.status.observed_generation = Some(self.generation);
    }

    /// No action brings the release further.
    pub(super) fn gave_up(&mut self, reason: &str, message: &str) {
        self.conditions().mark_stalled(reason, message);
        self.status.observed_generation = Some(self.generation);
    }

    /// The action is tried again.
    pub(super) fn retrying(&mut self, message: &str) {
        self.conditions()
            .mark_reconciling(reasons::PROGRESSING_WITH_RETRY, message);
    }

    /// All is done for this generation.
    pub(super) fn settled(&mut self) {
        self.conditions().delete(types::RECONCILING);
        self.status.observed_generation = Some(self.generation);
    }

    /// Answers a request for reconciliation: the last thing before the status is written.
    pub(super) fn handled(&mut self) {
        if self.requested_at.is_some() {
            self.status
                .last_handled_reconcile_at
                .clone_from(&self.requested_at);
        }
    }

    /// The latest snapshot.
    pub(super) fn latest(&self) -> Option<&ReleaseSnapshot> {
        self.status.history.first()
    }

    /// Notes what is tried; failures of another generation, chart or values are forgotten, and those of which a reset
    /// was asked for.
    pub(super) fn attempt(&mut self, version: &str, config_digest: &str, oci_digest: Option<&String>) {
        let status = &mut self.status;
        let is_other = status.last_attempted_generation != Some(self.generation)
            || status.last_attempted_revision.as_deref() != Some(version)
            || status
                .last_attempted_config_digest
                .as_ref()
                .is_some_and(|it| it != config_digest);
        status.last_attempted_generation = Some(self.generation);
        status.last_attempted_revision = Some(version.to_owned());
        status.last_attempted_revision_digest = oci_digest.cloned();
        status.last_attempted_config_digest = Some(config_digest.to_owned());
        status.last_attempted_values_checksum = None;
        status.last_release_revision = None;
        if is_other || std::mem::take(&mut self.reset) {
            self.clear_failures();
        }
    }

    /// Forgets all failures.
    pub(super) fn clear_failures(&mut self) {
        let status = &mut self.status;
        (status.failures, status.install_failures, status.upgrade_failures) = (None, None, None);
    }

    /// Counts a failure of any sort.
    pub(super) fn count_failure(&mut self) {
        *self.status.failures.get_or_insert(0) += 1;
    }

    /// Ready as the conditions of the release have it: of the newest generation the first of Remediated, TestSuccess and
    /// Released. A remediated release is not ready.
    pub(super) fn summarize(&mut self) {
        if !self.has_tests {
            self.conditions().delete(TEST_SUCCESS);
        }
        let order = [REMEDIATED, TEST_SUCCESS, RELEASED];
        let counts = |type_: &str| type_ != TEST_SUCCESS || self.tests_count;
        let found = order.iter().filter(|type_| counts(type_));
        let found = found.filter_map(|type_| condition::find(&self.status.conditions, type_));
        // of equal ones, the last is taken
        let chosen = found.rev().max_by_key(|it| it.observed_generation).cloned();
        if let Some(chosen) = chosen {
            self.set_ready(&chosen);
        }
        self.status
            .observed_post_renderers_digest
            .clone_from(&self.post_renderers);
        self.status
            .observed_common_metadata_digest
            .clone_from(&self.common_metadata);
    }

    fn set_ready(&mut self, from: &Condition) {
        let status = match from.type_.as_str() {
            REMEDIATED => ConditionStatus::False,
            _ => from.status.clone(),
        };
        let mut conditions = self.conditions();
        if status == ConditionStatus::True {
            conditions.delete(types::STALLED);
        }
        conditions.set(types::READY, status, &from.reason, &from.message);
    }
}

/// The name of a revision in messages: `namespace/name.vN`.
pub(super) fn full_name(snapshot: &ReleaseSnapshot) -> String {
    format!("{}/{}.v{}", snapshot.namespace, snapshot.name, snapshot.version)
}

/// The chart of a revision in messages.
pub(super) fn versioned_chart(snapshot: &ReleaseSnapshot) -> String {
    format!("{}@{}", snapshot.chart_name, snapshot.chart_version)
}

#[cfg(test)]
mod tests;
