//! One control plane: etcd, kube-apiserver, kube-controller-manager, and the testbed's own pod runner.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::task::AbortOnDropHandle;

use crate::certificates::{Authority, Pair, service_account_keys};
use crate::cluster::Cluster;
use crate::process::{Process, free_port, temp_folder};
use crate::{pods, programs, runtime};

/// Starting takes about 5 s on an idle machine; builds of other programs may share it.
const START_TIMEOUT: Duration = Duration::from_secs(120);

const APISERVER: &str = "kube-apiserver";
const CONTROLLERS: &str = "namespace-controller,serviceaccount-controller,serviceaccount-token-controller,\
garbage-collector-controller,deployment-controller,replicaset-controller,statefulset-controller,\
daemonset-controller,job-controller,cronjob-controller,ttl-after-finished-controller,\
endpointslice-controller,disruption-controller,resourcequota-controller,clusterrole-aggregation-controller";

/// A running control plane, or somebody else's cluster.
#[derive(Debug)]
pub struct ControlPlane {
    // in the order they end
    _pods: Option<AbortOnDropHandle<()>>,
    processes: Vec<(String, Process)>,
    /// Of the API server, for a restart.
    apiserver: Vec<String>,
    folder: Option<TempDir>,
    kubeconfig: PathBuf,
    url: String,
}

impl ControlPlane {
    /// Starts one, or uses the cluster of `KUBECONFIG` when `SLUICE_TEST_USE_CLUSTER=1`.
    ///
    /// # Errors
    /// A program cannot be built or started, or the API server is not ready in time.
    pub async fn start() -> Result<Self> {
        runtime::choose_tls_provider();
        if std::env::var("SLUICE_TEST_USE_CLUSTER").is_ok_and(|value| value == "1") {
            return Self::of_kubeconfig();
        }
        let folder = temp_folder("control-plane")?;
        let mut starting = Starting::new(&folder)?;
        starting.etcd()?;
        starting.apiserver()?;
        let kubeconfig = starting.kubeconfig()?;
        wait_ready(&mut starting.processes, &kubeconfig).await?;
        starting.controller_manager(&kubeconfig)?;
        let (processes, apiserver, url) = (starting.processes, starting.apiserver, starting.url);
        let pods = Self::run_pods(kubeconfig.clone()).await?;
        Ok(Self {
            _pods: Some(AbortOnDropHandle::new(pods)),
            processes,
            apiserver,
            folder: Some(folder),
            kubeconfig,
            url,
        })
    }

    /// The client belongs to the background runtime too: its tasks end with the runtime that it was made in, which
    /// for the caller's is the end of the first test.
    async fn run_pods(kubeconfig: PathBuf) -> Result<tokio::task::JoinHandle<()>> {
        let connect = async move { Cluster::connect(&kubeconfig).await };
        let client = runtime::background().spawn(connect).await??.client();
        Ok(runtime::background().spawn(pods::run(client)))
    }

    fn of_kubeconfig() -> Result<Self> {
        let kubeconfig = PathBuf::from(std::env::var_os("KUBECONFIG").context("KUBECONFIG is not set")?);
        Ok(Self {
            _pods: None,
            processes: Vec::new(),
            apiserver: Vec::new(),
            folder: None,
            kubeconfig,
            url: String::new(),
        })
    }

    /// An administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The API server's address; empty for somebody else's cluster.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process ids of its programs.
    pub fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(|(_, process)| process.pid()).collect()
    }

    /// The output of one of its programs, for a failing test.
    pub fn output(&self, program: &str) -> Option<String> {
        self.processes
            .iter()
            .find(|(name, _)| name == program)
            .map(|(_, process)| process.output())
    }

    /// The folder of its files (certificates, etcd data); none for somebody else's cluster.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(TempDir::path)
    }

    /// Kills the API server, and starts it again on its port after `down`; returns when it is ready. False for
    /// somebody else's cluster, which stays as it is.
    ///
    /// # Errors
    /// It does not start again.
    pub async fn restart_api_server(&mut self, down: Duration) -> Result<bool> {
        let Some(folder) = self.folder.as_ref().map(|folder| folder.path().to_owned()) else {
            return Ok(false);
        };
        let server = self.processes.iter_mut().find(|(name, _)| name == APISERVER);
        let (_, process) = server.context("the API server does not run")?;
        process.kill();
        tokio::time::sleep(down).await;
        *process = start(APISERVER, &self.apiserver, &folder)?;
        wait_ready(&mut self.processes, &self.kubeconfig).await?;
        Ok(true)
    }

    /// A client with the administrator's rights, for the runtime of the caller.
    ///
    /// # Errors
    /// The kubeconfig cannot be read.
    pub async fn cluster(&self) -> Result<Cluster> {
        Cluster::connect(&self.kubeconfig).await
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // the API server before its store, so that nothing logs a lost connection
        while let Some((_, mut process)) = self.processes.pop() {
            process.kill();
        }
    }
}

