//! Sends one request: retries while the server asks to slow down, bounds the wait, turns refusals into errors.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use kube::client::Body;
use kube::core::Status;

use crate::client::Cluster;
use crate::error::ClusterError;

const MAX_TRIES: u32 = 5;
const FIRST_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(30);

/// The client with a layer that repeats requests refused with 429 or 503, after the time that the server names.
pub(crate) fn retrying(client: kube::Client) -> kube::Client {
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |request: Request<Body>| {
        let client = client.clone();
        async move { send(&client, request).await }
    });
    kube::Client::new(service, namespace)
}

async fn send(client: &kube::Client, mut request: Request<Body>) -> Result<Response<Body>, kube::Error> {
    for attempt in 1..MAX_TRIES {
        let Some(again) = duplicate(&request) else { break };
        let response = client.send(request).await?;
        if !asks_to_wait(response.status()) {
            return Ok(response);
        }
        let delay = delay(&response, attempt);
        tracing::debug!(
            status = response.status().as_u16(),
            ?delay,
            "API server asks to wait"
        );
        tokio::time::sleep(delay).await;
        request = again;
    }
    client.send(request).await
}

fn asks_to_wait(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// `Retry-After` in seconds when the server gives it, else growing, always with jitter and a bound.
fn delay(response: &Response<Body>, attempt: u32) -> Duration {
    let named = response.headers().get(http::header::RETRY_AFTER);
    let named = named
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    let base = named.map_or(FIRST_DELAY * 2_u32.pow(attempt - 1), Duration::from_secs);
    base.min(MAX_DELAY).mul_f64(rand::random_range(1.0..1.2))
}

fn duplicate(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

impl Cluster {
    /// Sends the request with this identity and gives the body of a successful answer.
    pub(crate) async fn execute(&self, request: Request<Vec<u8>>) -> Result<Bytes, ClusterError> {
        execute(&self.client(), request, self.request_timeout()).await
    }
}

pub(crate) async fn execute(
    client: &kube::Client,
    request: Request<Vec<u8>>,
    limit: Duration,
) -> Result<Bytes, ClusterError> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let answer = async {
        let response = client.send(request.map(Body::from)).await?;
        let status = response.status();
        Ok::<_, kube::Error>((status, response.into_body().collect_bytes().await?))
    };
    let answer = tokio::time::timeout(limit, answer).await;
    let (status, body) = answer.map_err(|_| ClusterError::Timeout {
        message: format!("{what}: no answer within {} s", limit.as_secs_f32()),
    })??;
    if status.is_success() {
        Ok(body)
    } else {
        Err(refusal(status, &body))
    }
}

/// Not every refusal is a `Status`: proxies answer with text or HTML, of which the start is kept.
fn refusal(status: StatusCode, body: &Bytes) -> ClusterError {
    let parsed = serde_json::from_slice::<Status>(body)
        .ok()
        // that of a field which a kind does not have carries no reason
        .filter(|status| !status.reason.is_empty() || !status.message.is_empty());
    let mut parsed = parsed.unwrap_or_else(|| {
        let text: String = String::from_utf8_lossy(body).trim().chars().take(512).collect();
        let text = if text.is_empty() { status.to_string() } else { text };
        Status::failure(&text, "")
    });
    // without a reason it may be a proxy's text that looks like a Status
    if parsed.code == 0 || parsed.reason.is_empty() {
        parsed.code = status.as_u16();
    }
    ClusterError::from_status(&parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn refusing(times: u32, after: &'static str, calls: Arc<AtomicU32>) -> kube::Client {
        let service = tower::service_fn(move |_request: Request<Body>| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            let answer = if call < times {
                Response::builder()
                    .status(429)
                    .header("Retry-After", after)
                    .body(Body::from(b"slow".to_vec()))
            } else {
                Response::builder().status(200).body(Body::from(b"{}".to_vec()))
            };
            async move { answer }
        });
        kube::Client::new(service, "default")
    }

    fn get() -> Request<Vec<u8>> {
        Request::get("/api/v1/namespaces/a")
            .body(Vec::new())
            .expect("a request")
    }

    /// K4: 429 with Retry-After is waited out.
    #[tokio::test]
    async fn waits_as_long_as_the_server_asks() {
        let calls = Arc::new(AtomicU32::new(0));
        let client = retrying(refusing(2, "1", calls.clone()));
        let start = tokio::time::Instant::now();
        execute(&client, get(), Duration::from_secs(60))
            .await
            .expect("the third try is answered");
        assert_eq!(calls.load(Ordering::SeqCst), 3);
        assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    }

    /// K4: retries are bounded.
    #[tokio::test]
    async fn gives_up_after_some_tries() {
        let calls = Arc::new(AtomicU32::new(0));
        let client = retrying(refusing(100, "0", calls.clone()));
        let error = execute(&client, get(), Duration::from_secs(60))
            .await
            .expect_err("never answered");
        assert!(matches!(error, ClusterError::TooManyRequests { .. }), "{error:?}");
        assert_eq!(calls.load(Ordering::SeqCst), MAX_TRIES);
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let told = |body: &'static str| {
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                &Bytes::from_static(body.as_bytes()),
            )
            .to_string()
        };
        let status = r#"{"kind":"Status","metadata":{},"status":"Failure","message":".spec.a: field not declared","code":500}"#;
        assert_eq!(told(status), ".spec.a: field not declared");
        assert_eq!(told("<html>bad gateway</html>\n"), "<html>bad gateway</html>");
        assert_eq!(told("{}"), "{}");
        assert_eq!(told(""), "500 Internal Server Error");
    }

    #[tokio::test]
    async fn a_silent_server_is_a_timeout() {
        let service = tower::service_fn(|_request: Request<Body>| async {
            std::future::pending::<()>().await;
            Response::builder().body(Body::empty())
        });
        let client = kube::Client::new(service, "default");
        let error = execute(&client, get(), Duration::from_secs(5))
            .await
            .expect_err("no answer");
        assert!(
            matches!(&error, ClusterError::Timeout { message } if message.contains("/namespaces/a")),
            "{error:?}"
        );
    }
}
