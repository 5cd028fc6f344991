//! How the status of a source moves (Flux's conditions, reasons and messages).

use sluice_api::condition::{Conditions, is_false};
use sluice_api::{Artifact, HelmChartStatus, HelmRepositoryStatus};
use sluice_model::condition::{reasons, types};

use crate::status::Conditioned;

/// The status of a kind that publishes an artifact.
pub trait SourceStatus: Conditioned + Default + Send + Sync {
    /// What was published last.
    fn artifact(&self) -> Option<&Artifact>;
    /// Publishes an artifact, with the address that always leads to the latest one; none takes it back.
    fn publish(&mut self, artifact: Option<Artifact>, url: Option<String>);
    /// The generation that was reconciled last.
    fn observed_generation(&self) -> Option<i64>;
    /// Notes the generation as reconciled.
    fn observe(&mut self, generation: i64);
    /// Notes the request that was handled.
    fn handle(&mut self, requested_at: Option<String>);
}

macro_rules! source_status {
    ($($status:ty),*) => {$(
        impl SourceStatus for $status {
            fn artifact(&self) -> Option<&Artifact> {
                self.artifact.as_ref()
            }
            fn publish(&mut self, artifact: Option<Artifact>, url: Option<String>) {
                self.artifact = artifact;
                self.url = url;
            }
            fn observed_generation(&self) -> Option<i64> {
                self.observed_generation
            }
            fn observe(&mut self, generation: i64) {
                self.observed_generation = Some(generation);
            }
            fn handle(&mut self, requested_at: Option<String>) {
                self.last_handled_reconcile_at = requested_at;
            }
        }
    )*};
}
source_status!(HelmRepositoryStatus, HelmChartStatus);

/// Reason of a failed verification.
pub(crate) const VERIFICATION_ERROR: &str = "VerificationError";

/// Conditions that say that something is wrong, or not done yet.
const TROUBLE: [&str; 6] = [
    types::RECONCILING,
    types::STALLED,
    types::FETCH_FAILED,
    types::BUILD_FAILED,
    types::STORAGE_OPERATION_FAILED,
    types::ARTIFACT_OUTDATED,
];

/// The status of one pass: starts as the stored one and is written once at the end, or when a phase lasts.
#[derive(Debug, Clone)]
pub struct Progress<S> {
    /// As it will be written.
    pub status: S,
    /// Of the object.
    pub generation: i64,
    requested_at: Option<String>,
    /// What is to be told of a signature.
    verified: Option<String>,
}

impl<S: SourceStatus> Progress<S> {
    /// Starts from the stored status.
    pub fn new(status: Option<&S>, generation: i64, requested_at: Option<String>) -> Self {
        Self {
            status: status.cloned().unwrap_or_default(),
            generation,
            requested_at,
            verified: None,
        }
    }

