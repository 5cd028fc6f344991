//! Process against process: what a user of the command line waits for.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Arguments;
use crate::corpus::Case;
use crate::library::program;

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    wall: Duration,
    /// In hundredths of a second, user and system.
    ticks: u64,
}

/// Runs all cases through both programs, alternately, after one run to warm the caches.
///
/// # Errors
/// A program is not there, or a case fails.
pub fn compare(arguments: &Arguments, cases: &[Case]) -> Result<()> {
    let kustomize = program("kustomize");
    let (mut ours, mut theirs) = (Spent::default(), Spent::default());
    for case in cases.iter().take(1) {
        spend(&arguments.sluice, &["render", "kustomize"], case)?;
        spend(&kustomize, &["build"], case)?;
    }
    for case in cases {
        add(&mut theirs, spend(&kustomize, &["build"], case)?);
        add(
            &mut ours,
            spend(&arguments.sluice, &["render", "kustomize"], case)?,
        );
    }
    let count = cases.len();
    print_row("kustomize build", theirs, count);
    print_row("sluice render kustomize", ours, count);
    println!(
        "processes: {:.1}x less wall time, {:.1}x less CPU time over {count} cases (aim: 5x wall)",
        theirs.wall.as_secs_f64() / ours.wall.as_secs_f64().max(1e-9),
        theirs.ticks as f64 / (ours.ticks as f64).max(1.0)
    );
    Ok(())
}

fn add(total: &mut Spent, one: Spent) {
    total.wall += one.wall;
    total.ticks += one.ticks;
}

fn print_row(name: &str, spent: Spent, count: usize) {
    let per_case = |total: f64| total * 1e3 / count.max(1) as f64;
    println!(
        "{name:26} {:8.1} ms wall, {:8.1} ms CPU a case",
        per_case(spent.wall.as_secs_f64()),
        per_case(spent.ticks as f64 / 100.0)
    );
}

fn spend(program: &Path, words: &[&str], case: &Case) -> Result<Spent> {
    let before = children_ticks()?;
    let begin = Instant::now();
    let status = Command::new(program)
        .args(words)
        .args(case.arguments.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("running {}", program.display()))?;
    let wall = begin.elapsed();
    ensure!(status.success(), "{} fails on {}", program.display(), case.id);
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
