//! The events endpoint: other controllers post their events here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::ingest::{MAX_BODY, parse_event};
use crate::router::{Admission, Router};

const MAX_HEADERS: usize = 256 * 1024;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 256;
const LONGEST_SHUTDOWN: Duration = Duration::from_secs(5);

/// Serves until `stop`, then lets running requests end (for at most 5 s).
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => connect(stream, router.clone(), permit, &connections),
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection of the events endpoint");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    if tokio::time::timeout(LONGEST_SHUTDOWN, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("connections of the events endpoint were still open at the end");
    }
}

fn connect(stream: TcpStream, router: Router, permit: OwnedSemaphorePermit, connections: &GracefulShutdown) {
    let service = hyper::service::service_fn(move |request| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(handle(&router, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADERS);
    let connection = connections.watch(builder.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection of the events endpoint failed");
        }
        drop(permit);
    });
}

/// 202 accepted, 400 no event, 405 no POST, 408 too slow, 413 too large, 429 duplicate, 503 overloaded.
async fn handle(router: &Router, request: Request<Incoming>) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status(router, request).await;
    response
}

async fn status(router: &Router, request: Request<Incoming>) -> StatusCode {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let reading = Limited::new(request.into_body(), MAX_BODY).collect();
    let Ok(read) = tokio::time::timeout(BODY_TIMEOUT, reading).await else {
        return StatusCode::REQUEST_TIMEOUT;
    };
    let body = match read {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => return StatusCode::BAD_REQUEST,
    };
    let event = match parse_event(&body) {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!(%error, "refused a posted event");
            return StatusCode::BAD_REQUEST;
        }
    };
    match router.accept(event) {
        Admission::Accepted => StatusCode::ACCEPTED,
        Admission::Duplicate => StatusCode::TOO_MANY_REQUESTS,
        Admission::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
