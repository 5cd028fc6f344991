//! The real kustomize: as a library in a process that answers many builds, and as the program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::case::Case;

/// What a build gave: text, or an error.
pub type Outcome = std::result::Result<String, String>;

/// Where the built programs are.
fn program(name: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("SLUICE_CACHE").map_or_else(|| home.join(".cache/sluice"), PathBuf::from);
    cache.join("bin").join(name)
}

/// A running `kustomize-library`.
pub struct Oracle {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Builds answered; the process is replaced now and then, as it never frees a schema.
    answered: usize,
}

impl Oracle {
    /// Starts the process.
    ///
    /// # Errors
    /// The program is not built.
    pub fn start() -> Result<Self> {
        let path = program("kustomize-library");
        let mut child = Command::new(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| {
                format!(
                    "starting {}: build it with tests/controlplane/build kustomize-library",
                    path.display()
                )
            })?;
        let input = child.stdin.take().context("a pipe")?;
        let output = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self {
            child,
            input,
            output,
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
        writeln!(self.input, "{request}")?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            *self = Self::start()?;
            return Ok(Err("panic: the process died".into()));
        }
        self.answered += 1;
        let answer: Value = serde_json::from_str(&line).context("an answer")?;
        Ok(match &answer["error"] {
            Value::String(error) => Err(error.clone()),
            _ => Ok(answer["output"].as_str().unwrap_or_default().to_owned()),
        })
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
