//! Figures and the table that shows them.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The middle one.
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

/// Resident memory of this process.
pub fn resident_mib() -> Result<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = statm
        .split_whitespace()
        .nth(1)
        .context("statm has two fields")?
        .parse()?;
    Ok(pages * 4096.0 / f64::from(1 << 20))
}

/// Rows of name, figure, unit and budget.
#[derive(Default)]
pub struct Table(Vec<(String, f64, &'static str, Option<f64>)>);

impl Table {
    /// Adds a row; a budget is the largest figure allowed.
    pub fn row(&mut self, name: &str, figure: f64, unit: &'static str, budget: Option<f64>) {
        self.0.push((name.to_owned(), figure, unit, budget));
    }

    /// Whether a figure is over its budget.
    pub fn missed(&self) -> bool {
        self.0
            .iter()
            .any(|(_, figure, _, budget)| budget.is_some_and(|budget| *figure > budget))
    }

    /// Prints all rows.
    pub fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{:<44} {:>10}      {:>8}", "sandbox", "median", "budget")?;
        for (name, figure, unit, budget) in &self.0 {
            let verdict = match budget {
                Some(budget) if figure > budget => format!("{budget:>8.0}  MISSED"),
                Some(budget) => format!("{budget:>8.0}  ok"),
                None => String::new(),
            };
            writeln!(out, "{name:<44} {figure:>10.2} {unit:<4} {verdict}")?;
        }
        Ok(())
    }
}
