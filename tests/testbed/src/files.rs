//! An HTTP server of files on loopback: what a test puts there, byte for byte.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};

use crate::http_server::{HttpServer, Socket};

#[derive(Debug, Default)]
struct Shared {
    files: Mutex<HashMap<String, Bytes>>,
    requests: Mutex<usize>,
}

/// A running server.
#[derive(Debug)]
pub struct FileServer {
    server: HttpServer,
    shared: Arc<Shared>,
}

impl FileServer {
    /// Starts on a free port, without files.
    ///
    /// # Errors
    /// No port can be had.
    pub fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(give).with_state(shared.clone());
        Ok(Self {
            server: Socket::bind()?.serve(router),
            shared,
        })
    }

    /// Puts a file at `/<name>` and gives its address.
    pub fn put(&self, name: &str, bytes: impl Into<Bytes>) -> String {
        if let Ok(mut files) = self.shared.files.lock() {
            files.insert(format!("/{name}"), bytes.into());
        }
        self.server.url(name)
    }

    /// How many requests came so far.
    pub fn requests(&self) -> usize {
        self.shared
            .requests
            .lock()
            .map(|count| *count)
            .unwrap_or_default()
    }
}

async fn give(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Bytes, StatusCode> {
    if let Ok(mut requests) = shared.requests.lock() {
        *requests += 1;
    }
    let files = shared
        .files
        .lock()
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    files.get(uri.path()).cloned().ok_or(StatusCode::NOT_FOUND)
}
