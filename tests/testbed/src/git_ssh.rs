//! A git server over SSH on loopback: the Go program of `tests/controlplane/go/gitssh`.

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;
use tempfile::TempDir;

use crate::process::temp_folder;
use crate::programs;
use crate::repository::{ISOLATED, Repository};

/// Serves every repository below its root to the owner of one key.
#[derive(Debug)]
pub struct GitSshServer {
    child: Child,
    // the server ends when this closes, also when its owner is killed
    _stdin: Option<ChildStdin>,
    folder: TempDir,
    ready: Ready,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    address: String,
    host_key: String,
}

impl GitSshServer {
    /// Starts on a free port with new keys.
    ///
    /// # Errors
    /// The program cannot be built or started.
    pub fn start() -> Result<Self> {
        let folder = temp_folder("git-ssh")?;
        let file = |name: &str| folder.path().join(name);
        std::fs::create_dir(file("repositories"))?;
        let mut child = Command::new(programs::find("gitssh")?)
            .arg("--root")
            .arg(file("repositories"))
            .arg("--host-key")
            .arg(file("host"))
            .arg("--client-key")
            .arg(file("client"))
            .envs(ISOLATED)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(file("log"))?)
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("stdout of gitssh")?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        let ready = serde_json::from_str(&line).context("gitssh did not start")?;
        Ok(Self {
            child,
            _stdin: stdin,
            folder,
            ready,
        })
    }

    /// The folder of the repositories.
    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("repositories")
    }

    /// Makes an empty repository.
    ///
    /// # Errors
    /// git fails.
    pub fn create(&self, name: &str) -> Result<Repository> {
        Repository::create(&self.root(), name)
    }

    /// The address of a repository.
    pub fn url(&self, repository: &Repository) -> String {
        format!("ssh://git@{}/{}", self.ready.address, repository.name())
    }

    /// The `known_hosts` line of this server.
    pub fn known_hosts(&self) -> String {
        let (host, port) = self
            .ready
            .address
            .rsplit_once(':')
            .unwrap_or((&self.ready.address, "22"));
        format!("[{host}]:{port} {}", self.ready.host_key)
    }

    /// The private key of the one client that gets in, OpenSSH format.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn client_key(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.client_key_file())?)
    }

    /// Where that key is.
    pub fn client_key_file(&self) -> std::path::PathBuf {
        self.folder.path().join("client")
    }

    /// What the server had to say.
    pub fn output(&self) -> String {
        std::fs::read_to_string(Path::join(self.folder.path(), "log")).unwrap_or_default()
    }
}

impl Drop for GitSshServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
