//! What the process remembers of a HelmRelease between two passes. All of it can be derived again.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluice_cluster::Subscription;
use sluice_model::Digest;
use tokio::sync::watch;

use super::chart::Loaded;
use super::wait::Trigger;
use crate::drift_watch::DriftWatch;
use crate::following::{Following, ReferenceWatch};
use crate::key::ObjectKey;
use crate::queue::Reasons;
use crate::remote::Remote;
use crate::worker::Outcome;

/// The task that works on a release.
pub(super) enum Task {
    /// It is at work, and may be told to end its wait.
    Running(watch::Sender<Trigger>),
    /// It has ended like this.
    Ended(Outcome),
}

#[derive(Default)]
struct State {
    task: Option<Task>,
    deferred: Reasons,
    loaded: Option<Loaded>,
    kept: Option<(Digest, String)>,
    references: Option<Following>,
    remote: Option<Arc<Remote>>,
    drift: Option<DriftWatch>,
}

/// The memories of all HelmReleases.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<ObjectKey, State>>);

impl Memory {
    fn with<T>(&self, key: &ObjectKey, change: impl FnOnce(&mut State) -> T) -> T {
        change(self.0.lock().entry(key.clone()).or_default())
    }

    fn known<T>(&self, key: &ObjectKey, look: impl FnOnce(&mut State) -> Option<T>) -> Option<T> {
        self.0.lock().get_mut(key).and_then(look)
    }

    /// A task begins.
    pub(super) fn begin(&self, key: &ObjectKey, cancel: watch::Sender<Trigger>) {
        self.with(key, |state| state.task = Some(Task::Running(cancel)));
    }

    /// The task has ended.
    pub(super) fn end(&self, key: &ObjectKey, outcome: Outcome) {
        self.with(key, |state| state.task = Some(Task::Ended(outcome)));
    }

    /// What became of the task, with what asked for the object meanwhile: none where no task is, then none while it is
    /// at work, in which case `reasons` are kept, and `cancel` ends its wait.
    pub(super) fn look(
        &self,
        key: &ObjectKey,
        reasons: &Reasons,
        cancel: Option<&str>,
    ) -> Option<Option<(Outcome, Reasons)>> {
        self.known(key, |state| match state.task.take()? {
            Task::Running(sender) => {
                state.deferred.extend(reasons);
                if let Some(trigger) = cancel {
                    sender.send_replace(Some(trigger.to_owned()));
                }
                state.task = Some(Task::Running(sender));
                Some(None)
            }
            Task::Ended(outcome) => Some(Some((outcome, std::mem::take(&mut state.deferred)))),
        })
    }

    /// What was loaded last, if it was loaded from the same.
    pub(super) fn loaded(&self, key: &ObjectKey, of: &Digest) -> Option<Loaded> {
        self.known(key, |state| {
            state.loaded.clone().filter(|loaded| loaded.key == *of)
        })
    }

    /// Keeps what was loaded.
    pub(super) fn set_loaded(&self, key: &ObjectKey, loaded: Loaded) {
        self.with(key, |state| state.loaded = Some(loaded));
    }

    /// The digest of the values over those of a release, if it was made of the same.
    pub(super) fn kept(&self, key: &ObjectKey, of: &Digest) -> Option<String> {
        self.known(key, |state| {
            let (known, digest) = state.kept.as_ref()?;
            (known == of).then(|| digest.clone())
        })
    }

    /// Keeps what such a digest was made of, and the digest.
    pub(super) fn set_kept(&self, key: &ObjectKey, kept: (Digest, String)) {
        self.with(key, |state| state.kept = Some(kept));
    }

    /// The watch over what the object refers to; made when there is none.
    pub(super) fn following(&self, key: &ObjectKey, make: impl FnOnce() -> Following) -> Arc<ReferenceWatch> {
        self.with(key, |state| state.references.get_or_insert_with(make).watch())
    }

    /// The object refers to nothing any more.
    pub(super) fn unfollow(&self, key: &ObjectKey) {
        let _ended = self.known(key, |state| state.references.take());
    }

    /// Keeps the object's remote cluster open until it has another one or none.
    pub(super) fn hold_remote(&self, key: &ObjectKey, remote: Option<Arc<Remote>>) {
        if remote.is_some() || self.0.lock().contains_key(key) {
            let _former = self.with(key, |state| std::mem::replace(&mut state.remote, remote));
        }
    }

    /// Keeps the watch over the objects of a release.
    pub(super) fn set_drift_watch(&self, key: &ObjectKey, watch: DriftWatch) {
        let _former = self.with(key, |state| state.drift.replace(watch));
    }

    /// The watch over the objects of a release.
    pub(super) fn drift_watch(&self, key: &ObjectKey) -> Option<Arc<Subscription>> {
        self.known(key, |state| state.drift.as_ref().map(DriftWatch::subscription))
    }

    /// Ends the watch over the objects of a release.
    pub(super) fn end_drift_watch(&self, key: &ObjectKey) {
        let _ended = self.known(key, |state| state.drift.take());
    }

    /// Forgets everything of an object.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.0.lock().remove(key);
    }
}
