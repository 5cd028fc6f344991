//! Actions run in tasks of their own: a worker begins one and goes on; what happens to the object meanwhile is kept, and
//! the object comes back to a worker when the task has ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use sluice_api::HelmRelease;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::slot::Begin;
use super::wait::Trigger;
use super::{Shared, source};
use crate::key::ObjectKey;
use crate::queue::{Reason, Reasons, Work};
use crate::worker::Outcome;

impl Shared {
    /// How the pass ends because of a task: it is still at work, or has ended and nothing asked for the object meanwhile.
    pub(super) fn of_task(&self, object: &HelmRelease, work: &Work) -> Option<Outcome> {
        let trigger = trigger(object, work);
        let (outcome, mut reasons) = match self.memory.look(&work.key, &work.reasons, trigger.as_deref())? {
            None => return Some(Outcome::Elsewhere),
            Some(ended) => ended,
        };
        reasons.extend(&work.reasons);
        // the task itself asks for nothing
        reasons.remove(&Reason::Health);
        reasons.is_empty().then_some(outcome)
    }

    /// Runs an action in a task of its own.
    pub(super) fn spawn<F>(
        self: &Arc<Self>,
        key: &ObjectKey,
        work: impl FnOnce(watch::Receiver<Trigger>) -> F,
    ) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (cancel, canceled) = watch::channel(None);
        let mut begins = canceled.clone();
        self.memory.begin(key, cancel);
        // what an earlier pass asked for would only look at the task
        self.engine.queues.helm_releases.unschedule(key);
        let (shared, owner) = (self.clone(), key.clone());
        let work = work(canceled);
        let (again, stopped) = (self.engine.options.min_retry_delay, self.stopped.clone());
        let task = async move {
            let outcome = match shared.slots.begin(&mut begins).await {
                Begin::Now(_slot) => {
                    stopped
                        .run_until_cancelled(AssertUnwindSafe(work).catch_unwind())
                        .await
                }
                // what was decided is out of date
                Begin::Never => Some(Ok(Outcome::RetryAfter(again))),
                Begin::Stopped => None,
            };
            let Some(ended) = outcome else { return };
            let outcome = ended.unwrap_or_else(|_| Outcome::Backoff("the action panicked".into()));
            shared.memory.end(&owner, outcome);
            shared.engine.queues.helm_releases.add(owner, Reason::Health);
        };
        self.actions.spawn(task.instrument(tracing::Span::current()));
        Outcome::Elsewhere
    }
}

/// What ends a wait for health: whatever makes the work under way out of date.
fn trigger(object: &HelmRelease, work: &Work) -> Option<String> {
    let reasons: &Reasons = &work.reasons;
    if !reasons.iter().any(|reason| reason.supersedes()) {
        return None;
    }
    if reasons.contains(&Reason::Revision)
        && let Some(source) = source::target(object)
    {
        return Some(format!("{}/{}", source.kind, source.key));
    }
    Some(format!("HelmRelease/{}", work.key))
}
