//! What the process remembers of a Kustomization between two passes. All of it can be derived again: a restart
//! forgets it and the next pass checks everything.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluice_cluster::Subscription;
use sluice_model::Digest;
use tokio::time::Instant;

use super::health::Waiting;
use super::termination::Terminating;
use crate::drift_watch::DriftWatch;
use crate::following::{Following, ReferenceWatch};
use crate::key::ObjectKey;
use crate::queue::{Reason, Reasons};
use crate::remote::Remote;

/// The state that was applied last, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Generation of the spec.
    pub generation: i64,
    /// Digest of the final objects.
    pub digest: Digest,
    /// When the cluster is compared with the objects again.
    pub next_check: Instant,
}

#[derive(Default)]
struct State {
    applied: Option<Applied>,
    waiting: Option<Waiting>,
    drift: Option<DriftWatch>,
    references: Option<Following>,
    remote: Option<Arc<Remote>>,
    terminating: Option<Terminating>,
}

/// The memories of all Kustomizations.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<ObjectKey, State>>);

impl Memory {
    fn with<T>(&self, key: &ObjectKey, change: impl FnOnce(&mut State) -> T) -> T {
        change(self.0.lock().entry(key.clone()).or_default())
    }

    /// What was applied last.
    pub fn applied(&self, key: &ObjectKey) -> Option<Applied> {
        self.0.lock().get(key).and_then(|state| state.applied.clone())
    }

    /// Notes what was applied.
    pub fn set_applied(&self, key: &ObjectKey, applied: Applied) {
        self.with(key, |state| state.applied = Some(applied));
    }

    /// The cluster must be compared again at the next pass.
    pub fn distrust(&self, key: &ObjectKey) {
        self.with(key, |state| state.applied = None);
    }

    /// Takes the wait for health out.
    pub fn take_waiting(&self, key: &ObjectKey) -> Option<Waiting> {
        self.0.lock().get_mut(key).and_then(|state| state.waiting.take())
    }

    /// Whether health is waited for.
    pub fn is_waiting(&self, key: &ObjectKey) -> bool {
        self.0
            .lock()
            .get(key)
            .is_some_and(|state| state.waiting.is_some())
    }

    /// Keeps a wait for health.
    pub fn set_waiting(&self, key: &ObjectKey, waiting: Waiting) {
        self.with(key, |state| state.waiting = Some(waiting));
    }

    /// Keeps the watch over applied objects.
    pub fn set_drift_watch(&self, key: &ObjectKey, watch: DriftWatch) {
        let _former = self.with(key, |state| state.drift.replace(watch));
    }

    /// The watch over applied objects.
    pub fn drift_watch(&self, key: &ObjectKey) -> Option<Arc<Subscription>> {
        self.0
            .lock()
            .get(key)?
            .drift
            .as_ref()
            .map(DriftWatch::subscription)
    }

    /// The watch over what the object refers to; made when there is none.
    pub fn following(&self, key: &ObjectKey, make: impl FnOnce() -> Following) -> Arc<ReferenceWatch> {
        self.with(key, |state| state.references.get_or_insert_with(make).watch())
    }

    /// The object refers to nothing any more.
    pub fn unfollow(&self, key: &ObjectKey) {
        let _ended = self
            .0
            .lock()
            .get_mut(key)
            .and_then(|state| state.references.take());
    }

    /// Keeps the object's remote cluster open until it has another one or none.
    pub fn hold_remote(&self, key: &ObjectKey, remote: Option<Arc<Remote>>) {
        if remote.is_some() || self.0.lock().contains_key(key) {
            let _former = self.with(key, |state| std::mem::replace(&mut state.remote, remote));
        }
    }

    /// Keeps a wait for deleted objects.
    pub fn set_terminating(&self, key: &ObjectKey, terminating: Terminating) {
        self.with(key, |state| state.terminating = Some(terminating));
    }

    /// What a wait for deleted objects came to: none where nobody waits, then none while it goes on.
    pub fn terminated(&self, key: &ObjectKey) -> Option<Option<Vec<String>>> {
        let known = self.0.lock();
        Some(known.get(key)?.terminating.as_ref()?.outcome())
    }

    /// Nothing is applied any more: ends the wait for health and the watch over applied objects.
    pub fn rest(&self, key: &ObjectKey) {
        if let Some(state) = self.0.lock().get_mut(key) {
            state.waiting = None;
            state.drift = None;
        }
    }

    /// Forgets everything of an object.
    pub fn forget(&self, key: &ObjectKey) {
        self.0.lock().remove(key);
    }
}

/// Whether the reasons of a pass make a comparison with the cluster due (design, "Recorded reads and the memo"): a
/// new revision, a ready dependency or a health signal alone do not.
pub fn is_check_due(reasons: &Reasons) -> bool {
    reasons.iter().any(|reason| {
        matches!(
            reason,
            Reason::Requested
                | Reason::Spec
                | Reason::Interval
                | Reason::Start
                | Reason::Drift
                | Reason::Retry
                | Reason::Reference
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_revision_alone_makes_no_check_due() {
        assert!(!is_check_due(&Reasons::from([Reason::Revision])));
        assert!(!is_check_due(&Reasons::from([
            Reason::Dependency,
            Reason::Health
        ])));
        assert!(is_check_due(&Reasons::from([Reason::Revision, Reason::Interval])));
        assert!(is_check_due(&Reasons::from([Reason::Requested])));
    }
}
