//! The real kustomize: as a library in a process that answers many builds, and as the program.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::case::Case;
use crate::library::{Library, program};

/// What a build gave: text, or an error.
pub type Outcome = std::result::Result<String, String>;

/// The library's process, replaced when it dies and now and then.
pub struct Oracle {
    library: Library,
    /// Builds answered; the process never frees a schema.
    answered: usize,
}

impl Oracle {
    /// Starts the process.
    ///
    /// # Errors
    /// The program is not built.
    pub fn start() -> Result<Self> {
        Ok(Self {
            library: Library::start("kustomize-library")?,
            answered: 0,
        })
    }

    /// What the library makes of a case that is written at `root`.
    ///
    /// # Errors
    /// The process died, which kustomize does on a stack overflow.
    pub fn build(&mut self, case: &Case, root: &Path) -> Result<Outcome> {
        if self.answered >= 5_000 {
            *self = Self::start()?;
        }
        let request = json!({
            "directory": root.join(&case.directory),
            "reorder": case.reorder,
            "anywhere": case.anywhere,
            "fresh": case.sets_schema(),
        });
        let Some(answer) = self.library.ask(&request)? else {
            *self = Self::start()?;
            return Ok(Err("panic: the process died".into()));
        };
        self.answered += 1;
        Ok(match &answer["error"] {
            Value::String(error) => Err(error.clone()),
            _ => Ok(answer["output"].as_str().unwrap_or_default().to_owned()),
        })
    }
}

/// What the program prints for a case that is written at `root`.
///
/// # Errors
/// The program is not built.
pub fn run_program(case: &Case, root: &Path) -> Result<Outcome> {
    let mut command = Command::new(program("kustomize"));
    command.arg("build").arg(root.join(&case.directory));
    if !case.reorder.is_empty() {
        command.args(["--reorder", case.reorder]);
    }
    if case.anywhere {
        command.args(["--load-restrictor", "LoadRestrictionsNone"]);
    }
    let output = command
        .output()
        .context("running kustomize: build it with tests/controlplane/build kustomize")?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    match String::from_utf8(output.stdout) {
        Ok(text) => Ok(Ok(text)),
        Err(error) => bail!("kustomize printed what is no UTF-8: {error}"),
    }
}
