//! How the status of a Kustomization moves (Flux's conditions, reasons and messages).

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_api::condition::Conditions;
use sluice_api::{Kustomization, KustomizationStatus};
use sluice_cluster::k8s_openapi::jiff::Timestamp;
use sluice_model::condition::{reasons, types};

use super::health::Attempt;
use crate::request;

/// The status of one pass: starts as the stored one and is written once at the end, or when a phase lasts.
#[derive(Debug, Clone)]
pub struct Progress {
    /// As it will be written.
    pub status: KustomizationStatus,
    generation: i64,
    requested_at: Option<String>,
}

impl Progress {
    /// Starts from the stored status.
    pub fn of(object: &Kustomization) -> Self {
        Self {
            status: object.status.clone().unwrap_or_default(),
            generation: object.metadata.generation.unwrap_or_default(),
            requested_at: request::requested_at(object),
        }
    }

    fn conditions(&mut self) -> Conditions<'_> {
        Conditions::new(&mut self.status.conditions, self.generation)
    }

    /// A phase is under way.
    pub fn working(&mut self, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_unknown(types::READY, reasons::PROGRESSING, "Reconciliation in progress");
        conditions.mark_reconciling(reasons::PROGRESSING, message);
    }

    /// Waiting for the health of applied objects.
    pub fn checking_health(&mut self, message: &str) {
        self.working(message);
        self.conditions()
            .mark_unknown(types::HEALTHY, reasons::PROGRESSING, message);
    }

    /// The pass failed and will be tried again. The applied state stays as it was.
    pub fn failed(&mut self, reason: &str, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_false(types::READY, reason, message);
        conditions.mark_reconciling(reasons::PROGRESSING_WITH_RETRY, message);
        if reason == reasons::HEALTH_CHECK_FAILED {
            conditions.mark_false(types::HEALTHY, reason, message);
        }
    }

    /// A newer request ended the wait for health.
    pub fn canceled(&mut self, trigger: &str) {
        let message = format!("New reconciliation triggered by {trigger}");
        self.failed(reasons::HEALTH_CHECK_CANCELED, &message);
    }

    /// Nothing but a change of spec helps.
    pub fn stalled(&mut self, reason: &str, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_stalled(reason, message);
        conditions.mark_false(types::READY, reason, message);
        self.status.observed_generation = Some(self.generation);
    }

    /// Applied, and healthy where that was asked for.
    pub fn applied(&mut self, revision: &str, origin_revision: Option<&str>, health_checked: bool) {
        self.status.last_applied_revision = Some(revision.to_owned());
        self.status.last_attempted_revision = Some(revision.to_owned());
        self.status.last_applied_origin_revision = origin_revision.map(str::to_owned);
        self.status.observed_generation = Some(self.generation);
        let message = format!("Applied revision: {revision}");
        let mut conditions = self.conditions();
        conditions.mark_true(types::READY, reasons::RECONCILIATION_SUCCEEDED, &message);
        conditions.delete(types::RECONCILING);
        conditions.delete(types::STALLED);
        if health_checked {
            conditions.mark_true(types::HEALTHY, reasons::SUCCEEDED, "Health check passed");
        } else {
            conditions.delete(types::HEALTHY);
        }
    }

    /// Adds the outcome to the history.
    pub fn remember(&mut self, attempt: &Attempt, took: Duration, outcome: &str) {
        let mut metadata = BTreeMap::from([("revision".to_owned(), attempt.revision.clone())]);
        if let Some(origin) = &attempt.origin_revision {
            metadata.insert("originRevision".to_owned(), origin.clone());
        }
        let digest = attempt.digest.to_string();
        self.status
            .history
            .upsert(&digest, Timestamp::now(), took, outcome, metadata);
    }

    /// Answers a request for reconciliation: the last thing before the status is written.
    pub fn handled(&mut self) {
        if self.requested_at.is_some() {
            self.status
                .last_handled_reconcile_at
                .clone_from(&self.requested_at);
        }
    }

    /// Whether the objects were healthy before this pass.
    pub fn was_healthy(&self) -> bool {
        sluice_api::condition::is_true(&self.status.conditions, types::HEALTHY)
    }

    /// The reason of the Ready condition, for events.
    pub fn ready_reason(&self) -> String {
        sluice_api::condition::find(&self.status.conditions, types::READY)
            .map_or_else(|| reasons::PROGRESSING.to_owned(), |ready| ready.reason.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sluice_api::condition::{find, is_true};

    fn progress() -> Progress {
        let object = serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "a", "namespace": "ns", "generation": 3,
                "annotations": {"reconcile.fluxcd.io/requestedAt": "now"}},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "repo"}},
            "status": {"observedGeneration": -1}
        }))
        .expect("a Kustomization");
        Progress::of(&object)
    }

    #[test]
    fn success_settles_all_conditions() {
        let mut progress = progress();
        progress.working("Fetching");
        progress.failed(reasons::BUILD_FAILED, "no");
        progress.applied("main@sha1:1", None, false);
        progress.handled();
        let status = &progress.status;
        assert!(is_true(&status.conditions, types::READY));
        assert_eq!(status.conditions.len(), 1);
        assert_eq!(status.observed_generation, Some(3));
        assert_eq!(status.last_handled_reconcile_at.as_deref(), Some("now"));
    }

    /// An ordinary failure does not advance observedGeneration, so that kstatus says InProgress (section 7, item 8).
    #[test]
    fn failure_keeps_what_was_applied() {
        let mut progress = progress();
        progress.applied("main@sha1:1", None, true);
        progress.status.observed_generation = Some(2);
        progress.failed(reasons::HEALTH_CHECK_FAILED, "timeout");
        let status = &progress.status;
        assert_eq!(status.last_applied_revision.as_deref(), Some("main@sha1:1"));
        assert_eq!(status.observed_generation, Some(2));
        let reason = |type_| find(&status.conditions, type_).map(|condition| condition.reason.as_str());
        assert_eq!(reason(types::RECONCILING), Some(reasons::PROGRESSING_WITH_RETRY));
        assert_eq!(reason(types::HEALTHY), Some(reasons::HEALTH_CHECK_FAILED));
    }

    /// Healthy lives while health is asked for: Unknown during a check, False after a failed one, untouched by a
    /// canceled one, gone when nothing is checked.
    #[test]
    fn healthy_follows_the_checks() {
        let mut progress = progress();
        let healthy = |progress: &Progress| {
            let found = find(&progress.status.conditions, types::HEALTHY);
            found.map(|condition| (condition.status.to_string(), condition.reason.clone()))
        };
        let is = |status: &str, reason: &str| Some((status.to_owned(), reason.to_owned()));
        progress.failed(reasons::BUILD_FAILED, "no");
        assert_eq!(healthy(&progress), None);
        progress.checking_health("Running health checks");
        assert_eq!(healthy(&progress), is("Unknown", reasons::PROGRESSING));
        progress.canceled("GitRepository/ns/repo");
        assert_eq!(healthy(&progress), is("Unknown", reasons::PROGRESSING));
        assert_eq!(progress.ready_reason(), reasons::HEALTH_CHECK_CANCELED);
        progress.failed(reasons::HEALTH_CHECK_FAILED, "timeout waiting for: []");
        assert_eq!(healthy(&progress), is("False", reasons::HEALTH_CHECK_FAILED));
        progress.applied("main@sha1:1", None, true);
        assert_eq!(healthy(&progress), is("True", reasons::SUCCEEDED));
        progress.applied("main@sha1:1", None, false);
        assert_eq!(healthy(&progress), None);
    }

    #[test]
    fn a_stall_advances_the_generation() {
        let mut progress = progress();
        progress.stalled(reasons::ACCESS_DENIED, "no");
        assert_eq!(progress.status.observed_generation, Some(3));
        assert!(is_true(&progress.status.conditions, types::STALLED));
    }
}