struct Starting<'a> {
    folder: &'a Path,
    processes: Vec<(String, Process)>,
    apiserver: Vec<String>,
    etcd_port: u16,
    port: u16,
    url: String,
    admin: Pair,
}

impl<'a> Starting<'a> {
    fn new(folder: &'a TempDir) -> Result<Self> {
        let folder = folder.path();
        let authority = Authority::new()?;
        let serving = authority.serving()?;
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
        write("ca.crt", authority.certificate())?;
        write("serving.crt", &serving.certificate)?;
        write("serving.key", &serving.key)?;
        let (private, public) = service_account_keys()?;
        write("service-account.key", &private)?;
        write("service-account.pub", &public)?;
        let admin = authority.client("admin", "system:masters")?;
        let port = free_port()?;
        let url = format!("https://127.0.0.1:{port}");
        Ok(Self {
            folder,
            processes: Vec::new(),
            apiserver: Vec::new(),
            etcd_port: free_port()?,
            port,
            url,
            admin,
        })
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn start(&mut self, program: &str, args: &[String]) -> Result<()> {
        let process = start(program, args, self.folder)?;
        self.processes.push((program.to_owned(), process));
        Ok(())
    }

    fn etcd(&mut self) -> Result<()> {
        let (client, peer) = (self.etcd_port, free_port()?);
        let args = [
            format!("--data-dir={}", self.path("etcd")),
            format!("--listen-client-urls=http://127.0.0.1:{client}"),
            format!("--advertise-client-urls=http://127.0.0.1:{client}"),
            format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
            format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
            format!("--initial-cluster=default=http://127.0.0.1:{peer}"),
            "--unsafe-no-fsync".into(),
            "--log-level=warn".into(),
        ];
        self.start("etcd", &args)
    }

    fn apiserver(&mut self) -> Result<()> {
        self.apiserver = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_port),
            format!("--secure-port={}", self.port),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            "--endpoint-reconciler-type=none".into(),
            format!("--tls-cert-file={}", self.path("serving.crt")),
            format!("--tls-private-key-file={}", self.path("serving.key")),
            format!("--client-ca-file={}", self.path("ca.crt")),
            format!("--cert-dir={}", self.path("generated")),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--service-account-key-file={}", self.path("service-account.pub")),
            format!(
                "--service-account-signing-key-file={}",
                self.path("service-account.key")
            ),
            "--service-cluster-ip-range=10.96.0.0/16".into(),
            "--authorization-mode=RBAC".into(),
            "--allow-privileged=true".into(),
            "--event-ttl=2h".into(),
        ];
        let args = self.apiserver.clone();
        self.start(APISERVER, &args)
    }

    fn controller_manager(&mut self, kubeconfig: &Path) -> Result<()> {
        let args = [
            format!("--kubeconfig={}", kubeconfig.display()),
            format!(
                "--service-account-private-key-file={}",
                self.path("service-account.key")
            ),
            format!("--root-ca-file={}", self.path("ca.crt")),
            format!("--cert-dir={}", self.path("generated")),
            format!("--controllers={CONTROLLERS}"),
            "--bind-address=127.0.0.1".into(),
            format!("--secure-port={}", free_port()?),
            "--leader-elect=false".into(),
            // the defaults throttle a hundred Deployments at once
            "--kube-api-qps=500".into(),
            "--kube-api-burst=1000".into(),
        ];
        self.start("kube-controller-manager", &args)
    }

    fn kubeconfig(&self) -> Result<PathBuf> {
        let encode = |text: &str| STANDARD.encode(text);
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "testbed",
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "admin"}}],
            "clusters": [{"name": "testbed", "cluster": {
                "server": self.url,
                "certificate-authority-data": encode(&std::fs::read_to_string(self.folder.join("ca.crt"))?),
            }}],
            "users": [{"name": "admin", "user": {
                "client-certificate-data": encode(&self.admin.certificate),
                "client-key-data": encode(&self.admin.key),
            }}],
        });
        let path = self.folder.join("kubeconfig");
        std::fs::write(&path, serde_yaml_ng::to_string(&config)?)?;
        Ok(path)
    }
}

fn start(program: &str, args: &[String], folder: &Path) -> Result<Process> {
    let mut command = Command::new(programs::find(program)?);
    command.args(args).env_remove("KUBECONFIG");
    Process::start(program, command, &folder.join(format!("{program}.log")))
}

/// Ready means that the API server says so and that its bootstrap (default namespace, RBAC) has run.
async fn wait_ready(processes: &mut [(String, Process)], kubeconfig: &Path) -> Result<()> {
    let cluster = Cluster::connect(kubeconfig).await?;
    let started = std::time::Instant::now();
    loop {
        for (_, process) in processes.iter_mut() {
            process.check()?;
        }
        if cluster.is_ready().await {
            return Ok(());
        }
        if started.elapsed() > START_TIMEOUT {
            let output = processes
                .last()
                .map(|(_, process)| process.output())
                .unwrap_or_default();
            bail!(
                "the API server is not ready:\n{}",
                crate::process::tail(&output, 30)
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
