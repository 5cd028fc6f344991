//! Builds random kustomizations with our library and with the real kustomize, and compares them byte for byte.
//!
//! `fuzz-kustomize --help` prints its options. A difference is made small and written to the folder of `--keep` as a case
//! for `plugins/lib/kustomize/tests/cases`, with the real program's output. The exit status is 1 when any case differs.

#![allow(clippy::print_stdout)]

mod case;
mod compare;
mod generate;
mod library;
mod oracle;
mod ours;
mod random;
mod run;
mod shrink;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const HELP: &str = "\
Builds random kustomizations with our library and with the real kustomize, and compares them.

Usage: fuzz-kustomize [OPTIONS]

  --cases N          number of cases (1000)
  --seed N           seed of all cases (1)
  --case N           only this one, and write its files to DIR/case
  --keep DIR         folder of the differences (fuzz-kustomize in the folder for temporary files)
  --program-every N  every so many cases also go through the real program (200)
  --jobs N           cases at a time (1)
  --no-shrink        keep differences as they are, not made small
  --errors           list the most frequent errors of the real kustomize at the end
  --calm             few features a case, so that most cases build
  -h, --help         print this

The exit status is 1 when any case differs, 2 when a run fails.
";

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Arguments {
    cases: u64,
    seed: u64,
    /// Only this one, and print it.
    only: Option<u64>,
    keep: PathBuf,
    /// Every so many cases also go through the real program.
    program_every: u64,
    jobs: u64,
    shrink: bool,
    errors: bool,
    /// Few features a case, so that most cases build.
    calm: bool,
}

fn set_switch(out: &mut Arguments, name: &str) -> bool {
    match name {
        "--no-shrink" => out.shrink = false,
        "--errors" => out.errors = true,
        "--calm" => out.calm = true,
        _ => return false,
    }
    true
}

/// The arguments; none when only the help is asked for.
fn arguments() -> Result<Option<Arguments>> {
    let mut out = Arguments {
        cases: 1_000,
        seed: 1,
        only: None,
        keep: std::env::temp_dir().join("fuzz-kustomize"),
        program_every: 200,
        jobs: 1,
        shrink: true,
        errors: false,
        calm: false,
    };
    let mut list = std::env::args().skip(1);
    while let Some(name) = list.next() {
        if matches!(name.as_str(), "-h" | "--help") {
            return Ok(None);
        }
        if set_switch(&mut out, &name) {
            continue;
        }
        let value = list.next().with_context(|| format!("{name} wants a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .with_context(|| format!("{name} wants a number"))
        };
        match name.as_str() {
            "--cases" => out.cases = number()?,
            "--seed" => out.seed = number()?,
            "--case" => out.only = Some(number()?),
            "--keep" => out.keep = PathBuf::from(value),
            "--program-every" => out.program_every = number()?.max(1),
            "--jobs" => out.jobs = number()?.max(1),
            other => bail!("unknown flag {other}"),
        }
    }
    Ok(Some(out))
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("fuzz-kustomize: {error:#}");
            return ExitCode::from(2);
        }
    };
    match run::run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz-kustomize: {error:#}");
            ExitCode::from(2)
        }
    }
}
