//! The workers of one kind: take an object from the queue, let its reconciler work, note how it ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::FutureExt as _;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::interval::Backoff;
use crate::key::ObjectKey;
use crate::metrics::Metrics;
use crate::queue::{Queue, Reason, Work};

/// How a pass ended, and when the object is due again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to wait for: a change brings the object back.
    Settled,
    /// Due again at its interval.
    Next(Duration),
    /// Failed in a way that is told on the object; due again after a fixed wait.
    RetryAfter(Duration),
    /// Failed; due again with back-off.
    Backoff(String),
    /// Goes on in a task of its own, which brings the object back.
    Elsewhere,
    /// The object is gone.
    Gone,
}

/// The reconciler of one kind.
#[async_trait]
pub trait Reconciler: Send + Sync + 'static {
    /// The kind's name.
    fn kind(&self) -> &'static str;
    /// The kind's API group.
    fn group(&self) -> &'static str;
    /// Reads the object, calls the stages, writes status.
    async fn reconcile(&self, work: &Work) -> Outcome;
    /// Waits for what passes have left to tasks of their own; called once no pass is under way any more.
    async fn drain(&self) {}
}

/// Runs a kind's workers until its queue is closed; each one finishes the pass it is in, and what it left to tasks.
pub async fn run(
    reconciler: Arc<dyn Reconciler>,
    queue: Arc<Queue>,
    backoff: Arc<Backoff>,
    metrics: Metrics,
    concurrent: usize,
) {
    let mut workers = JoinSet::new();
    for _ in 0..concurrent.max(1) {
        let worker = Worker {
            reconciler: reconciler.clone(),
            queue: queue.clone(),
            backoff: backoff.clone(),
            metrics: metrics.clone(),
        };
        workers.spawn(async move { worker.run().await });
    }
    while workers.join_next().await.is_some() {}
    reconciler.drain().await;
}

struct Worker {
    reconciler: Arc<dyn Reconciler>,
    queue: Arc<Queue>,
    backoff: Arc<Backoff>,
    metrics: Metrics,
}

impl Worker {
    async fn run(&self) {
        while let Some(work) = self.queue.next().await {
            let kind = self.reconciler.kind();
            let span = tracing::info_span!(
                "reconcile",
                controllerKind = kind,
                controllerGroup = self.reconciler.group(),
                name = work.key.name,
                namespace = work.key.namespace,
            );
            let started = Instant::now();
            let outcome = self.pass(&work).instrument(span.clone()).await;
            let result = span.in_scope(|| self.note(&work.key, outcome));
            self.metrics
                .reconciled(kind, &work.key, started.elapsed(), result);
            if result == "gone" {
                self.metrics.forget(kind, &work.key);
            }
            self.queue.done(&work.key);
            self.metrics.queued(kind, self.queue.depth().0);
        }
    }

    /// One pass; a panic is that object's failure only (C10).
    async fn pass(&self, work: &Work) -> Outcome {
        match AssertUnwindSafe(self.reconciler.reconcile(work))
            .catch_unwind()
            .await
        {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Backoff("the reconciler panicked".into()),
        }
    }

    fn note(&self, key: &ObjectKey, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Settled => {
                self.backoff.reset(key);
                "settled"
            }
            Outcome::Next(after) => {
                self.backoff.reset(key);
                self.queue.schedule(key.clone(), Reason::Interval, after);
                "success"
            }
            Outcome::RetryAfter(after) => {
                self.queue.schedule(key.clone(), Reason::Retry, after);
                "retry"
            }
            Outcome::Backoff(error) => {
                let after = self.backoff.fail(key);
                tracing::error!(error, "Reconciler error");
                self.queue.schedule(key.clone(), Reason::Retry, after);
                "error"
            }
            Outcome::Elsewhere => "elsewhere",
            Outcome::Gone => {
                self.backoff.reset(key);
                self.queue.forget(key);
                "gone"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[derive(Default)]
    struct Script(Mutex<Vec<ObjectKey>>);

    #[async_trait]
    impl Reconciler for Script {
        fn kind(&self) -> &'static str {
            "Script"
        }
        fn group(&self) -> &'static str {
            "test"
        }
        async fn reconcile(&self, work: &Work) -> Outcome {
            self.0.lock().push(work.key.clone());
            assert_ne!(work.key.name, "panics", "as the test wants");
            Outcome::Settled
        }
    }

    /// C10: a panic in one pass leaves the others alone and the object is tried again.
    #[tokio::test(start_paused = true)]
    async fn a_panic_fails_only_its_object() {
        let (script, queue) = (Arc::new(Script::default()), Arc::new(Queue::default()));
        let backoff = Arc::new(Backoff::new(Duration::from_secs(1), Duration::from_secs(60)));
        queue.add(ObjectKey::new("a", "panics"), Reason::Spec);
        queue.add(ObjectKey::new("b", "works"), Reason::Spec);
        let workers = tokio::spawn(run(script.clone(), queue.clone(), backoff, Metrics::default(), 1));
        tokio::time::sleep(Duration::from_secs(2)).await;
        queue.close();
        workers.await.expect("workers end");
        let names: Vec<String> = script.0.lock().iter().map(|key| key.name.clone()).collect();
        assert_eq!(names, ["panics", "works", "panics"]);
    }
}
