//! Events and drift signals of Kustomizations.

use indexmap::IndexMap;
use sluice_api::Kustomization;
use sluice_apply::Applied;
use sluice_cluster::{Interest, Signal, Tracked};
use sluice_event::Subject;
use sluice_model::Severity;

use super::pass::Pass;
use super::{GROUP, KustomizationReconciler, MANAGER};
use crate::queue::Reason;

impl KustomizationReconciler {
    /// Records an event.
    pub(super) fn tell(
        &self,
        object: &Kustomization,
        severity: Severity,
        reason: &str,
        message: &str,
        revision: Option<&str>,
    ) {
        self.record(object, severity, (reason, message), revision, false);
    }

    /// Records an event that updates the status of the commit.
    pub(super) fn tell_commit_status(
        &self,
        object: &Kustomization,
        reason: &str,
        message: &str,
        revision: &str,
    ) {
        self.record(object, Severity::Info, (reason, message), Some(revision), true);
    }

    fn record(
        &self,
        object: &Kustomization,
        severity: Severity,
        (reason, message): (&str, &str),
        revision: Option<&str>,
        commit_status: bool,
    ) {
        let mut metadata = IndexMap::new();
        if let Some(revision) = revision {
            metadata.insert(format!("{GROUP}/revision"), revision.to_owned());
        }
        if commit_status {
            metadata.insert(format!("{GROUP}/commit_status"), "update".to_owned());
        }
        self.recorder
            .record(&Subject::of(object), severity, reason, message, metadata);
    }
}

impl Pass<'_> {
    /// From now on a foreign change of an applied object makes a comparison due.
    pub(super) fn watch_drift(&self, applied: &Applied) {
        let tracked: Vec<Tracked> = applied
            .changes
            .changes
            .iter()
            .filter(|change| change.fingerprint.is_some() && !change.expires)
            .map(|change| Tracked {
                id: change.id.clone(),
                version: change.version.clone(),
                expected: change.fingerprint,
            })
            .collect();
        let (memory, key) = (&self.owner.memory, &self.work.key);
        if let Some(subscription) = memory.drift_watch(key) {
            subscription.replace(tracked);
            return;
        }
        let subscription = std::sync::Arc::new(self.engine().hub.track(
            format!("Kustomization/{key}"),
            Interest::Drift,
            MANAGER,
            tracked,
        ));
        let (watched, queue, owner) = (
            subscription.clone(),
            self.engine().queues.kustomizations.clone(),
            key.clone(),
        );
        let task = tokio::spawn(async move {
            loop {
                let changes = watched.changes().await;
                if changes
                    .iter()
                    .any(|change| matches!(change.signal, Signal::Moved | Signal::Deleted))
                {
                    queue.add(owner.clone(), Reason::Drift);
                }
            }
        });
        memory.set_drift_watch(key, subscription, task.abort_handle());
    }
}
