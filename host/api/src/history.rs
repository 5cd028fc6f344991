//! The last reconciliations of an object (Flux `meta.Snapshot`).

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::GoDuration;

/// How many snapshots are kept.
pub const MAX_SNAPSHOTS: usize = 5;

/// Reconciliations of the same content with the same outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Digest of the reconciled content, as `<algorithm>:<hex>`.
    pub digest: String,
    /// When the first of them ended.
    pub first_reconciled: Time,
    /// When the last of them ended.
    pub last_reconciled: Time,
    /// How long the last of them took.
    pub last_reconciled_duration: GoDuration,
    /// The outcome, for example `ReconciliationSucceeded`.
    pub last_reconciled_status: String,
    /// Facts of the last of them, such as its revision.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How many there were.
    pub total_reconciliations: i64,
}

/// Snapshots, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct History(pub Vec<Snapshot>);

impl History {
    /// Whether there is no snapshot.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The latest snapshot.
    pub fn latest(&self) -> Option<&Snapshot> {
        self.0.first()
    }

    /// Counts a reconciliation: a snapshot of the same digest and outcome moves to the front, else a new one is put there.
    pub fn upsert(
        &mut self,
        digest: &str,
        at: Timestamp,
        took: Duration,
        status: &str,
        metadata: BTreeMap<String, String>,
    ) {
        let found = self
            .0
            .iter()
            .position(|s| s.digest == digest && s.last_reconciled_status == status);
        let (first_reconciled, total) = match found.map(|index| self.0.remove(index)) {
            Some(old) => (old.first_reconciled, old.total_reconciliations.saturating_add(1)),
            None => (Time(at), 1),
        };
        let snapshot = Snapshot {
            digest: digest.to_owned(),
            first_reconciled,
            last_reconciled: Time(at),
            last_reconciled_duration: took.into(),
            last_reconciled_status: status.to_owned(),
            metadata,
            total_reconciliations: total,
        };
        self.0.insert(0, snapshot);
        self.0.truncate(MAX_SNAPSHOTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn the_same_outcome_is_counted_and_moved_to_the_front() {
        let mut history = History::default();
        let took = Duration::from_millis(1500);
        history.upsert(
            "sha256:a",
            at(1),
            took,
            "ReconciliationSucceeded",
            BTreeMap::new(),
        );
        history.upsert(
            "sha256:b",
            at(2),
            took,
            "ReconciliationSucceeded",
            BTreeMap::new(),
        );
        history.upsert(
            "sha256:a",
            at(3),
            took,
            "ReconciliationSucceeded",
            BTreeMap::new(),
        );
        history.upsert("sha256:a", at(4), took, "HealthCheckFailed", BTreeMap::new());
        let seen: Vec<_> = history
            .0
            .iter()
            .map(|s| (s.digest.as_str(), s.total_reconciliations))
            .collect();
        assert_eq!(seen, [("sha256:a", 1), ("sha256:a", 2), ("sha256:b", 1)]);
        assert_eq!(history.0[1].first_reconciled, Time(at(1)));
        assert_eq!(history.0[1].last_reconciled_duration.as_str(), "1.5s");
    }

    #[test]
    fn keeps_five() {
        let mut history = History::default();
        for index in 0..9 {
            history.upsert(
                &index.to_string(),
                at(index),
                Duration::ZERO,
                "X",
                BTreeMap::new(),
            );
        }
        assert_eq!(history.0.len(), MAX_SNAPSHOTS);
        assert_eq!(history.latest().map(|s| s.digest.as_str()), Some("8"));
    }
}
