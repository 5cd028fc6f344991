//! A webhook receiver on loopback: records what it gets and checks its signature.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use hmac::Hmac;
use serde_json::Value;
use sha2::{Sha256, Sha512};

use crate::http_server::{HttpServer, Socket};
use crate::wait::eventually_ok;

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Path and query.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub body: Bytes,
    /// When it came.
    pub at: Instant,
}

impl Delivery {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether `X-Signature: <algorithm>=<hex>` is the HMAC of the body with this key.
    pub fn is_signed_with(&self, key: &[u8]) -> bool {
        let signature = self
            .headers
            .get("x-signature")
            .and_then(|value| value.to_str().ok());
        let Some((algorithm, digits)) = signature.and_then(|text| text.split_once('=')) else {
            return false;
        };
        let Ok(code) = hex::decode(digits) else {
            return false;
        };
        match algorithm {
            "sha256" => verify::<Hmac<Sha256>>(key, &self.body, &code),
            "sha512" => verify::<Hmac<Sha512>>(key, &self.body, &code),
            _ => false,
        }
    }
}

fn verify<M: hmac::Mac + hmac::digest::KeyInit>(key: &[u8], body: &[u8], code: &[u8]) -> bool {
    <M as hmac::Mac>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(body).verify_slice(code).is_ok())
}

#[derive(Debug, Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    failures: Mutex<usize>,
}

/// A running receiver.
#[derive(Debug)]
pub struct Receiver {
    server: HttpServer,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Starts on a free port.
    ///
    /// # Errors
    /// No port can be had.
    pub fn start() -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(take).with_state(shared.clone());
        Ok(Self {
            server: Socket::bind()?.serve(router),
            shared,
        })
    }

    /// The address of a path of it.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// The next so many requests get status 503; they are recorded too.
    pub fn fail_next(&self, count: usize) {
        if let Ok(mut failures) = self.shared.failures.lock() {
            *failures = count;
        }
    }

    /// Everything that came in so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared
            .deliveries
            .lock()
            .map(|deliveries| deliveries.clone())
            .unwrap_or_default()
    }

    /// The first delivery that `test` accepts.
    ///
    /// # Errors
    /// None came within `timeout`; the error lists what did.
    pub async fn wait_for(&self, timeout: Duration, test: impl Fn(&Delivery) -> bool) -> Result<Delivery> {
        let test = &test;
        eventually_ok(timeout, "a delivery arrives", || async move {
            let all = self.deliveries();
            let found = all.iter().find(|delivery| test(delivery)).cloned();
            found.with_context(|| {
                let bodies: Vec<_> = all
                    .iter()
                    .map(|it| String::from_utf8_lossy(&it.body).into_owned())
                    .collect();
                format!("{} came: {bodies:?}", all.len())
            })
        })
        .await
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let delivery = Delivery {
        path: uri.to_string(),
        headers,
        body,
        at: Instant::now(),
    };
    if let Ok(mut deliveries) = shared.deliveries.lock() {
        deliveries.push(delivery);
    }
    match shared.failures.lock() {
        Ok(mut failures) if *failures > 0 => {
            *failures -= 1;
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn records_and_verifies() {
        crate::runtime::choose_tls_provider();
        let receiver = Receiver::start().unwrap();
        let body = br#"{"reason":"Testing"}"#;
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(b"key").unwrap();
        hmac::Mac::update(&mut mac, body);
        let signature = format!("sha256={}", hex::encode(hmac::Mac::finalize(mac).into_bytes()));
        receiver.fail_next(1);
        let client = reqwest::Client::new();
        for status in [503, 200] {
            let request = client
                .post(receiver.url("hook?x=1"))
                .header("X-Signature", &signature)
                .body(body.to_vec());
            assert_eq!(request.send().await.unwrap().status(), status);
        }
        let delivery = receiver
            .wait_for(Duration::from_secs(1), |it| it.json()["reason"] == "Testing")
            .await
            .unwrap();
        assert_eq!(delivery.path, "/hook?x=1");
        assert!(delivery.is_signed_with(b"key") && !delivery.is_signed_with(b"other"));
        assert_eq!(receiver.deliveries().len(), 2);
    }
}
