//! Asks our helm and the real one the same, and compares the answers byte for byte: random calls of template functions with
//! random values, random lines of the `--set` flags, and the charts of the renderer corpus with changed values.
//!
//! `fuzz-helm [--functions N] [--lines N] [--charts N] [--seed S] [--case I] [--keep DIR] [--only TEXT]`. What differs is
//! printed and kept in the folder of `--keep`: functions and lines as requests that `helm-library record` completes to
//! recorded tests, charts as the changed files with their arguments. The exit status is 1 when any answer differs.

#![allow(clippy::print_stdout)]

mod charts;
mod data;
mod explained;
mod expression;
mod formats;
mod functions;
#[path = "../../kustomize-diff/src/library.rs"]
mod library;
mod lines;
mod mutation;
mod outcome;
#[path = "../../kustomize-diff/src/random.rs"]
#[allow(dead_code)]
mod random;
mod signatures;
#[path = "../../../../plugins/lib/sprig/tests/differential/tables.rs"]
mod tables;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
Asks our helm and the real one the same, and compares the answers byte for byte.

Usage: fuzz-helm [flags]

  --functions N  random calls of template functions (10000)
  --lines N      random lines of the --set flags (10000)
  --charts N     charts of the renderer corpus with changed values (500)
  --seed S       where the random numbers begin (1)
  --case I       this case alone
  --only TEXT    charts with this in their arguments
  --keep DIR     where what differs is kept (fuzz-helm in the folder of temporary files)

Needs helm-library (tests/controlplane/build helm-library) in the PATH or the cache. Exits 1 when any answer differs.

  fuzz-helm --charts 10000 --functions 0 --lines 0 --seed 7
";

/// What the command line asks for.
#[derive(Debug)]
pub struct Arguments {
    functions: u64,
    lines: u64,
    charts: u64,
    seed: u64,
    /// Only this case, and print it.
    only: Option<u64>,
    /// Only charts with this in their arguments.
    chart: String,
    keep: PathBuf,
}

fn arguments() -> Result<Arguments> {
    let mut out = Arguments {
        functions: 10_000,
        lines: 10_000,
        charts: 500,
        seed: 1,
        only: None,
        chart: String::new(),
        keep: std::env::temp_dir().join("fuzz-helm"),
    };
    let mut list = std::env::args().skip(1);
    while let Some(name) = list.next() {
        if matches!(name.as_str(), "--help" | "-h") {
            print!("{HELP}");
            std::process::exit(0);
        }
        let value = list.next().with_context(|| format!("{name} wants a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .with_context(|| format!("{name} wants a number"))
        };
        match name.as_str() {
            "--functions" => out.functions = number()?,
            "--lines" => out.lines = number()?,
            "--charts" => out.charts = number()?,
            "--seed" => out.seed = number()?,
            "--case" => out.only = Some(number()?),
            "--only" => out.chart = value,
            "--keep" => out.keep = PathBuf::from(value),
            other => bail!("unknown flag {other}"),
        }
    }
    Ok(out)
}

/// Runs all three parts; true when nothing differs.
fn run(arguments: &Arguments) -> Result<bool> {
    std::panic::set_hook(Box::new(|_| {}));
    std::fs::create_dir_all(&arguments.keep)
        .with_context(|| format!("making {}", arguments.keep.display()))?;
    let functions = functions::run(arguments)?;
    let lines = lines::run(arguments)?;
    let charts = charts::run(arguments)?;
    Ok(functions && lines && charts)
}

fn main() -> ExitCode {
    let work = || match arguments().and_then(|arguments| run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz-helm: {error:#}");
            ExitCode::from(2)
        }
    };
    // Templates nest deep, and a debug build needs more stack than the main thread has.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(work);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => ExitCode::from(2),
    }
}
