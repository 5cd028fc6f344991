//! How the status of a GitRepository moves (Flux's conditions, reasons and messages).

use sluice_api::condition::Conditions;
use sluice_api::{Artifact, GitRepository, GitRepositoryStatus};
use sluice_model::condition::{reasons, types};

use crate::request;

/// The status of one pass: starts as the stored one and is written once at the end, or when a phase lasts.
#[derive(Debug, Clone)]
pub struct Progress {
    /// As it will be written.
    pub status: GitRepositoryStatus,
    generation: i64,
    requested_at: Option<String>,
}

impl Progress {
    /// Starts from the stored status.
    pub fn of(object: &GitRepository) -> Self {
        Self {
            status: object.status.clone().unwrap_or_default(),
            generation: object.metadata.generation.unwrap_or_default(),
            requested_at: request::requested_at(object),
        }
    }

    fn conditions(&mut self) -> Conditions<'_> {
        Conditions::new(&mut self.status.conditions, self.generation)
    }

    /// A phase is under way. The stored artifact stays Ready for its consumers.
    pub fn working(&mut self, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_reconciling(reasons::PROGRESSING, message);
        if !conditions.is_true(types::READY) {
            conditions.mark_unknown(types::READY, reasons::PROGRESSING, message);
        }
    }

    /// The stored artifact is the current one.
    pub fn stored(&mut self, artifact: Artifact) {
        let message = format!("stored artifact for revision '{}'", artifact.revision);
        self.status.artifact = Some(artifact);
        self.status.observed_generation = Some(self.generation);
        let mut conditions = self.conditions();
        for gone in [
            types::RECONCILING,
            types::STALLED,
            types::FETCH_FAILED,
            types::STORAGE_OPERATION_FAILED,
            types::INCLUDE_UNAVAILABLE,
            types::ARTIFACT_OUTDATED,
        ] {
            conditions.delete(gone);
        }
        conditions.mark_true(types::READY, reasons::SUCCEEDED, &message);
        conditions.mark_true(types::ARTIFACT_IN_STORAGE, reasons::SUCCEEDED, &message);
    }

    /// The artifact is gone from storage or is not what was stored.
    pub fn lost(&mut self) {
        self.status.artifact = None;
        self.conditions().delete(types::ARTIFACT_IN_STORAGE);
        self.working("building artifact: disappeared from storage");
    }

    /// The pass failed and will be tried again; `type_` is the condition that says where.
    pub fn failed(&mut self, type_: &str, reason: &str, message: &str) {
        let mut conditions = self.conditions();
        conditions.mark_true(type_, reason, message);
        conditions.mark_false(types::READY, reason, message);
        conditions.mark_reconciling(reasons::PROGRESSING_WITH_RETRY, message);
    }

    /// Nothing but a change of spec helps.
    pub fn stalled(&mut self, type_: &str, reason: &str, message: &str) {
        self.status.observed_generation = Some(self.generation);
        let mut conditions = self.conditions();
        if type_ != types::STALLED {
            conditions.mark_true(type_, reason, message);
        }
        conditions.mark_stalled(reason, message);
        conditions.mark_false(types::READY, reason, message);
    }

    /// Answers a request for reconciliation: the last thing before the status is written.
    pub fn handled(&mut self) {
        if self.requested_at.is_some() {
            self.status
                .last_handled_reconcile_at
                .clone_from(&self.requested_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sluice_api::condition::{find, is_true};

    fn progress() -> Progress {
        let object = serde_json::from_value(json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "a", "namespace": "ns", "generation": 2},
            "spec": {"interval": "1m", "url": "https://example.com/x"}, "status": {"observedGeneration": -1}
        }))
        .expect("a GitRepository");
        Progress::of(&object)
    }

    fn artifact() -> Artifact {
        serde_json::from_value(
            json!({"digest": "sha256:00", "lastUpdateTime": "2026-01-01T00:00:00Z",
            "path": "p", "revision": "main@sha1:1", "url": "http://x/p"}),
        )
        .expect("an artifact")
    }

    /// O10: a failed fetch keeps the artifact that is stored.
    #[test]
    fn a_failure_keeps_the_artifact_and_success_clears_the_failure() {
        let mut progress = progress();
        progress.stored(artifact());
        progress.failed(types::FETCH_FAILED, "GitOperationFailed", "no route");
        assert!(progress.status.artifact.is_some());
        let ready = find(&progress.status.conditions, types::READY).expect("is set");
        assert_eq!(
            (ready.reason.as_str(), ready.message.as_str()),
            ("GitOperationFailed", "no route")
        );
        assert!(is_true(&progress.status.conditions, types::ARTIFACT_IN_STORAGE));
        progress.stored(artifact());
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
    fn a_stall_has_no_reconciling() {
        let mut progress = progress();
        progress.working("fetching");
        progress.stalled(types::FETCH_FAILED, "URLInvalid", "bad");
        assert!(is_true(&progress.status.conditions, types::STALLED));
        assert!(find(&progress.status.conditions, types::RECONCILING).is_none());
    }
}
