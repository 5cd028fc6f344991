//! Ratios of renders in one run, over the succeeding cases of the corpus, of kustomizations and of charts:
//!
//! - `processes`: `sluice render` against `kustomize build` and `helm template`, one after the other, wall and CPU time;
//! - `warm`: one process, through the sandbox, against the Go library in one process, and against our own native build.
//!
//! `bench-render [--sluice PATH] [--every N] [kustomize|helm] [processes|warm]`; `make bench-render` runs all. With no
//! corpus it says so and measures nothing.

#![allow(clippy::print_stdout, clippy::duplicate_mod)]

mod charts;
#[path = "../../../../plugins/lib/kustomize/tests/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "../../../../plugins/lib/kustomize/tests/support/host.rs"]
mod host;
#[path = "../../../fuzz/kustomize-diff/src/library.rs"]
mod library;
mod processes;
mod warm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// What the command line asks for.
#[derive(Debug)]
pub struct Arguments {
    sluice: PathBuf,
    every: usize,
    kustomize: bool,
    helm: bool,
    processes: bool,
    warm: bool,
}

fn arguments() -> Result<Arguments> {
    let beside = std::env::current_exe()?.with_file_name("sluice");
    let mut out = Arguments {
        sluice: beside,
        every: 10,
        kustomize: false,
        helm: false,
        processes: false,
        warm: false,
    };
    let mut list = std::env::args().skip(1);
    while let Some(argument) = list.next() {
        let mut value = || list.next().with_context(|| format!("{argument} wants a value"));
        match argument.as_str() {
            "--sluice" => out.sluice = PathBuf::from(value()?),
            "--every" => {
                out.every = value()?
                    .parse::<usize>()
                    .context("--every wants a number")?
                    .max(1)
            }
            "kustomize" => out.kustomize = true,
            "helm" => out.helm = true,
            "processes" => out.processes = true,
            "warm" => out.warm = true,
            other => bail!("unknown argument {other}"),
        }
    }
    if !out.kustomize && !out.helm {
        (out.kustomize, out.helm) = (true, true);
    }
    if !out.processes && !out.warm {
        (out.processes, out.warm) = (true, true);
    }
    Ok(out)
}

async fn kustomizations(arguments: &Arguments) -> Result<()> {
    let Some((cases, _)) = corpus::open() else {
        return Ok(());
    };
    let cases: Vec<_> = cases
        .into_iter()
        .filter(|case| !case.must_fail)
        .step_by(arguments.every)
        .collect();
    if arguments.processes {
        let rows: Vec<_> = cases.iter().map(|case| case.arguments.as_slice()).collect();
        processes::compare(&arguments.sluice, "kustomize", &rows)?;
    }
    if arguments.warm {
        warm::compare(&cases).await?;
    }
    Ok(())
}

async fn run() -> Result<()> {
    let arguments = arguments()?;
    if arguments.kustomize {
        kustomizations(&arguments).await?;
    }
    if arguments.helm {
        charts::compare(&arguments).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-render: {error:#}");
            ExitCode::FAILURE
        }
    }
}
