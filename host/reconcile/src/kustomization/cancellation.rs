//! A newer generation, revision or request ends a wait for health.

use sluice_model::Severity;
use sluice_model::condition::reasons;

use super::failure::Failure;
use super::pass::Pass;
use super::source;
use crate::queue::Reason;

impl Pass<'_> {
    /// Whether the pass is for the wait alone: nothing that was applied is out of date.
    pub(super) fn is_for_the_wait(&self) -> bool {
        let reasons = &self.work.reasons;
        let only_health = reasons.iter().all(|reason| *reason == Reason::Health);
        // a dependency's news is of no use to what is applied already
        let nothing_new = reasons
            .iter()
            .all(|reason| matches!(reason, Reason::Health | Reason::Dependency));
        only_health || (nothing_new && self.owner.memory.is_waiting(&self.work.key))
    }

    /// Ends the wait of an earlier pass, and tells of it when it was not over.
    pub(super) async fn end_wait(&mut self) -> Result<(), Failure> {
        let Some(waiting) = self.owner.memory.take_waiting(&self.work.key) else {
            return Ok(());
        };
        let is_over = waiting.outcome().is_some();
        let revisions = waiting.attempt.revisions();
        drop(waiting);
        let reasons = &self.work.reasons;
        if is_over || !reasons.iter().any(|reason| reason.supersedes()) {
            return Ok(());
        }
        let trigger = if reasons.contains(&Reason::Revision) {
            let source = source::target(&self.object);
            format!("{}/{}", source.kind, source.key)
        } else {
            format!("Kustomization/{}", self.work.key)
        };
        self.progress.canceled(&trigger);
        self.owner.tell(
            &self.object,
            Severity::Info,
            reasons::HEALTH_CHECK_CANCELED,
            &format!("Health checks canceled due to new reconciliation triggered by {trigger}"),
            Some(&revisions),
        );
        // the request is answered by the pass that begins now
        Ok(self.writer.write(&self.progress.status).await?)
    }
}
