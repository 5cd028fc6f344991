//! The real flux CLI, when there is one: `FLUX_BIN`, else `flux` in the cache of built programs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sluice_testbed::programs;

use crate::bed::bed;

/// The flux CLI for one namespace.
pub struct Flux {
    program: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
}

impl Flux {
    /// None, with a line that says so, when the machine has no flux CLI.
    ///
    /// # Errors
    /// The control plane cannot be started.
    pub async fn find(namespace: &str) -> Result<Option<Self>> {
        let program = match std::env::var_os("FLUX_BIN") {
            Some(path) => PathBuf::from(path),
            None => programs::cache_folder()?.join("bin/flux"),
        };
        if !program.exists() {
            // past the capture of the test runner, which hides what a passing test prints
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no flux CLI at {} (set FLUX_BIN)",
                program.display()
            );
            return Ok(None);
        }
        let kubeconfig = bed().await?.kubeconfig().to_owned();
        Ok(Some(Self {
            program,
            kubeconfig,
            namespace: namespace.to_owned(),
        }))
    }

    /// Runs a command and gives both of its outputs.
    ///
    /// # Errors
    /// It does not end with 0.
    pub async fn run(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .args(["--namespace", &self.namespace, "--timeout", "60s"]);
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", "/nonexistent");
        let output = tokio::task::spawn_blocking(move || command.output())
            .await?
            .context("run flux")?;
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("flux {}: {}\n{text}", args.join(" "), output.status);
        }
        Ok(text)
    }
}
