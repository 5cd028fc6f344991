//! Counts requests by sort, for metrics and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};

/// Requests made so far. Retries of one request count once.
#[derive(Debug, Default)]
pub struct Counters {
    gets: AtomicU64,
    lists: AtomicU64,
    dry_runs: AtomicU64,
    applies: AtomicU64,
    patches: AtomicU64,
    deletes: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Reads of one object.
    pub gets: u64,
    /// Lists.
    pub lists: u64,
    /// Server-side applies with dry-run.
    pub dry_runs: u64,
    /// Server-side applies that write.
    pub applies: u64,
    /// Merge and JSON patches.
    pub patches: u64,
    /// Deletes.
    pub deletes: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Sort {
    Get,
    List,
    DryRun,
    Apply,
    Patch,
    Delete,
}

impl Counters {
    pub(crate) fn count(&self, sort: Sort) {
        let counter = match sort {
            Sort::Get => &self.gets,
            Sort::List => &self.lists,
            Sort::DryRun => &self.dry_runs,
            Sort::Apply => &self.applies,
            Sort::Patch => &self.patches,
            Sort::Delete => &self.deletes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub fn read(&self) -> Requests {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Requests {
            gets: of(&self.gets),
            lists: of(&self.lists),
            dry_runs: of(&self.dry_runs),
            applies: of(&self.applies),
            patches: of(&self.patches),
            deletes: of(&self.deletes),
        }
    }
}

impl std::ops::Sub for Requests {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            gets: self.gets.saturating_sub(earlier.gets),
            lists: self.lists.saturating_sub(earlier.lists),
            dry_runs: self.dry_runs.saturating_sub(earlier.dry_runs),
            applies: self.applies.saturating_sub(earlier.applies),
            patches: self.patches.saturating_sub(earlier.patches),
            deletes: self.deletes.saturating_sub(earlier.deletes),
        }
    }
}
