//! How a pass over a release ends, and when the next one is due.

use std::time::Duration;

use sluice_api::{GoDuration, condition};
use sluice_model::Inventory;
use sluice_model::condition::types;

use super::super::spec::{self, Remediation};
use super::Atomic;
use crate::interval::jittered;
use crate::worker::Outcome;

/// Why there is no further step in this pass.
pub(in super::super) enum Stop {
    /// Nothing is left to do.
    Done,
    /// The failed action is tried again after a while.
    RetryAfter(Duration),
    /// The next pass goes on at once.
    Requeue,
    /// Only a change of spec helps; the conditions say so already.
    Stalled,
    /// A failure that is no revision's: tried again with back-off.
    Failed(String),
    /// Something newer ended the wait.
    Canceled(String),
}

impl Atomic {
    /// A step of a sort that was done already is for the next pass.
    pub(super) fn wait_for_next_pass(&self) -> Stop {
        if let Some(after) = self.active_retry() {
            return Stop::RetryAfter(after);
        }
        let remediation = Remediation::active(&self.pass.object.spec, &self.pass.progress.status);
        match remediation {
            Some(remediation) if remediation.is_exhausted() => Stop::Done,
            _ => Stop::Requeue,
        }
    }

    /// Section 7, items 4 and 5.
    pub(super) fn after_remediation(&mut self) -> Stop {
        if let Some(after) = self.active_retry() {
            return Stop::RetryAfter(after);
        }
        let remediation = Remediation::active(&self.pass.object.spec, &self.pass.progress.status);
        match remediation {
            Some(it) if it.is_exhausted() && !it.is_uninstall_after_upgrade() => {
                let message = self.retries_exceeded();
                self.pass.progress.gave_up("RetriesExceeded", &message);
                Stop::Stalled
            }
            _ => Stop::Requeue,
        }
    }

    /// Writes how the pass ended and tells when the next one is due.
    pub(super) async fn end(mut self, stop: Stop) -> Outcome {
        let engine = self.pass.shared.engine.clone();
        let jitter = engine.options.jitter_percent;
        let soon = engine.options.min_retry_delay;
        let outcome = match stop {
            Stop::Done => {
                self.pass.progress.settled();
                self.follow_objects();
                Outcome::Next(jittered(self.timing.interval, jitter))
            }
            Stop::RetryAfter(after) => {
                self.pass.progress.settled();
                let message = format!("retrying after {}", GoDuration::from(after));
                self.pass.progress.retrying(&message);
                Outcome::RetryAfter(jittered(after, jitter))
            }
            Stop::Requeue => {
                let ready = condition::find(&self.pass.progress.status.conditions, types::READY);
                let message = ready.map(|ready| ready.message.clone()).unwrap_or_default();
                self.pass.progress.retrying(&message);
                Outcome::RetryAfter(soon)
            }
            Stop::Stalled => Outcome::Settled,
            Stop::Failed(error) => {
                self.pass.progress.retrying(&error);
                Outcome::Backoff(error)
            }
            Stop::Canceled(trigger) => {
                self.tell_canceled(&trigger);
                Outcome::RetryAfter(soon)
            }
        };
        match self.pass.write().await {
            Ok(()) => outcome,
            Err(error) => Outcome::Backoff(error),
        }
    }

    /// Where drift is looked for, it is heard of by watches.
    fn follow_objects(&self) {
        let (shared, key) = (&self.pass.shared, &self.pass.key);
        let inventory = self.pass.progress.status.inventory.as_ref().map(Inventory::from);
        match inventory.filter(|_| spec::drift_mode(&self.pass.object.spec).is_some()) {
            Some(inventory) => shared.watch_drift(key, &self.desired.place, &inventory, &self.drift.seen),
            None => shared.memory.end_drift_watch(key),
        }
    }
}
