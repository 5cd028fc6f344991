//! Process against process: what a user of the command line waits for.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::library::program;

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    wall: Duration,
    /// In hundredths of a second, user and system.
    ticks: u64,
}

/// Runs all command lines, `build` or `template` first, through `sluice render WHAT` and through the program WHAT,
/// alternately, after one run of each to warm the caches.
///
/// # Errors
/// A program is not there, or a case fails.
pub fn compare(sluice: &Path, what: &str, cases: &[&[String]]) -> Result<()> {
    let real = program(what);
    let (mut ours, mut theirs) = (Spent::default(), Spent::default());
    for (at, case) in cases.iter().take(1).chain(cases).enumerate() {
        let Some((verb, rest)) = case.split_first() else {
            continue;
        };
        let real = spend(&real, &[verb], rest)?;
        let own = spend(sluice, &["render", what], rest)?;
        if at > 0 {
            (theirs, ours) = (theirs + real, ours + own);
        }
    }
    let count = cases.len();
    let verb = cases
        .first()
        .and_then(|case| case.first())
        .map_or("", String::as_str);
    print_row(&format!("{what} {verb}"), theirs, count);
    print_row(&format!("sluice render {what}"), ours, count);
    println!(
        "processes: {:.1}x less wall time, {:.1}x less CPU time over {count} cases (aim: 5x wall)",
        theirs.wall.as_secs_f64() / ours.wall.as_secs_f64().max(1e-9),
        theirs.ticks as f64 / (ours.ticks as f64).max(1.0)
    );
    Ok(())
}

impl std::ops::Add for Spent {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            ticks: self.ticks + other.ticks,
        }
    }
}

fn print_row(name: &str, spent: Spent, count: usize) {
    let per_case = |total: f64| total * 1e3 / count.max(1) as f64;
    println!(
        "{name:26} {:8.1} ms wall, {:8.1} ms CPU a case",
        per_case(spent.wall.as_secs_f64()),
        per_case(spent.ticks as f64 / 100.0)
    );
}

fn spend(program: &Path, words: &[&str], rest: &[String]) -> Result<Spent> {
    let before = children_ticks()?;
    let begin = Instant::now();
    let status = Command::new(program)
        .args(words)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("running {}", program.display()))?;
    let wall = begin.elapsed();
    ensure!(
        status.success(),
        "{} fails on {}",
        program.display(),
        rest.join(" ")
    );
    Ok(Spent {
        wall,
        ticks: children_ticks()? - before,
    })
}

/// CPU time of all children that have ended, as the kernel counts it (proc(5), cutime and cstime).
fn children_ticks() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let number = |at: usize| {
        fields
            .split_whitespace()
            .nth(at)
            .and_then(|text| text.parse::<u64>().ok())
    };
    Ok(number(13).context("cutime")? + number(14).context("cstime")?)
}
