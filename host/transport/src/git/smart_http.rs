//! The streams of Git's smart HTTP protocol (gitprotocol-http) over the checked client.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method};
use sluice_model::port::EndpointError;
use url::Url;

use crate::client::{Outgoing, classify, read_body, retry_after};
use crate::git::url::below;
use crate::git::wire::{Operation, take};

/// Largest list of references that is read: about a million of them.
const MAX_ADVERTISEMENT: usize = 96 * 1024 * 1024;
/// Longest pkt-line, with its length.
const MAX_LINE: usize = 65520;
/// Most bytes that are read of an answer that is left, and how long that may take.
const MAX_DRAINED: usize = 64 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);
const SERVICE: &str = "git-upload-pack";

/// What a server says before the first request: references and capabilities.
#[derive(Clone)]
pub(crate) struct Advertisement {
    bytes: Bytes,
    /// Where the repository is, after redirects.
    base: Url,
}

impl Advertisement {
    /// The bytes as libgit2 reads them; fetched once an endpoint.
    pub fn read(operation: &Operation) -> Result<Bytes, EndpointError> {
        let known = operation.wire.advertisement.lock().clone();
        let seen = match known {
            Some(seen) => seen,
            None => {
                let fetched = operation.wait(Self::fetch(operation))?;
                operation.count(fetched.bytes.len())?;
                operation.wire.advertisement.lock().insert(fetched).clone()
            }
        };
        if operation.any_commit {
            Ok(allow_reachable(&seen.bytes))
        } else {
            Ok(seen.bytes)
        }
    }

    async fn fetch(operation: &Operation) -> Result<Self, EndpointError> {
        let wire = &operation.wire;
        let mut url = below(&wire.url.base, "info/refs");
        url.set_query(Some("service=git-upload-pack"));
        let mut headers = wire.credentials.headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let request = Outgoing {
            method: Method::GET,
            url,
            headers,
            body: Bytes::new(),
        };
        let response = wire.client.send(request).await?;
        check_status(&response)?;
        let smart = response.headers().get(CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes()
                .starts_with(b"application/x-git-upload-pack-advertisement")
        });
        if !smart {
            return Err(EndpointError::Failed(
                "the server does not answer as a Git repository (no smart HTTP protocol)".into(),
            ));
        }
        let mut base = response.url().clone();
        base.set_query(None);
        let path = base
            .path()
            .strip_suffix("/info/refs")
            .unwrap_or(base.path())
            .to_owned();
        base.set_path(&path);
        let bytes = read_body(response, MAX_ADVERTISEMENT).await?;
        Ok(Self { bytes, base })
    }
}

/// Adds the capability `allow-reachable-sha1-in-want` to an advertisement. A stateless server accepts any commit that
/// its references reach (git's upload-pack, `check_non_tip`) whether it says so or not; libgit2 asks only when it
/// is said. A server that refuses is asked for the whole history instead.
fn allow_reachable(bytes: &Bytes) -> Bytes {
    let Some((start, end)) = capability_line(bytes) else {
        return bytes.clone();
    };
    let added = b" allow-reachable-sha1-in-want";
    if end - start + added.len() > MAX_LINE {
        return bytes.clone();
    }
    let line = &bytes[start + 4..end];
    let (text, newline) = line
        .strip_suffix(b"\n")
        .map_or((line, &b""[..]), |text| (text, &b"\n"[..]));
    let head = format!("{:04x}", end - start + added.len());
    [
        &bytes[..start],
        head.as_bytes(),
        text,
        added,
        newline,
        &bytes[end..],
    ]
    .concat()
    .into()
}

/// Where the first line with a NUL (the first reference with the capabilities) starts and ends (gitprotocol-common,
/// pkt-line).
fn capability_line(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    loop {
        let length = std::str::from_utf8(bytes.get(start..start + 4)?).ok()?;
        let length = usize::from_str_radix(length, 16).ok()?;
        let end = start + length.max(4);
        if bytes.get(start + 4..end)?.contains(&0) {
            return Some((start, end));
        }
        start = end;
    }
}

