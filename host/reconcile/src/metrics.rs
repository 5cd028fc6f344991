//! Figures of the reconcilers, under Flux's names where it has one and under our own beside them.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets_range};
use prometheus_client::registry::Registry;

use crate::key::ObjectKey;

/// Labels of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ObjectLabels {
    kind: String,
    name: String,
    namespace: String,
}

/// Labels of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

/// Labels of a kind and how a pass ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    kind: String,
    result: &'static str,
}

type Durations = Family<ObjectLabels, Histogram, fn() -> Histogram>;

/// All figures of the reconcilers; clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    durations: Durations,
    passes: Family<ResultLabels, Counter>,
    status_writes: Family<KindLabels, Counter>,
    queue: Family<KindLabels, Gauge>,
}

fn durations_of_an_object() -> Histogram {
    // Flux: 10 exponential buckets from 10 ms to 30 min
    Histogram::new(exponential_buckets_range(0.01, 1800.0, 10))
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            durations: Family::new_with_constructor(durations_of_an_object as fn() -> Histogram),
            passes: Family::default(),
            status_writes: Family::default(),
            queue: Family::default(),
        }
    }
}

impl Metrics {
    /// Makes the figures part of what is served.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "gotk_reconcile_duration_seconds",
            "Time that a pass of an object took",
            self.durations.clone(),
        );
        registry.register("sluice_reconciles", "Passes by result", self.passes.clone());
        registry.register(
            "sluice_status_writes",
            "Writes of status",
            self.status_writes.clone(),
        );
        registry.register("sluice_queue_depth", "Objects that are due", self.queue.clone());
    }

    /// Notes one pass.
    pub fn reconciled(&self, kind: &str, key: &ObjectKey, took: Duration, result: &'static str) {
        let labels = ObjectLabels {
            kind: kind.into(),
            name: key.name.clone(),
            namespace: key.namespace.clone(),
        };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        self.passes
            .get_or_create(&ResultLabels {
                kind: kind.into(),
                result,
            })
            .inc();
    }

    /// Drops the series of an object that is gone.
    pub fn forget(&self, kind: &str, key: &ObjectKey) {
        let labels = ObjectLabels {
            kind: kind.into(),
            name: key.name.clone(),
            namespace: key.namespace.clone(),
        };
        self.durations.remove(&labels);
    }

    /// Notes one write of status.
    pub fn status_written(&self, kind: &str) {
        self.status_writes
            .get_or_create(&KindLabels { kind: kind.into() })
            .inc();
    }

    /// Notes how many objects of a kind are due.
    pub fn queued(&self, kind: &str, due: usize) {
        self.queue
            .get_or_create(&KindLabels { kind: kind.into() })
            .set(i64::try_from(due).unwrap_or(i64::MAX));
    }
}
