//! A child process that ends with its owner.
//!
//! Dropping kills and reaps it. When the owner itself is killed, a small shell waits at the other end of a pipe, sees
//! it close, kills the child and removes its folder. (PR_SET_PDEATHSIG would need unsafe code and fires when the
//! spawning *thread* ends.) Children get process groups of their own: Ctrl-C reaches the owner only.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// A running child with its output in a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    watchdog: Option<(Child, Option<ChildStdin>)>,
}

impl Process {
    /// Starts `command` with both outputs appended to `output`. `folder` is removed if this process dies unexpectedly.
    ///
    /// # Errors
    /// The program or the watchdog cannot be started.
    pub fn start(name: &str, mut command: Command, output: &Path, folder: Option<&Path>) -> Result<Self> {
        let file = File::options().create(true).append(true).open(output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name} ({})", command.get_program().display()))?;
        let watchdog = Some(watch(child.id(), folder)?);
        Ok(Self {
            name: name.to_owned(),
            child,
            output: output.to_owned(),
            watchdog,
        })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything written so far to both outputs.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Fails with the end of the output when the process is gone.
    ///
    /// # Errors
    /// The process has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}:\n{}", self.name, tail(&self.output(), 30));
        }
        Ok(())
    }

    /// SIGKILL, then waits for the end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.dismiss_watchdog();
    }

    /// SIGTERM, then waits for the end.
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        if self.child.try_wait()?.is_none() {
            Command::new("kill")
                .args(["-TERM", &self.pid().to_string()])
                .status()?;
        }
        let status = self.child.wait()?;
        self.dismiss_watchdog();
        Ok(status)
    }

    fn dismiss_watchdog(&mut self) {
        if let Some((mut watchdog, stdin)) = self.watchdog.take() {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
            drop(stdin);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

const WATCHDOG: &str =
    r#"trap '' INT TERM HUP; read -r _; kill -9 "$1" 2>/dev/null; [ -n "$2" ] && rm -rf -- "$2""#;

fn watch(pid: u32, folder: Option<&Path>) -> Result<(Child, Option<ChildStdin>)> {
    let mut watchdog = Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog", &pid.to_string()])
        .arg(folder.unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("start the watchdog shell")?;
    let stdin = watchdog.stdin.take();
    Ok((watchdog, stdin))
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A TCP port on loopback that was free a moment ago.
///
/// # Errors
/// No port can be bound.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context("bind a free port")?
        .local_addr()?
        .port())
}

/// A folder for one server; `TMPDIR` chooses where.
///
/// # Errors
/// It cannot be made.
pub fn temp_folder(name: &str) -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("sluice-{name}-"))
        .tempdir()
        .context("make a temporary folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_ends_the_child() {
        let folder = temp_folder("process").unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut process = Process::start("sleep", command, &folder.path().join("out"), None).unwrap();
        process.check().unwrap();
        let proc = PathBuf::from(format!("/proc/{}", process.pid()));
        assert!(proc.exists());
        drop(process);
        assert!(!proc.exists());
    }

    #[test]
    fn the_watchdog_ends_the_child_and_removes_the_folder() {
        let folder = temp_folder("watchdog").unwrap();
        let victim = folder.path().join("folder");
        std::fs::create_dir(&victim).unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut process =
            Process::start("sleep", command, &folder.path().join("out"), Some(&victim)).unwrap();
        // what the kernel does when the owner is killed: the pipe closes
        let (mut watchdog, stdin) = process.watchdog.take().unwrap();
        drop(stdin);
        watchdog.wait().unwrap();
        assert!(
            process.child.wait().unwrap().code().is_none(),
            "ended by a signal"
        );
        assert!(!victim.exists());
    }

    #[test]
    fn a_program_that_ends_is_reported_with_its_output() {
        let folder = temp_folder("ends").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such flag >&2; exit 3"]);
        let mut process = Process::start("prog", command, &folder.path().join("out"), None).unwrap();
        process.child.wait().unwrap();
        let error = process.check().unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("no such flag"),
            "{error}"
        );
    }
}