/// One request and its answer.
pub(crate) struct HttpStream {
    operation: Arc<Operation>,
    state: State,
}

enum State {
    Writing(Vec<u8>),
    Reading(Box<reqwest::Response>, Bytes),
    Done,
}

impl HttpStream {
    pub fn new(operation: Arc<Operation>) -> Self {
        Self {
            operation,
            state: State::Writing(Vec::new()),
        }
    }

    fn post(&self, body: Vec<u8>) -> Result<reqwest::Response, EndpointError> {
        let wire = &self.operation.wire;
        let base = wire.advertisement.lock().as_ref().map(|seen| seen.base.clone());
        let url = below(&base.unwrap_or_else(|| wire.url.base.clone()), SERVICE);
        let mut headers = wire.credentials.headers.clone();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-git-upload-pack-request"),
        );
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/x-git-upload-pack-result"),
        );
        let request = Outgoing {
            method: Method::POST,
            url,
            headers,
            body: body.into(),
        };
        self.operation.wait(async {
            let response = wire.client.send(request).await?;
            check_status(&response)?;
            Ok(response)
        })
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, EndpointError> {
        if let State::Writing(body) = &mut self.state {
            let body = std::mem::take(body);
            let response = self.post(body)?;
            self.state = State::Reading(Box::new(response), Bytes::new());
        }
        let State::Reading(response, chunk) = &mut self.state else {
            return Ok(0);
        };
        while chunk.is_empty() {
            let next = async { response.chunk().await.map_err(|error| classify(&error)) };
            match self.operation.wait(next)? {
                Some(next) => *chunk = next,
                None => {
                    self.state = State::Done;
                    return Ok(0);
                }
            }
        }
        let length = take(chunk, buffer);
        self.operation.count(length)?;
        Ok(length)
    }
}

/// libgit2 leaves an answer when it has what it wants. Read to its end, the connection serves the next request.
impl Drop for HttpStream {
    fn drop(&mut self) {
        let State::Reading(response, _) = &mut self.state else {
            return;
        };
        let drain = async {
            let mut left = MAX_DRAINED;
            while let Ok(Some(chunk)) = response.chunk().await {
                match left.checked_sub(chunk.len()) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        let limited = async { tokio::time::timeout(DRAIN_TIMEOUT, drain).await };
        // Whether it was drained or not: the stream is gone.
        let _ = self.operation.wire.runtime.block_on(limited);
    }
}

impl Read for HttpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_some(buffer).map_err(|error| self.operation.fail(error))
    }
}

impl Write for HttpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Writing(body) => {
                body.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the request was sent already")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_status(response: &reqwest::Response) -> Result<(), EndpointError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    Err(match status.as_u16() {
        401 => {
            EndpointError::Unauthorized("authentication required or credentials refused (status 401)".into())
        }
        403 => EndpointError::Unauthorized("authorization failed (status 403)".into()),
        404 | 410 => EndpointError::NotFound(format!("repository not found (status {})", status.as_u16())),
        408 | 425 | 429 | 500..=599 => EndpointError::Transient {
            message: format!("the server answered with status {}", status.as_u16()),
            after_ms: retry_after(response.headers()),
        },
        code => EndpointError::Failed(format!("the server answered with status {code}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_capability_to_the_first_reference() {
        let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
        let oid = "1".repeat(40);
        let first = line(&format!("{oid} HEAD\0multi_ack thin-pack\n"));
        let second = line(&format!("{oid} refs/heads/main\n"));
        let text = format!("{}0000{first}{second}0000", line("# service=git-upload-pack\n"));
        let changed = allow_reachable(&Bytes::from(text.clone()));
        let wanted = line(&format!(
            "{oid} HEAD\0multi_ack thin-pack allow-reachable-sha1-in-want\n"
        ));
        assert_eq!(changed, text.replace(&first, &wanted));
        for garbage in ["", "\0", "0000\0", "0000zzzz\0", "0000ffff\0"] {
            assert_eq!(allow_reachable(&Bytes::from(garbage)), garbage);
        }
    }
}
