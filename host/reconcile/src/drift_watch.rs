//! The watch over what an object applied: a foreign change makes a comparison with the cluster due.

use std::sync::Arc;

use sluice_cluster::{Hub, Interest, Signal, Subscription, Tracked};
use tokio::task::AbortHandle;

use crate::key::ObjectKey;
use crate::queue::{Queue, Reason};

/// A watch with the task that hears it; ends the task with the watch.
pub struct DriftWatch {
    subscription: Arc<Subscription>,
    task: AbortHandle,
}

impl Drop for DriftWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl DriftWatch {
    /// Tracks these objects of a cluster for the field manager `manager`. `kind` names the applying object in logs.
    pub fn start(
        hub: &Hub,
        (kind, key): (&str, &ObjectKey),
        manager: &'static str,
        queue: Arc<Queue>,
        tracked: Vec<Tracked>,
    ) -> Self {
        let owner = format!("{kind}/{key}");
        let subscription = Arc::new(hub.track(owner, Interest::Drift, manager, tracked));
        let (watched, key) = (subscription.clone(), key.clone());
        let task = tokio::spawn(async move {
            loop {
                let changes = watched.changes().await;
                let is_drift = |signal: &Signal| matches!(signal, Signal::Moved | Signal::Deleted);
                if changes.iter().any(|change| is_drift(&change.signal)) {
                    queue.add(key.clone(), Reason::Drift);
                }
            }
        });
        Self {
            subscription,
            task: task.abort_handle(),
        }
    }

    /// What is tracked.
    pub fn subscription(&self) -> Arc<Subscription> {
        self.subscription.clone()
    }
}
