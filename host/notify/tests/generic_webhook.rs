//! A notification through the real component in the real sandbox, to a real HTTP server.

#![allow(clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use indexmap::IndexMap;
use serde_json::{Value, json};
use sluice_api::{Alert, Provider};
use sluice_model::SecretData;
use sluice_model::event::{Event, ObjectReference};
use sluice_notify::dispatch::Dispatcher;
use sluice_notify::sandboxed::SandboxCatalog;
use sluice_notify::{Admission, AlertReporter, NotifyStore, Router, RouterOptions, parse_event};
use sluice_sandbox::{Embedded, Limits, PluginStore, Sandbox, SandboxConfig};
use sluice_transport::{Transport, TransportOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One request as the server read it: its head in lower case, and its body.
type Received = (String, Vec<u8>);

/// A server that answers with these statuses in turn, then with 200.
async fn webhook(statuses: Vec<u16>) -> (String, mpsc::Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!(
        "http://{}/hook/s3cr3t-path",
        listener.local_addr().expect("an address")
    );
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut statuses = statuses.into_iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            let (head, body) = loop {
                let mut chunk = [0; 4096];
                let count = stream.read(&mut chunk).await.expect("a request");
                read.extend_from_slice(&chunk[..count]);
                if let Some(request) = complete(&read) {
                    break request;
                }
                assert!(count > 0, "the request ended early");
            };
            let status = statuses.next().unwrap_or(200);
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("answered");
            sender.send((head, body)).await.expect("taken");
        }
    });
    (address, receiver)
}

fn complete(read: &[u8]) -> Option<Received> {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?
        .parse::<usize>()
        .ok()?;
    let body = &read[end + 4..];
    (body.len() >= length).then(|| (head, body[..length].to_vec()))
}

struct Store {
    alert: Arc<Alert>,
    provider: Arc<Provider>,
    secret: SecretData,
    warnings: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl NotifyStore for Store {
    fn alerts(&self) -> Vec<Arc<Alert>> {
        vec![self.alert.clone()]
    }

    fn provider(&self, _: &str, _: &str) -> Option<Arc<Provider>> {
        Some(self.provider.clone())
    }

    async fn secret(&self, _: &str, _: &str) -> Result<SecretData, String> {
        Ok(self.secret.clone())
    }

    async fn labels(&self, _: &ObjectReference) -> Result<BTreeMap<String, String>, String> {
        Ok(BTreeMap::new())
    }
}

impl AlertReporter for Store {
    fn warn(&self, _: &Alert, reason: &'static str, message: &str, _: IndexMap<String, String>) {
        drop(self.warnings.send(format!("{reason}: {message}")));
    }
}

async fn plugins() -> PluginStore {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/notify-generic");
    let built =
        tokio::task::spawn_blocking(move || sluice_build::build(&folder, &sluice_build::Options::default()))
            .await
            .expect("built")
            .expect("a component");
    let bytes = std::fs::read(built.path).expect("readable");
    let store = PluginStore::new(Sandbox::new(SandboxConfig::default()).expect("a sandbox"));
    store
        .add_builtins([Embedded::new("notify-generic", bytes)])
        .await
        .expect("loads");
    store
}

fn event(message: &str) -> Event {
    let event = json!({
        "involvedObject": { "kind": "Kustomization", "namespace": "apps", "name": "podinfo", "uid": "u-1",
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1" },
        "severity": "info", "timestamp": "2026-11-23T10:00:00Z", "message": message,
        "reason": "ReconciliationSucceeded", "metadata": { "kustomize.toolkit.fluxcd.io/revision": "main@sha1:1" },
        "reportingController": "kustomize-controller", "reportingInstance": "host-1",
    });
    parse_event(event.to_string().as_bytes()).expect("an event")
}

struct Notifications {
    router: Router,
    warnings: mpsc::UnboundedReceiver<String>,
}

fn notifications(
    plugins: &PluginStore,
    provider: Value,
    secret: &[(&str, &str)],
    allowed: bool,
) -> Notifications {
    let spec = json!({ "providerRef": { "name": "hook" }, "eventSources": [{ "kind": "Kustomization", "name": "*" }] });
    let mut alert = Alert::new("on-call", serde_json::from_value(spec).expect("a spec"));
    alert.metadata.namespace = Some("apps".into());
    let mut provider = Provider::new("hook", serde_json::from_value(provider).expect("a spec"));
    provider.metadata.namespace = Some("apps".into());
    let data = secret
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
    let (sender, warnings) = mpsc::unbounded_channel();
    let store = Arc::new(Store {
        alert: Arc::new(alert),
        provider: Arc::new(provider),
        secret: SecretData::new("apps/hook", data),
        warnings: sender,
    });
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    });
    let limits = Arc::new(|_: &str| Limits::NOTIFY);
    let catalog = SandboxCatalog::new(plugins.clone(), Arc::new(move |_, _| allowed), limits);
    let dispatcher = Arc::new(Dispatcher::new(
        store.clone(),
        Arc::new(catalog),
        store.clone(),
        Arc::new(transport),
    ));
    let options = RouterOptions::default();
    let (router, task) = Router::new(
        store.clone(),
        store,
        dispatcher,
        &options,
        CancellationToken::new(),
    );
    tokio::spawn(task);
    Notifications { router, warnings }
}

