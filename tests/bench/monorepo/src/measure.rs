//! What the Sluice process spent between two moments.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_testbed::{Metrics, SluiceProcess};

/// How long after the last status the CPU time is still counted, so that work that trails is not left out.
const TRAIL: Duration = Duration::from_millis(500);

const KUSTOMIZATIONS: &[(&str, &str)] = &[("kind", "Kustomization")];

/// The counters before.
pub struct Cost {
    metrics: Metrics,
    cpu: Duration,
}

/// What a roll-out took.
#[derive(Debug)]
pub struct Spent {
    /// Seconds on the clock.
    pub wall: f64,
    /// Seconds of CPU, user and system.
    pub cpu: f64,
    /// See the metric of this name.
    pub renders: f64,
    /// See the metric of this name.
    pub memo_hits: f64,
    /// See the metric of this name.
    pub dry_runs: f64,
    /// See the metric of this name.
    pub applies: f64,
    /// See the metric of this name.
    pub writes: f64,
    /// See the metric of this name.
    pub resident: u64,
    /// See the metric of this name.
    pub peak: u64,
}

impl Cost {
    /// Reads the counters.
    ///
    /// # Errors
    /// The process does not answer.
    pub async fn start(sluice: &SluiceProcess) -> Result<Self> {
        Ok(Self {
            metrics: sluice.metrics().await?,
            cpu: sluice.cpu_time()?,
        })
    }

    /// Reads them again, [`TRAIL`] later.
    ///
    /// # Errors
    /// The process does not answer.
    pub async fn stop(self, sluice: &SluiceProcess, wall: Duration) -> Result<Spent> {
        tokio::time::sleep(TRAIL).await;
        let cpu = sluice.cpu_time()?.saturating_sub(self.cpu).as_secs_f64();
        let now = sluice.metrics().await?;
        let grown =
            |name: &str, labels: &[(&str, &str)]| now.sum(name, labels) - self.metrics.sum(name, labels);
        Ok(Spent {
            wall: wall.as_secs_f64(),
            cpu,
            renders: grown("sluice_renders_total", &[]),
            memo_hits: grown("sluice_render_memo_hits_total", &[]),
            dry_runs: grown("sluice_dry_runs_total", &[]),
            applies: grown("sluice_applies_total", &[]),
            writes: grown("sluice_status_writes_total", KUSTOMIZATIONS),
            resident: sluice.resident_memory()?,
            peak: sluice.peak_memory()?,
        })
    }
}

impl Spent {
    /// As one JSON object.
    pub fn json(&self, name: &str) -> Value {
        json!({"commit": name, "wallSeconds": self.wall, "cpuSeconds": self.cpu, "renders": self.renders,
            "memoHits": self.memo_hits, "dryRuns": self.dry_runs, "applies": self.applies,
            "statusWrites": self.writes, "residentBytes": self.resident, "peakBytes": self.peak})
    }

    /// What does not hold of what must.
    pub fn failures(
        &self,
        (wall, cpu): (f64, f64),
        renders: f64,
        apps: usize,
    ) -> impl Iterator<Item = String> {
        let mut failures = Vec::new();
        let mut at_most = |what: &str, is: f64, limit: f64| {
            if is > limit {
                failures.push(format!("{what} {is:.2}, must be at most {limit:.2}"));
            }
        };
        at_most("wall seconds", self.wall, wall);
        at_most("CPU seconds", self.cpu, cpu);
        at_most("renders", self.renders, renders);
        at_most("status writes", self.writes, apps as f64);
        if self.renders < renders {
            failures.push(format!("renders {}, must be {renders}", self.renders));
        }
        failures.into_iter()
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} s wall, {:.2} s CPU; {} renders, {} memo hits, {} dry-runs, {} applies, {} status writes of \
             Kustomizations; {} MiB resident, {} MiB at most",
            self.wall,
            self.cpu,
            self.renders,
            self.memo_hits,
            self.dry_runs,
            self.applies,
            self.writes,
            self.resident >> 20,
            self.peak >> 20
        )
    }
}
