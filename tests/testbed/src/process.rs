//! A child process that ends with its owner.
//!
//! Dropping kills and reaps it. When the owner itself is killed, a small shell at the other end of a pipe sees it close
//! and kills the child. (PR_SET_PDEATHSIG would need unsafe code and fires when the spawning *thread* ends.) Another
//! such shell removes the owner's temporary folders. Children get process groups of their own: Ctrl-C reaches the
//! owner only.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, anyhow, bail};

/// A running child with its output in a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    watchdog: Option<Watchdog>,
}

/// A shell that runs a script when its owner ends, however that ends.
#[derive(Debug)]
struct Watchdog {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Process {
    /// Starts `command` with both outputs appended to `output`.
    ///
    /// # Errors
    /// The program or the watchdog cannot be started.
    pub fn start(name: &str, mut command: Command, output: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name} ({})", command.get_program().display()))?;
        let watchdog = Some(Watchdog::start(KILL, &child.id().to_string())?);
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
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills a process.
const KILL: &str = r#"kill -9 "$1" 2>/dev/null"#;

/// Removes a folder that dying processes may still write into.
const REMOVE: &str = r#"for _ in 1 2 3 4 5; do rm -rf -- "$1" 2>/dev/null && exit; sleep 0.2; done"#;

impl Watchdog {
    fn start(script: &str, argument: &str) -> Result<Self> {
        let mut shell = Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' INT TERM HUP; read -r _; {script}"))
            .args(["watchdog", argument])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("start the watchdog shell")?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Ends it without its script.
    fn dismiss(mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        drop(self.pipe.take());
    }
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Below those that systems give to outgoing connections: a free one stays free while its server is started again.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A TCP port on loopback that was free a moment ago, another one at every call.
///
/// # Errors
/// No port can be bound.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let span = u32::from(PORTS.end - PORTS.start);
    // processes that run at the same time begin far apart
    let first = std::process::id().wrapping_mul(199) % span;
    for _ in 0..span {
        let offset = (first + NEXT.fetch_add(1, Ordering::Relaxed)) % span;
        let port = PORTS.start + u16::try_from(offset)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port of {PORTS:?} can be bound on loopback")
}

/// A folder for one server, below one of this process that is removed when the process ends; `TMPDIR` chooses where.
///
/// # Errors
/// It cannot be made.
pub fn temp_folder(name: &str) -> Result<tempfile::TempDir> {
    let root = root()
        .as_ref()
        .map_err(|error| anyhow!("make a temporary folder: {error}"))?;
    tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .tempdir_in(root)
        .context("make a temporary folder")
}

/// The folder of this process. It is never dropped: its watchdog sees the pipe close when the process ends.
fn root() -> &'static Result<PathBuf, String> {
    static ROOT: OnceLock<(Result<PathBuf, String>, Option<Watchdog>)> = OnceLock::new();
    let (root, _) = ROOT.get_or_init(|| match make_root() {
        Ok((root, watchdog)) => (Ok(root), Some(watchdog)),
        Err(error) => (Err(format!("{error:#}")), None),
    });
    root
}

fn make_root() -> Result<(PathBuf, Watchdog)> {
    let root = tempfile::Builder::new()
        .prefix("sluice-testbed-")
        .tempdir()?
        .keep();
    let watchdog = Watchdog::start(REMOVE, &root.to_string_lossy())?;
    Ok((root, watchdog))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_ends_the_child() {
        let folder = temp_folder("process").unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut process = Process::start("sleep", command, &folder.path().join("out")).unwrap();
        process.check().unwrap();
        let proc = PathBuf::from(format!("/proc/{}", process.pid()));
        assert!(proc.exists());
        drop(process);
        assert!(!proc.exists());
    }

    #[test]
    fn the_watchdog_ends_the_child_of_an_owner_that_was_killed() {
        let folder = temp_folder("watchdog").unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut process = Process::start("sleep", command, &folder.path().join("out")).unwrap();
        // what the kernel does when the owner is killed: the pipe closes
        let mut watchdog = process.watchdog.take().unwrap();
        drop(watchdog.pipe.take());
        watchdog.shell.wait().unwrap();
        assert!(
            process.child.wait().unwrap().code().is_none(),
            "ended by a signal"
        );
    }

    #[test]
    fn the_watchdog_removes_the_folders_of_an_owner_that_was_killed() {
        let (root, mut watchdog) = make_root().unwrap();
        std::fs::create_dir(root.join("inner")).unwrap();
        drop(watchdog.pipe.take());
        watchdog.shell.wait().unwrap();
        assert!(!root.exists());
    }

    #[test]
    fn a_program_that_ends_is_reported_with_its_output() {
        let folder = temp_folder("ends").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such flag >&2; exit 3"]);
        let mut process = Process::start("prog", command, &folder.path().join("out")).unwrap();
        process.child.wait().unwrap();
        let error = process.check().unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("no such flag"),
            "{error}"
        );
    }
}