async fn within<T>(future: impl Future<Output = Option<T>>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("in time")
        .expect("something")
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_delivered_and_signed() {
    let plugins = plugins().await;
    signed_webhook(&plugins).await;
    plain_webhook_with_headers(&plugins).await;
    busy_endpoint(&plugins).await;
    failures(&plugins).await;
}

async fn signed_webhook(plugins: &PluginStore) {
    let (address, mut received) = webhook(Vec::new()).await;
    let provider = json!({ "type": "generic-hmac", "address": address, "secretRef": { "name": "hook" } });
    let notifications = notifications(plugins, provider, &[("token", "k3y")], true);
    assert_eq!(
        notifications.router.accept(event("applied <all>")),
        Admission::Accepted
    );
    let (head, body) = within(received.recv()).await;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"k3y").expect("a key");
    mac.update(&body);
    let signature = hex::encode(mac.finalize().into_bytes());
    assert!(
        head.contains(&format!("x-signature: sha256={signature}")),
        "{head}"
    );
    assert!(head.starts_with("post /hook/s3cr3t-path http/1.1"), "{head}");
    assert!(head.contains("gotk-component: kustomize-controller"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["message"], "applied <all>");
    assert_eq!(body["metadata"], json!({ "revision": "main@sha1:1" }));
    assert_eq!(
        body["involvedObject"]["apiVersion"],
        "kustomize.toolkit.fluxcd.io/v1"
    );
}

async fn plain_webhook_with_headers(plugins: &PluginStore) {
    let (address, mut received) = webhook(Vec::new()).await;
    let secret = [
        ("address", address.as_str()),
        ("headers", "Authorization: Bearer t0ken\n"),
    ];
    let provider =
        json!({ "type": "generic", "address": "http://127.0.0.1:1/wrong", "secretRef": { "name": "hook" } });
    let notifications = notifications(plugins, provider, &secret, true);
    notifications.router.accept(event("applied"));
    let (head, _) = within(received.recv()).await;
    assert!(
        head.contains("authorization: bearer t0ken"),
        "the Secret's address and headers are used: {head}"
    );
    assert!(!head.contains("x-signature"), "{head}");
}

async fn busy_endpoint(plugins: &PluginStore) {
    let (address, mut received) = webhook(vec![503]).await;
    let notifications = notifications(
        plugins,
        json!({ "type": "generic", "address": address }),
        &[],
        true,
    );
    notifications.router.accept(event("applied"));
    within(received.recv()).await;
    within(received.recv()).await;
}

async fn failures(plugins: &PluginStore) {
    let (address, _received) = webhook(vec![400]).await;
    let secret = [("address", address.as_str()), ("token", "k3y-longer")];
    let reference = json!({ "name": "hook" });
    let cases = [
        (
            json!({ "type": "generic", "secretRef": reference }),
            &secret[..1],
            true,
            "status 400",
        ),
        (
            json!({ "type": "generic-hmac", "secretRef": reference }),
            &secret[..1],
            true,
            "token",
        ),
        (
            json!({ "type": "slack", "secretRef": reference }),
            &secret[..1],
            true,
            "no plugin serves type 'slack'",
        ),
        (
            json!({ "type": "generic", "secretRef": reference }),
            &secret[..],
            false,
            "not for namespace 'apps'",
        ),
    ];
    for (provider, secret, allowed, want) in cases {
        let mut notifications = notifications(plugins, provider.clone(), secret, allowed);
        notifications.router.accept(event("applied"));
        let warning = within(notifications.warnings.recv()).await;
        assert!(warning.starts_with("NotificationDispatchFailed: "), "{warning}");
        assert!(warning.contains(want), "{provider}: {warning}");
        assert!(!warning.contains("s3cr3t-path"), "{warning}");
    }
}
