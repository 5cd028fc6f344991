//! `kustomize build` on the host's file system, for conformance runs of the library alone.
//!
//! `kustomize_build [build] DIR [--load-restrictor LoadRestrictionsNone] [--reorder none|legacy] [--enable-helm]
//! [--enable-managedby-label] [--flux JSON]`

#![allow(clippy::print_stdout)]

use std::io::Write;
use std::process::ExitCode;

use sluice_kustomize::{BuildOptions, FluxOverlay, LoadRestriction, Reorder, build};

#[path = "../tests/support/host.rs"]
mod host;

use host::Host;

struct Arguments {
    directory: String,
    options: BuildOptions,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut out = Arguments {
        directory: ".".into(),
        options: BuildOptions::default(),
    };
    let mut list = std::env::args().skip(1).peekable();
    if list.peek().is_some_and(|first| first == "build") {
        list.next();
    }
    while let Some(argument) = list.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| list.next()).unwrap_or_default();
        match name.as_str() {
            "--load-restrictor" if value() == "LoadRestrictionsNone" => {
                out.options.load_restriction = LoadRestriction::None;
            }
            "--load-restrictor" => {}
            "--reorder" => {
                out.options.reorder = if value() == "none" {
                    Reorder::None
                } else {
                    Reorder::Legacy
                }
            }
            "--enable-helm" => out.options.enable_helm = true,
            "--enable-managedby-label" => out.options.managed_by_label = true,
            "--flux" => {
                out.options.flux = Some(FluxOverlay::from_json(&serde_json::from_str(&value())?)?);
                out.options.load_restriction = LoadRestriction::None;
            }
            flag if flag.starts_with('-') => anyhow::bail!("unknown flag: {flag}"),
            directory => directory.clone_into(&mut out.directory),
        }
    }
    Ok(out)
}

fn run() -> anyhow::Result<()> {
    let arguments = arguments()?;
    let directory = std::path::absolute(&arguments.directory)?;
    let built = build(&Host, &directory.to_string_lossy(), &arguments.options)?;
    for warning in &built.warnings {
        writeln!(std::io::stderr(), "{warning}")?;
    }
    std::io::stdout().write_all(built.to_yaml()?.as_bytes())?;
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
