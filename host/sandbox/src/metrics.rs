//! Counters of the sandbox, as plain numbers; the binary exports them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// What a row of call counters is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallKey {
    /// Name of the plugin.
    pub plugin: String,
    /// Export, for example `render`.
    pub function: &'static str,
    /// `ok`, or the label of a failure.
    pub result: &'static str,
}

/// Upper bounds of the duration buckets, in seconds; a last one holds the rest.
pub const BUCKETS: [f64; 12] = [
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0,
];

/// Calls of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CallCount {
    /// How many.
    pub count: u64,
    /// Sum of their durations, waiting for a permit excluded.
    pub seconds: f64,
    /// How many took at most as long as each of [`BUCKETS`], and longer; not cumulative.
    pub buckets: [u64; BUCKETS.len() + 1],
    /// Ticks of 10 ms in which they computed.
    pub cpu_ticks: u64,
    /// Most bytes of linear memory of one of them.
    pub peak_memory: u64,
}

/// All counters at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Calls by plugin, function and result.
    pub calls: BTreeMap<CallKey, CallCount>,
    /// Components compiled.
    pub compiled: u64,
    /// Time spent compiling.
    pub compile_seconds: f64,
    /// Compiled forms taken from the cache.
    pub cache_hits: u64,
    /// Cache entries that were damaged or foreign, and compiled again.
    pub cache_rejected: u64,
    /// Log lines over their call's limit.
    pub log_lines_dropped: u64,
    /// Calls that run now.
    pub running: usize,
    /// Calls that wait for a permit now.
    pub waiting: usize,
    /// Whether instances come from the pool.
    pub pooling: bool,
}

/// Where the counters are kept.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: Mutex<BTreeMap<CallKey, CallCount>>,
    pub(crate) compiled: AtomicU64,
    pub(crate) compile_micros: AtomicU64,
    pub(crate) cache_hits: AtomicU64,
    pub(crate) cache_rejected: AtomicU64,
    pub(crate) log_lines_dropped: AtomicU64,
}

impl Counters {
    pub(crate) fn call(&self, key: CallKey, duration: Duration, cpu_ticks: u64, peak_memory: u64) {
        let seconds = duration.as_secs_f64();
        let bucket = BUCKETS
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BUCKETS.len());
        let mut calls = self.calls.lock();
        let row = calls.entry(key).or_default();
        row.count += 1;
        row.seconds += seconds;
        row.buckets[bucket] += 1;
        row.cpu_ticks += cpu_ticks;
        row.peak_memory = row.peak_memory.max(peak_memory);
    }

    /// The counters; load and pooling are the caller's to fill in.
    pub(crate) fn snapshot(&self) -> Metrics {
        let micros = Duration::from_micros(self.compile_micros.load(Ordering::Relaxed));
        Metrics {
            calls: self.calls.lock().clone(),
            compiled: self.compiled.load(Ordering::Relaxed),
            compile_seconds: micros.as_secs_f64(),
            cache_hits: self.cache_hits.load(Ordering::Relaxed),
            cache_rejected: self.cache_rejected.load(Ordering::Relaxed),
            log_lines_dropped: self.log_lines_dropped.load(Ordering::Relaxed),
            ..Metrics::default()
        }
    }
}
