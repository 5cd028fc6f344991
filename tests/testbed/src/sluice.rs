//! The `sluice run` process under test.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::metrics::Metrics;
use crate::process::{Process, free_port, tail, temp_folder};
use crate::programs;

/// What `sluice crds` prints.
///
/// # Errors
/// There is no binary, or the command fails.
pub fn crds() -> Result<String> {
    let output = std::process::Command::new(programs::sluice()?)
        .arg("crds")
        .output()
        .context("run sluice crds")?;
    if !output.status.success() {
        bail!("sluice crds: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Compiles the default plugins into the cache of the testbed, which takes longer than a test waits when many start at once.
///
/// # Errors
/// There is no binary, or the command fails.
pub fn compile_plugins() -> Result<()> {
    let output = std::process::Command::new(programs::sluice()?)
        .args(["plugin", "list", "--plugin-cache-path"])
        .arg(plugin_cache()?)
        .output()
        .context("run sluice plugin list")?;
    if !output.status.success() {
        bail!("sluice plugin list: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// How to run it.
#[derive(Debug, Clone)]
pub struct SluiceOptions {
    /// The cluster it reconciles.
    pub kubeconfig: PathBuf,
    /// `RUNTIME_NAMESPACE`.
    pub namespace: String,
    /// Whether it serves all namespaces or its own only.
    pub all_namespaces: bool,
    /// Whether sources and receivers on loopback may be reached; all of the testbed's are there.
    pub loopback_egress: bool,
    /// More flags, after the ones made here.
    pub args: Vec<String>,
    /// More environment.
    pub env: Vec<(String, String)>,
    /// Where artifacts are kept; a fresh folder when none is given.
    pub storage: Option<PathBuf>,
}

impl SluiceOptions {
    /// For one namespace of a cluster.
    pub fn new(kubeconfig: &Path, namespace: &str) -> Self {
        Self {
            kubeconfig: kubeconfig.to_owned(),
            namespace: namespace.to_owned(),
            all_namespaces: false,
            loopback_egress: true,
            args: Vec::new(),
            env: Vec::new(),
            storage: None,
        }
    }

    /// Adds a flag.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }
}

/// Where it listens.
#[derive(Debug, Clone, Copy)]
struct Ports {
    storage: u16,
    events: u16,
    metrics: u16,
    health: u16,
}

/// A running `sluice run`.
#[derive(Debug)]
pub struct SluiceProcess {
    process: Process,
    options: SluiceOptions,
    ports: Ports,
    folder: TempDir,
    readiness: Duration,
    generation: usize,
}

impl SluiceProcess {
    /// Starts it on free ports and waits until it is ready.
    ///
    /// # Errors
    /// There is no binary, or it ends or is not ready within 30 s.
    pub async fn start(options: SluiceOptions) -> Result<Self> {
        crate::runtime::choose_tls_provider();
        let folder = temp_folder("sluice")?;
        let ports = Ports {
            storage: free_port()?,
            events: free_port()?,
            metrics: free_port()?,
            health: free_port()?,
        };
        let process = spawn(&options, ports, folder.path(), 0)?;
        let mut sluice = Self {
            process,
            options,
            ports,
            folder,
            readiness: Duration::ZERO,
            generation: 0,
        };
        sluice.wait_ready().await?;
        Ok(sluice)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        let url = format!("http://127.0.0.1:{}/readyz", self.ports.health);
        loop {
            self.process.check()?;
            if let Ok(answer) = reqwest::get(&url).await
                && answer.status().is_success()
            {
                self.readiness = started.elapsed();
                return Ok(());
            }
            if started.elapsed() > Duration::from_secs(30) {
                anyhow::bail!(
                    "sluice is not ready after 30 s:\n{}",
                    tail(&self.process.output(), 40)
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How long it took from start to ready.
    pub fn readiness(&self) -> Duration {
        self.readiness
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM; waits for the end.
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.process.terminate()
    }

    /// Starts it again on the same ports and storage, after [`kill`](Self::kill) or [`terminate`](Self::terminate).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) -> Result<()> {
        self.process.kill();
        self.generation += 1;
        self.process = spawn(&self.options, self.ports, self.folder.path(), self.generation)?;
        self.wait_ready().await
    }

    /// Fails when it has ended.
    ///
    /// # Errors
    /// It has ended.
    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Its output as it stands.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The lines of its output that are JSON.
    pub fn logs(&self) -> Vec<Value> {
        self.output()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Its metrics now.
    ///
    /// # Errors
    /// The endpoint does not answer.
    pub async fn metrics(&self) -> Result<Metrics> {
        let url = format!("http://127.0.0.1:{}/metrics", self.ports.metrics);
        Ok(Metrics::parse(
            &reqwest::get(url).await?.error_for_status()?.text().await?,
        ))
    }

    /// The address of its artifact server.
    pub fn storage_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.storage)
    }

    /// The address of its health server.
    pub fn health_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.health)
    }

    /// The folder of its artifacts.
    pub fn storage(&self) -> PathBuf {
        storage_folder(&self.options, self.folder.path())
    }

    /// CPU time it used so far, user and system.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn cpu_time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // fields after the parenthesised name: state is the first, utime the 12th, stime the 13th
        let rest = stat
            .rsplit_once(')')
            .context("/proc/<pid>/stat without a name")?
            .1;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
    }

    /// Resident memory now, in bytes.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn resident_memory(&self) -> Result<u64> {
        self.status_kib("VmRSS:").map(|kib| kib * 1024)
    }

    /// The most resident memory it ever had, in bytes.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn peak_memory(&self) -> Result<u64> {
        self.status_kib("VmHWM:").map(|kib| kib * 1024)
    }

    fn status_kib(&self, key: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .context("key of /proc/<pid>/status")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }
}

/// `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that user space sees.
const TICKS_A_SECOND: u64 = 100;

fn storage_folder(options: &SluiceOptions, folder: &Path) -> PathBuf {
    options.storage.clone().unwrap_or_else(|| folder.join("storage"))
}

/// The compiled plugins are shared by all processes of the testbed, as they are on a node.
fn plugin_cache() -> Result<PathBuf> {
    Ok(programs::cache_folder()?.join("plugins"))
}

fn spawn(options: &SluiceOptions, ports: Ports, folder: &Path, generation: usize) -> Result<Process> {
    let storage = storage_folder(options, folder);
    std::fs::create_dir_all(&storage)?;
    let mut command = Command::new(programs::sluice()?);
    command
        .arg("run")
        .arg(format!("--storage-path={}", storage.display()))
        .arg(format!("--plugin-cache-path={}", plugin_cache()?.display()))
        .arg(format!("--storage-addr=127.0.0.1:{}", ports.storage))
        .arg(format!("--storage-adv-addr=127.0.0.1:{}", ports.storage))
        .arg(format!("--events-listen-addr=127.0.0.1:{}", ports.events))
        .arg(format!("--metrics-addr=127.0.0.1:{}", ports.metrics))
        .arg(format!("--health-addr=127.0.0.1:{}", ports.health))
        .arg(format!("--watch-all-namespaces={}", options.all_namespaces))
        .arg(format!("--allow-loopback-egress={}", options.loopback_egress))
        .arg("--log-encoding=json")
        .args(&options.args)
        .env("KUBECONFIG", &options.kubeconfig)
        .env("RUNTIME_NAMESPACE", &options.namespace)
        .envs(options.env.iter().map(|(key, value)| (key, value)));
    let output = folder.join(format!("output-{generation}"));
    Process::start("sluice", command, &output)
}
