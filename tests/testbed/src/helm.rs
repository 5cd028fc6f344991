//! Repositories of Helm charts on loopback, filled by the real helm: `HELM_BIN`, else `helm` in the cache of built programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use tempfile::TempDir;

use crate::http_server::{HttpServer, Socket};
use crate::process::temp_folder;
use crate::programs;

/// The helm program.
#[derive(Debug, Clone)]
pub struct Helm(PathBuf);

impl Helm {
    /// `HELM_BIN`, else the helm of the cache of built programs, built first when it is missing.
    ///
    /// # Errors
    /// The build fails.
    pub fn find() -> Result<Self> {
        let program = match std::env::var_os("HELM_BIN") {
            Some(path) => PathBuf::from(path),
            None => programs::find("helm")?,
        };
        Ok(Self(program))
    }

    /// Runs a command and gives its output.
    ///
    /// # Errors
    /// It does not end with 0.
    pub fn run(&self, args: &[&str]) -> Result<String> {
        let home = temp_folder("helm-home")?;
        let output = Command::new(&self.0)
            .args(args)
            .env("HOME", home.path())
            .env("HELM_CACHE_HOME", home.path())
            .env("HELM_CONFIG_HOME", home.path())
            .env("HELM_DATA_HOME", home.path())
            .output()
            .context("run helm")?;
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("helm {}: {}\n{text}", args.join(" "), output.status);
        }
        Ok(text)
    }
}

/// Files of a chart, by their paths in it.
pub type ChartFiles<'a> = &'a [(&'a str, &'a str)];

/// One request that a repository got: its path and its Authorization header.
pub type Asked = (String, Option<String>);

#[derive(Debug)]
struct Shared {
    folder: TempDir,
    /// What an Authorization header must be; none lets everybody in.
    login: Option<String>,
    asked: Mutex<Vec<Asked>>,
}

/// A repository of charts over HTTP.
#[derive(Debug)]
pub struct ChartServer {
    helm: Helm,
    server: HttpServer,
    shared: Arc<Shared>,
}

impl ChartServer {
    /// Starts on a free port, open to everybody or to one user with a password.
    ///
    /// # Errors
    /// No port can be had.
    pub fn start(helm: &Helm, login: Option<(&str, &str)>) -> Result<Self> {
        let login = login.map(|(username, password)| {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
            format!("Basic {text}")
        });
        let shared = Arc::new(Shared {
            folder: temp_folder("charts")?,
            login,
            asked: Mutex::default(),
        });
        let router = Router::new().fallback(give).with_state(shared.clone());
        Ok(Self {
            helm: helm.clone(),
            server: Socket::bind()?.serve(router),
            shared,
        })
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.url("charts")
    }

    /// Packs a chart with helm and gives the file.
    ///
    /// # Errors
    /// helm fails.
    pub fn package(&self, files: ChartFiles<'_>) -> Result<PathBuf> {
        package(&self.helm, files, self.shared.folder.path())
    }

    /// Writes the index of all charts with helm; their addresses are relative, or below `url`.
    ///
    /// # Errors
    /// helm fails.
    pub fn index(&self, url: Option<&str>) -> Result<()> {
        let folder = self.shared.folder.path().to_string_lossy().into_owned();
        let mut args = vec!["repo", "index", &folder];
        if let Some(url) = url {
            args.extend(["--url", url]);
        }
        self.helm.run(&args).map(drop)
    }

    /// Puts a file beside the charts.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        Ok(std::fs::write(self.shared.folder.path().join(name), bytes)?)
    }

    /// The requests since the last call.
    pub fn take_asked(&self) -> Vec<Asked> {
        let mut asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *asked)
    }
}

/// Packs a chart with helm into a folder and gives the file.
///
/// # Errors
/// helm fails, or a file cannot be written.
pub fn package(helm: &Helm, files: ChartFiles<'_>, to: &Path) -> Result<PathBuf> {
    let folder = temp_folder("chart")?;
    for (path, text) in files {
        let path = folder.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    let (from, into) = (
        folder.path().to_string_lossy().into_owned(),
        to.to_string_lossy().into_owned(),
    );
    let told = helm.run(&["package", &from, "--destination", &into])?;
    let path = told.lines().find_map(|line| line.split_once("saved it to: "));
    path.map(|(_, path)| PathBuf::from(path.trim()))
        .with_context(|| format!("helm package names no file: {told}"))
}

async fn give(State(shared): State<Arc<Shared>>, headers: HeaderMap, uri: Uri) -> Result<Bytes, StatusCode> {
    let authorization = headers
        .get("authorization")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let allowed = shared.login.is_none() || authorization == shared.login;
    shared
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((uri.path().to_owned(), authorization));
    if !allowed {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let bytes = tokio::fs::read(shared.folder.path().join(name)).await;
    bytes.map(Bytes::from).map_err(|_| StatusCode::NOT_FOUND)
}
