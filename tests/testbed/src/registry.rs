//! A real OCI registry (CNCF distribution) on loopback.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;

use crate::process::{Process, free_port, temp_folder};
use crate::programs;
use crate::wait::eventually_ok;

/// The user of a registry that asks for a login.
pub const USER: &str = "sluice";
/// That user's password.
pub const PASSWORD: &str = "registry-password";
/// `USER:bcrypt(PASSWORD)`, cost 4.
const HTPASSWD: &str = "sluice:$2b$04$RFfkG/RLEUuaFuhpIA7MfenRYUoYW.ovKvZxp3tnPpVOAG3BUxi6q\n";

/// A running registry.
#[derive(Debug)]
pub struct Registry {
    process: Process,
    port: u16,
    _folder: TempDir,
}

impl Registry {
    /// Starts on a free port, open to everybody.
    ///
    /// # Errors
    /// The program cannot be built or started.
    pub async fn start() -> Result<Self> {
        Self::start_with(false).await
    }

    /// Starts on a free port; only [`USER`] gets in.
    ///
    /// # Errors
    /// The program cannot be built or started.
    pub async fn start_with_login() -> Result<Self> {
        Self::start_with(true).await
    }

    async fn start_with(login: bool) -> Result<Self> {
        crate::runtime::choose_tls_provider();
        let folder = temp_folder("registry")?;
        let port = free_port()?;
        let mut config = json!({
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": folder.path().join("data")}, "delete": {"enabled": true}},
            "http": {"addr": format!("127.0.0.1:{port}"), "secret": "testbed"},
        });
        if login {
            let htpasswd = folder.path().join("htpasswd");
            std::fs::write(&htpasswd, HTPASSWD)?;
            config["auth"] = json!({"htpasswd": {"realm": "testbed", "path": htpasswd}});
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, serde_yaml_ng::to_string(&config)?)?;
        let mut command = Command::new(programs::find("registry")?);
        command
            .arg("serve")
            .arg(&file)
            .env("OTEL_TRACES_EXPORTER", "none");
        let output = folder.path().join("log");
        let process = Process::start("registry", command, &output)?;
        let mut registry = Self {
            process,
            port,
            _folder: folder,
        };
        registry.wait_ready().await?;
        Ok(registry)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let url = format!("http://{}/v2/", self.host());
        let answer = eventually_ok(Duration::from_secs(20), "the registry answers", || async {
            Ok(reqwest::get(&url).await?)
        })
        .await;
        self.process.check()?;
        answer.map(drop)
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The `oci://` address of a repository.
    pub fn url(&self, repository: &str) -> String {
        format!("oci://{}/{repository}", self.host())
    }

    /// What the registry had to say.
    pub fn output(&self) -> String {
        self.process.output()
    }
}
