//! An HTTP server on loopback in the background runtime; what it answers is its router's matter.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Result;
use axum::Router;
use tokio_util::task::AbortOnDropHandle;

use crate::runtime;

/// A free port that is listened on, before the router that may want to know it.
pub(crate) struct Socket {
    listener: TcpListener,
    port: u16,
}

impl Socket {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No port can be had.
    pub(crate) fn bind() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address of a path, which starts with no slash.
    pub(crate) fn url(&self, path: &str) -> String {
        url(self.port, path)
    }

    /// Answers from now on.
    pub(crate) fn serve(self, router: Router) -> HttpServer {
        let Self { listener, port } = self;
        let task = runtime::background().spawn(async move {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                let _ = axum::serve(listener, router).await;
            }
        });
        HttpServer {
            _task: AbortOnDropHandle::new(task),
            port,
        }
    }
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct HttpServer {
    _task: AbortOnDropHandle<()>,
    port: u16,
}

impl HttpServer {
    /// The address of a path, which starts with no slash.
    pub(crate) fn url(&self, path: &str) -> String {
        url(self.port, path)
    }
}

fn url(port: u16, path: &str) -> String {
    format!("http://127.0.0.1:{port}/{path}")
}
