//! The real `git http-backend` behind an HTTP server on loopback.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt as _;
use tempfile::TempDir;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::http_server::{HttpServer, Socket};
use crate::process::temp_folder;
use crate::repository::{ISOLATED, Repository};

/// Serves every repository below its root.
#[derive(Debug)]
pub struct GitHttpServer {
    server: HttpServer,
    shared: Arc<Shared>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    login: Mutex<Option<(String, String)>>,
    failure: AtomicU16,
    advertisements: AtomicU64,
    packs: AtomicU64,
}

impl GitHttpServer {
    /// Starts on a free port.
    ///
    /// # Errors
    /// No folder or port can be had.
    pub async fn start() -> Result<Self> {
        let folder = temp_folder("git")?;
        let shared = Arc::new(Shared {
            root: folder.path().to_owned(),
            login: Mutex::new(None),
            failure: AtomicU16::new(0),
            advertisements: AtomicU64::new(0),
            packs: AtomicU64::new(0),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        Ok(Self {
            server: Socket::bind()?.serve(router),
            shared,
            _folder: folder,
        })
    }

    /// Makes an empty repository.
    ///
    /// # Errors
    /// git fails.
    pub fn create(&self, name: &str) -> Result<Repository> {
        Repository::create(&self.shared.root, name)
    }

    /// The address of a repository.
    pub fn url(&self, repository: &Repository) -> String {
        self.server.url(&repository.name())
    }

    /// The folder of the repositories.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// From now on only this user gets in; none lets everybody in.
    pub fn require_login(&self, login: Option<(&str, &str)>) {
        if let Ok(mut slot) = self.shared.login.lock() {
            *slot = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        }
    }

    /// From now on every request fails with this status; none ends it.
    pub fn fail_with(&self, status: Option<u16>) {
        self.shared.failure.store(status.unwrap_or(0), Ordering::SeqCst);
    }

    /// How often references were asked for.
    pub fn advertisements(&self) -> u64 {
        self.shared.advertisements.load(Ordering::SeqCst)
    }

    /// How often objects were asked for.
    pub fn packs(&self) -> u64 {
        self.shared.packs.load(Ordering::SeqCst)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let failure = shared.failure.load(Ordering::SeqCst);
    if let Ok(status) = StatusCode::from_u16(failure) {
        return plain(status, "this server is told to fail");
    }
    if !admits(&shared, request.headers()) {
        let mut response = plain(StatusCode::UNAUTHORIZED, "wrong or missing credentials");
        response.headers_mut().insert(
            "www-authenticate",
            HeaderValue::from_static("Basic realm=\"git\""),
        );
        return response;
    }
    match request.uri().path() {
        path if path.ends_with("/info/refs") => shared.advertisements.fetch_add(1, Ordering::SeqCst),
        path if path.ends_with("/git-upload-pack") => shared.packs.fetch_add(1, Ordering::SeqCst),
        _ => 0,
    };
    match run_backend(&shared, request).await {
        Ok(response) => response,
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    response
}

fn admits(shared: &Shared, headers: &HeaderMap) -> bool {
    let Ok(login) = shared.login.lock() else {
        return false;
    };
    let Some((user, password)) = login.as_ref() else {
        return true;
    };
    let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    headers
        .get("authorization")
        .is_some_and(|value| value.as_bytes() == wanted.as_bytes())
}

/// Runs `git http-backend` as CGI (RFC 3875).
async fn run_backend(shared: &Shared, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut child = tokio::process::Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(ISOLATED)
        .env("GIT_PROJECT_ROOT", &shared.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", header("content-length"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("HTTP_GIT_PROTOCOL", header("git-protocol"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", "testbed")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin of git http-backend")?;
    let mut stdout = BufReader::new(child.stdout.take().context("stdout of git http-backend")?);
    tokio::spawn(async move {
        let mut body = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
        let _ = tokio::io::copy(&mut body, &mut stdin).await;
    });
    let mut response = read_cgi_head(&mut stdout).await?;
    // the child moves along with its output, so that a client that leaves ends it
    let output = ReaderStream::new(stdout).inspect_ok(move |_| {
        let _ = &child;
    });
    *response.body_mut() = Body::from_stream(output);
    Ok(response)
}

async fn read_cgi_head(stdout: &mut (impl AsyncBufRead + Unpin)) -> Result<Response> {
    let mut response = Response::new(Body::empty());
    let mut line = String::new();
    loop {
        line.clear();
        if stdout.read_line(&mut line).await? == 0 {
            anyhow::bail!("git http-backend gave no header");
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            return Ok(response);
        };
        if name.eq_ignore_ascii_case("status") {
            *response.status_mut() = StatusCode::from_bytes(&value.as_bytes()[..3])?;
        } else {
            response.headers_mut().insert(
                HeaderName::from_bytes(name.as_bytes())?,
                HeaderValue::from_str(value)?,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Change, git};
    use crate::{Checkout, process};

    #[tokio::test]
    async fn serves_clones_and_pushes_to_those_who_may() {
        let server = GitHttpServer::start().await.unwrap();
        let repository = server.create("app").unwrap();
        repository
            .commit("main", "first", &[Change::text("a.txt", "a\n")])
            .unwrap();
        let url = server.url(&repository);
        let pushed = tokio::task::spawn_blocking({
            let url = url.clone();
            move || {
                let checkout = Checkout::clone(&url)?;
                checkout.replace("a.txt", "a", "b")?;
                checkout.push("second")
            }
        })
        .await
        .unwrap()
        .unwrap();
        assert_eq!(repository.git(&["rev-parse", "main"]).unwrap(), pushed);
        assert!(server.advertisements() >= 2 && server.packs() >= 1);

        server.require_login(Some(("bob", "pass")));
        let refused = git(None, &["ls-remote", &url]).unwrap_err().to_string();
        assert!(
            refused.contains("could not read Username") || refused.contains("Authentication"),
            "{refused}"
        );
        let with_login = url.replace("://", "://bob:pass@");
        assert!(git(None, &["ls-remote", &with_login]).unwrap().contains(&pushed));

        server.fail_with(Some(503));
        assert!(
            git(None, &["ls-remote", &with_login])
                .unwrap_err()
                .to_string()
                .contains("503")
        );
        drop(process::temp_folder("unused").unwrap());
    }
}
