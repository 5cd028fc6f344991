//! A library of a real program (`kustomize-library`, `helm-library`) in a process that answers many requests.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// Where the built programs of others are.
pub fn program(name: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("SLUICE_CACHE").map_or_else(|| home.join(".cache/sluice"), PathBuf::from);
    cache.join("bin").join(name)
}

/// A running library; it ends with its owner.
pub struct Library {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Library {
    /// Starts the process.
    ///
    /// # Errors
    /// The program is not built.
    pub fn start(name: &str) -> Result<Self> {
        let path = program(name);
        let mut child = Command::new(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| {
                format!(
                    "starting {}: build it with tests/controlplane/build {name}",
                    path.display()
                )
            })?;
        let input = child.stdin.take().context("a pipe")?;
        let output = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self { child, input, output })
    }

    /// The answer to a request; none when the process died, which Go does on a stack overflow.
    ///
    /// # Errors
    /// The pipe broke, or the answer is no JSON.
    pub fn ask(&mut self, request: &Value) -> Result<Option<Value>> {
        writeln!(self.input, "{request}")?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&line).map(Some).context("an answer")
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
