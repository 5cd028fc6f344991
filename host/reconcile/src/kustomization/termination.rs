//! Waiting until deleted objects are gone (`deletionPolicy: WaitForTermination`), by watches and without a worker.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluice_apply::{Change, is_gone};
use sluice_cluster::{Interest, Signal, Subscription, Tracked};
use sluice_model::ObjectId;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::tenant::Place;
use crate::key::ObjectKey;
use crate::queue::{Queue, Reason};

/// Objects that were deleted and may be held by finalizers.
pub struct Terminating {
    left: Arc<Mutex<HashMap<ObjectId, Change>>>,
    deadline: Instant,
    waker: AbortHandle,
}

impl Drop for Terminating {
    fn drop(&mut self) {
        self.waker.abort();
    }
}

impl Terminating {
    /// Starts to wait: the owner becomes due when all are gone, and at the deadline.
    pub(super) fn start(
        place: Place,
        deleted: Vec<Change>,
        timeout: Duration,
        (queue, key): (Arc<Queue>, ObjectKey),
    ) -> Self {
        let objects = deleted
            .iter()
            .map(|change| Tracked {
                id: change.id.clone(),
                version: change.version.clone(),
                expected: None,
            })
            .collect();
        let owner = format!("termination of Kustomization/{key}");
        let watch = place.hub.track(owner, Interest::Any, "", objects);
        let left = deleted
            .into_iter()
            .map(|change| (change.id.clone(), change))
            .collect();
        let (left, deadline) = (Arc::new(Mutex::new(left)), Instant::now() + timeout);
        let waiting = left.clone();
        let waker = tokio::spawn(async move {
            // at the deadline the owner is told too
            let _ = tokio::time::timeout_at(deadline, wait(place, watch, waiting)).await;
            queue.add(key, Reason::Health);
        });
        Self {
            left,
            deadline,
            waker: waker.abort_handle(),
        }
    }

    /// What is still there when the wait is over; none while it goes on.
    pub(super) fn outcome(&self) -> Option<Vec<String>> {
        let left = self.left.lock();
        let over = left.is_empty() || Instant::now() >= self.deadline;
        over.then(|| {
            let mut subjects: Vec<String> = left.keys().map(ObjectId::subject).collect();
            subjects.sort_unstable();
            subjects
        })
    }
}

async fn wait(place: Place, watch: Subscription, left: Arc<Mutex<HashMap<ObjectId, Change>>>) {
    while !left.lock().is_empty() {
        for change in watch.changes().await {
            let Some(deleted) = left.lock().get(&change.id).cloned() else {
                continue;
            };
            if change.signal == Signal::Deleted || is_gone(&place.cluster, &deleted).await {
                left.lock().remove(&change.id);
            }
        }
    }
}