    fn conditions(&mut self) -> Conditions<'_> {
        let generation = self.generation;
        Conditions::new(self.status.conditions_mut(), generation)
    }

    /// A phase is under way. The stored artifact stays Ready for its consumers.
    pub fn working(&mut self, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_reconciling(reasons::PROGRESSING, message);
        if !conditions.is_true(types::READY) {
            conditions.mark_unknown(types::READY, reasons::PROGRESSING, message);
        }
    }

    /// Something newer than the stored artifact is being made.
    pub fn outdated(&mut self, reason: &str, message: &str) {
        if self.status.artifact().is_some() {
            self.conditions()
                .mark_true(types::ARTIFACT_OUTDATED, reason, message);
        }
        self.working(&format!("building artifact: {message}"));
    }

    /// Begins a look at signatures, or has done with them: one that failed before is looked at again.
    pub fn verifying(&mut self, wanted: bool) {
        let conditions = self.status.conditions();
        if !wanted || is_false(conditions, types::SOURCE_VERIFIED) {
            self.conditions().delete(types::SOURCE_VERIFIED);
        }
    }

    /// The signature counts: a condition says so once the artifact stands.
    pub fn verified(&mut self, message: String) {
        self.verified = Some(message);
    }

    /// It does not, or cannot be looked at: whatever else is said, the source is not ready for that reason.
    pub fn unverified(&mut self, message: &str) {
        self.conditions()
            .mark_false(types::SOURCE_VERIFIED, VERIFICATION_ERROR, message);
    }

    /// The stored artifact is the current one.
    pub fn stored(&mut self, reason: &str, message: &str) {
        self.status.observe(self.generation);
        let verified = self.verified.take();
        let mut conditions = self.conditions();
        if let Some(verified) = verified {
            conditions.mark_true(types::SOURCE_VERIFIED, reasons::SUCCEEDED, &verified);
        }
        for gone in TROUBLE {
            conditions.delete(gone);
        }
        conditions.mark_true(types::READY, reason, message);
        conditions.mark_true(types::ARTIFACT_IN_STORAGE, reason, message);
    }

    /// The artifact is gone from storage or is not what was stored.
    pub fn lost(&mut self) {
        self.status.publish(None, None);
        self.conditions().delete(types::ARTIFACT_IN_STORAGE);
        self.working("building artifact: disappeared from storage");
    }

    /// The pass failed and will be tried again; `type_` is the condition that says where.
    pub fn failed(&mut self, type_: &str, reason: &str, message: &str) {
        self.one_failure(type_);
        let unready = self.unready(reason);
        let mut conditions = self.conditions();
        if type_ != types::SOURCE_VERIFIED {
            conditions.mark_true(type_, reason, message);
        }
        conditions.mark_false(types::READY, unready, message);
        conditions.mark_reconciling(reasons::PROGRESSING_WITH_RETRY, message);
    }

    /// Nothing but a change of spec helps.
    pub fn stalled(&mut self, type_: &str, reason: &str, message: &str) {
        self.one_failure(type_);
        self.status.observe(self.generation);
        let unready = self.unready(reason);
        let mut conditions = self.conditions();
        if ![types::STALLED, types::SOURCE_VERIFIED].contains(&type_) {
            conditions.mark_true(type_, reason, message);
        }
        conditions.mark_stalled(reason, message);
        conditions.mark_false(types::READY, unready, message);
    }

    /// The reason of a Ready condition that is false.
    fn unready<'a>(&self, reason: &'a str) -> &'a str {
        if is_false(self.status.conditions(), types::SOURCE_VERIFIED) {
            return VERIFICATION_ERROR;
        }
        reason
    }

    /// A build fails in one place: what failed before it did not fail this time.
    fn one_failure(&mut self, type_: &str) {
        let mut conditions = self.conditions();
        for other in [types::FETCH_FAILED, types::BUILD_FAILED] {
            if other != type_ {
                conditions.delete(other);
            }
        }
    }

    /// Answers a request for reconciliation: the last thing before the status is written.
    pub fn handled(&mut self) {
        if self.requested_at.is_some() {
            self.status.handle(self.requested_at.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_api::condition::{find, is_true};

    fn progress() -> Progress<HelmChartStatus> {
        Progress::new(None, 2, None)
    }

    fn artifact() -> Artifact {
        serde_json::from_value(serde_json::json!({"digest": "sha256:00",
            "lastUpdateTime": "2026-01-01T00:00:00Z", "path": "p", "revision": "1.0.0", "url": "http://x/p"}))
        .expect("an artifact")
    }

    /// O10: a failed fetch keeps the artifact that is stored.
    #[test]
    fn o10_a_failure_keeps_the_artifact_and_success_clears_it() {
        let mut progress = progress();
        progress
            .status
            .publish(Some(artifact()), Some("http://x/latest".into()));
        progress.stored("ChartPullSucceeded", "pulled");
        progress.failed(types::FETCH_FAILED, "ChartPullError", "no route");
        assert!(progress.status.artifact.is_some() && progress.status.url.is_some());
        progress.failed(types::BUILD_FAILED, "ChartPackageError", "broken");
        let conditions = &progress.status.conditions;
        assert!(
            find(conditions, types::FETCH_FAILED).is_none(),
            "it failed elsewhere this time"
        );
        assert!(is_true(conditions, types::ARTIFACT_IN_STORAGE));
        progress.stored("ChartPullSucceeded", "pulled");
        let names: Vec<_> = progress
            .status
            .conditions
            .iter()
            .map(|c| c.type_.as_str())
            .collect();
        assert_eq!(names, ["Ready", "ArtifactInStorage"]);
        assert_eq!(progress.status.observed_generation, Some(2));
    }

    #[test]
    fn a_failed_verification_is_why_a_source_is_not_ready() {
        let mut progress = progress();
        progress.unverified("no key");
        progress.failed(types::BUILD_FAILED, "ChartVerificationError", "no key");
        let reason = |progress: &Progress<HelmChartStatus>, type_: &str| {
            find(&progress.status.conditions, type_).map(|it| it.reason.clone())
        };
        assert_eq!(
            reason(&progress, types::READY).as_deref(),
            Some("VerificationError")
        );
        assert_eq!(
            reason(&progress, types::BUILD_FAILED).as_deref(),
            Some("ChartVerificationError")
        );
        progress.verifying(true);
        assert_eq!(reason(&progress, types::SOURCE_VERIFIED), None, "looked at again");
        progress.verified("verified signature of version 1.0.0".into());
        progress.failed(types::FETCH_FAILED, "ChartPullError", "no route");
        assert_eq!(reason(&progress, types::READY).as_deref(), Some("ChartPullError"));
        assert_eq!(
            reason(&progress, types::SOURCE_VERIFIED),
            None,
            "nothing stands yet"
        );
        progress.stored("ChartPullSucceeded", "pulled");
        progress.verifying(true);
        assert_eq!(
            reason(&progress, types::SOURCE_VERIFIED).as_deref(),
            Some("Succeeded")
        );
        progress.verifying(false);
        assert_eq!(reason(&progress, types::SOURCE_VERIFIED), None);
    }

    #[test]
    fn only_a_stored_artifact_becomes_outdated() {
        let mut progress = progress();
        progress.outdated("NewChart", "new");
        assert!(find(&progress.status.conditions, types::ARTIFACT_OUTDATED).is_none());
        progress.status.publish(Some(artifact()), None);
        progress.outdated("NewChart", "new");
        assert!(is_true(&progress.status.conditions, types::ARTIFACT_OUTDATED));
        progress.stalled(types::FETCH_FAILED, "URLInvalid", "bad");
        assert!(find(&progress.status.conditions, types::RECONCILING).is_none());
    }
}
