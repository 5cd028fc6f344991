//! Serves artifacts over HTTP at the paths of `status.artifact.url`: GET, HEAD, ranges, If-Modified-Since.

mod range;

use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cap_std::fs_utf8::File;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::owner::check_path;
use crate::store::ArtifactStore;
use range::Wanted;

/// The routes of the artifact server. `/` answers 200, as Flux's readiness probe asks for it; folders are not listed.
pub fn router(store: Arc<ArtifactStore>) -> Router {
    Router::new()
        .route("/", get(|| async { "sluice artifacts\n" }))
        .fallback(serve)
        .with_state(store)
}

/// An open artifact with what a response says of it.
struct Served {
    file: File,
    size: u64,
    modified: SystemTime,
    content_type: &'static str,
}

async fn serve(State(store): State<Arc<ArtifactStore>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path().to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&store, &path)).await;
    match opened {
        Ok(Ok(served)) => respond(served, request.method(), request.headers()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => not_found(),
        Ok(Err(error)) => {
            tracing::error!(path = request.uri().path(), %error, "failed to open an artifact");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an artifact request was lost");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "no such artifact\n").into_response()
}

/// Opens `/<kind>/<namespace>/<name>/<file>`; every other path is not found, so that nothing else of the folder shows.
fn open(store: &ArtifactStore, path: &str) -> io::Result<Served> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let path = path.strip_prefix('/').ok_or_else(missing)?;
    let path = percent_decode_str(path).decode_utf8().map_err(|_| missing())?;
    check_path(&path).map_err(|_| missing())?;
    let file = store.root.open(path.as_ref())?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(missing());
    }
    let content_type = match path.rsplit_once('.') {
        Some((_, "gz" | "tgz")) => "application/gzip",
        Some((_, "yaml")) => "text/yaml; charset=utf-8",
        _ => "application/octet-stream",
    };
    Ok(Served {
        file,
        size: meta.len(),
        modified: meta.modified()?.into_std(),
        content_type,
    })
}

fn respond(served: Served, method: &Method, headers: &HeaderMap) -> Response {
    if is_unmodified(headers, served.modified) {
        return (StatusCode::NOT_MODIFIED, last_modified(served.modified)).into_response();
    }
    let (status, start, length) = match range::wanted(headers, served.modified, served.size) {
        Wanted::All => (StatusCode::OK, 0, served.size),
        Wanted::Part { start, length } => (StatusCode::PARTIAL_CONTENT, start, length),
        Wanted::Unsatisfiable => {
            let content_range = format!("bytes */{}", served.size);
            return (
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(header::CONTENT_RANGE, content_range)],
            )
                .into_response();
        }
    };
    let mut out = last_modified(served.modified);
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(served.content_type),
    );
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CONTENT_LENGTH, length.into());
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {start}-{}/{}", start + length - 1, served.size);
        out.extend(
            HeaderValue::try_from(text)
                .ok()
                .map(|value| (header::CONTENT_RANGE, value)),
        );
    }
    if method == Method::HEAD {
        return (status, out).into_response();
    }
    match body(served.file, start, length) {
        Ok(body) => (status, out, body).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to read an artifact");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn body(file: File, start: u64, length: u64) -> io::Result<Body> {
    let mut file = file.into_std();
    file.seek(SeekFrom::Start(start))?;
    let file = tokio::fs::File::from_std(file).take(length);
    Ok(Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)))
}

fn last_modified(at: SystemTime) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(httpdate::fmt_http_date(at)).ok();
    headers.extend(value.map(|value| (header::LAST_MODIFIED, value)));
    headers
}

/// Dates on the wire have whole seconds.
fn is_unmodified(headers: &HeaderMap, modified: SystemTime) -> bool {
    let since = headers
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok());
    let Some(since) = since.and_then(|text| httpdate::parse_http_date(text).ok()) else {
        return false;
    };
    modified < since + Duration::from_secs(1)
}

#[cfg(test)]
mod tests;
