//! `kustomize build` on the host's file system, for conformance runs of the library alone.
//!
//! `kustomize_build [build] DIR [--load-restrictor LoadRestrictionsNone] [--reorder none|legacy] [--enable-helm]
//! [--enable-managedby-label] [--flux JSON]`

#![allow(clippy::print_stdout)]

use std::fs;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use sluice_kustomize::{
    BuildOptions, Entry, EntryKind, Files, FilesError, FluxOverlay, LoadRestriction, Reorder, build,
};

/// The whole file system, read as it is asked for.
struct Host;

fn error(error: &std::io::Error) -> FilesError {
    match error.kind() {
        ErrorKind::NotFound => FilesError::NotFound,
        ErrorKind::NotADirectory => FilesError::NotADirectory,
        ErrorKind::IsADirectory => FilesError::IsADirectory,
        _ => FilesError::Other(error.to_string()),
    }
}

impl Files for Host {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| error(&e))? {
            let entry = entry.map_err(|e| error(&e))?;
            let kind = entry.file_type().map_err(|e| error(&e))?;
            let kind = match (kind.is_dir(), kind.is_symlink()) {
                (true, _) => EntryKind::Directory,
                (_, true) => EntryKind::Symlink,
                _ => EntryKind::File,
            };
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        let metadata = fs::metadata(path).map_err(|e| error(&e))?;
        Ok(if metadata.is_dir() {
            EntryKind::Directory
        } else {
            EntryKind::File
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        fs::read(path).map_err(|e| error(&e))
    }

    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        let resolved = fs::canonicalize(path).map_err(|e| error(&e))?;
        Ok(resolved.to_string_lossy().into_owned())
    }

    fn is_file_system(&self) -> bool {
        true
    }
}

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
