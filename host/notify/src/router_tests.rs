//! Events through the whole crate, with a store in memory and a notifier that keeps what it is given.

use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluice_api::{Provider, ProviderSpec};
use sluice_model::event::ObjectReference;
use sluice_model::secret::SecretData;
use sluice_transport::{Transport, TransportOptions};

use super::*;
use crate::metadata::tests::{alert, event};
use crate::port::{Notifier, NotifierCall, NotifierCatalog, NotifyError};

type Warning = (String, &'static str, String, IndexMap<String, String>);

/// Everything that routing needs, in memory.
#[derive(Default)]
pub struct World {
    pub alerts: Mutex<Vec<Arc<Alert>>>,
    pub providers: Mutex<Vec<Arc<Provider>>>,
    pub secrets: Mutex<Vec<SecretData>>,
    pub labels: Mutex<BTreeMap<String, String>>,
    pub warnings: Mutex<Vec<Warning>>,
    /// Type, config and event of each call.
    pub calls: Mutex<Vec<(String, Value, Event)>>,
    /// Answers of the notifier in turn, then success.
    pub answers: Mutex<Vec<NotifyError>>,
}

#[async_trait]
impl NotifyStore for World {
    fn alerts(&self) -> Vec<Arc<Alert>> {
        self.alerts.lock().clone()
    }

    fn provider(&self, namespace: &str, name: &str) -> Option<Arc<Provider>> {
        let providers = self.providers.lock();
        let found = providers.iter().find(|provider| {
            provider.metadata.name.as_deref() == Some(name)
                && provider.metadata.namespace.as_deref() == Some(namespace)
        });
        found.cloned()
    }

    async fn secret(&self, namespace: &str, name: &str) -> Result<SecretData, String> {
        let wanted = format!("{namespace}/{name}");
        let found = self
            .secrets
            .lock()
            .iter()
            .find(|secret| secret.name == wanted)
            .cloned();
        found.ok_or_else(|| format!("failed to get secret '{wanted}': not found"))
    }

    async fn labels(&self, _: &ObjectReference) -> Result<BTreeMap<String, String>, String> {
        Ok(self.labels.lock().clone())
    }
}

impl AlertReporter for World {
    fn warn(
        &self,
        alert: &Alert,
        reason: &'static str,
        message: &str,
        annotations: IndexMap<String, String>,
    ) {
        let name = alert.metadata.name.clone().unwrap_or_default();
        self.warnings
            .lock()
            .push((name, reason, message.to_owned(), annotations));
    }
}

struct Catalog(Arc<World>);

impl NotifierCatalog for Catalog {
    fn find(&self, type_: &str, _: &str) -> Result<Arc<dyn Notifier>, String> {
        match type_ {
            "missing" => Err("no plugin serves type 'missing'".into()),
            type_ => Ok(Arc::new(Recording {
                world: self.0.clone(),
                type_: type_.to_owned(),
            })),
        }
    }
}

struct Recording {
    world: Arc<World>,
    type_: String,
}

#[async_trait]
impl Notifier for Recording {
    async fn notify(&self, call: NotifierCall, event: &Event) -> Result<(), NotifyError> {
        let config = serde_json::from_str(&call.config).expect("config is JSON");
        self.world
            .calls
            .lock()
            .push((self.type_.clone(), config, event.clone()));
        let mut answers = self.world.answers.lock();
        if answers.is_empty() {
            Ok(())
        } else {
            Err(answers.remove(0))
        }
    }
}

pub fn provider(spec: Value) -> Arc<Provider> {
    let spec: ProviderSpec = serde_json::from_value(spec).expect("a spec");
    let mut provider = Provider::new("hook", spec);
    provider.metadata.namespace = Some("apps".into());
    provider.metadata.uid = Some("p-1".into());
    Arc::new(provider)
}

pub fn start(
    world: &Arc<World>,
    options: &RouterOptions,
) -> (Router, tokio::task::JoinHandle<()>, CancellationToken) {
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    });
    let catalog = Arc::new(Catalog(world.clone()));
    let dispatcher = Dispatcher::new(world.clone(), catalog, world.clone(), Arc::new(transport));
    let stop = CancellationToken::new();
    let (router, task) = Router::new(
        world.clone(),
        world.clone(),
        Arc::new(dispatcher),
        options,
        stop.clone(),
    );
    (router, tokio::spawn(task), stop)
}

fn world(provider_spec: Value, alert_spec: Value) -> Arc<World> {
    let mut spec = json!({
        "eventSources": [{ "kind": "Kustomization", "name": "*" }], "providerRef": { "name": "hook" },
    });
    for (key, value) in alert_spec.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    let world = World::default();
    world.providers.lock().push(provider(provider_spec));
    world.alerts.lock().push(Arc::new(alert(spec)));
    Arc::new(world)
}

fn generic(alert_spec: Value) -> Arc<World> {
    world(
        json!({ "type": "generic", "address": "http://127.0.0.1:1/hook" }),
        alert_spec,
    )
}

/// Sends one event and waits until nothing moves any more.
async fn deliver(world: &Arc<World>, options: &RouterOptions, event: Event) -> Admission {
    let (router, task, stop) = start(world, options);
    let admission = router.accept(event);
    stop.cancel();
    task.await.expect("routed");
    // Time is paused in these tests: this lets every delivery and every wait between attempts end.
    tokio::time::sleep(Duration::from_secs(600)).await;
    admission
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_the_provider_of_an_alert_with_its_metadata() {
    let world = generic(json!({ "eventMetadata": { "cluster": "prod" } }));
    let event = event(&[
        ("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"),
        ("kustomize.toolkit.fluxcd.io/token", "t"),
        ("kustomize.toolkit.fluxcd.io/digest", "d"),
    ]);
    assert_eq!(
        deliver(&world, &RouterOptions::default(), event).await,
        Admission::Accepted
    );
    let calls = world.calls.lock();
    let (type_, config, event) = &calls[0];
    assert_eq!((calls.len(), type_.as_str()), (1, "generic"));
    assert_eq!(config["type"], "generic");
    assert_eq!(
        config["provider"],
        json!({ "name": "hook", "namespace": "apps", "uid": "p-1" })
    );
    assert!(
        !config.to_string().contains("127.0.0.1"),
        "the address may be a secret: {config}"
    );
    let metadata: Vec<_> = event
        .metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(metadata, [("cluster", "prod"), ("revision", "main@sha1:1")]);
    assert!(world.warnings.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_not_sent_again() {
    let world = generic(json!({}));
    let (router, _task, _stop) = start(&world, &RouterOptions::default());
    assert_eq!(router.accept(event(&[])), Admission::Accepted);
    assert_eq!(router.accept(event(&[])), Admission::Duplicate);
    let trace = Event {
        severity: Severity::Trace,
        ..event(&[])
    };
    assert_eq!(router.accept(trace), Admission::Accepted);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.calls.lock().len(), 1, "traces are not sent");
}

#[tokio::test]
async fn a_full_queue_refuses_and_does_not_remember() {
    let world = generic(json!({}));
    let options = RouterOptions {
        queue: 1,
        ..RouterOptions::default()
    };
    let (router, task) = {
        let (router, task, _) = start(&world, &options);
        task.abort();
        (router, task)
    };
    // The task ended before it took anything: the queue is closed, as when it is full.
    drop(task.await);
    assert_eq!(router.accept(event(&[])), Admission::Overloaded);
    assert_eq!(router.accept(event(&[])), Admission::Overloaded);
}

#[tokio::test(start_paused = true)]
async fn alerts_that_do_not_want_an_event_get_none() {
    let table = [
        json!({ "suspend": true }),
        json!({ "eventSeverity": "error" }),
        json!({ "exclusionList": ["^applied"] }),
        json!({ "inclusionList": ["^never"] }),
        json!({ "eventSources": [{ "kind": "Kustomization", "name": "*", "matchLabels": { "team": "b" } }] }),
    ];
    for spec in table {
        let world = generic(spec.clone());
        world.labels.lock().insert("team".into(), "a".into());
        deliver(&world, &RouterOptions::default(), event(&[])).await;
        assert!(world.calls.lock().is_empty(), "{spec}");
        assert!(world.warnings.lock().is_empty(), "{spec}");
    }
    let labelled =
        json!({ "eventSources": [{ "kind": "Kustomization", "name": "*", "matchLabels": { "team": "a" } }] });
    let world = generic(labelled);
    world.labels.lock().insert("team".into(), "a".into());
    deliver(&world, &RouterOptions::default(), event(&[])).await;
    assert_eq!(world.calls.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn references_across_namespaces_can_be_blocked() {
    let across = json!({ "eventSources": [{ "kind": "Kustomization", "name": "*", "namespace": "other" }] });
    let mut foreign = event(&[]);
    foreign.involved_object.namespace = "other".into();
    let world = generic(across.clone());
    deliver(&world, &RouterOptions::default(), foreign.clone()).await;
    assert_eq!(world.calls.lock().len(), 1);

    let world = generic(across);
    let blocked = RouterOptions {
        no_cross_namespace_refs: true,
        ..RouterOptions::default()
    };
    deliver(&world, &blocked, foreign).await;
    assert!(world.calls.lock().is_empty());
    let warnings = world.warnings.lock();
    assert_eq!(warnings[0].1, "NotificationDispatchFailed");
    assert!(
        warnings[0]
            .2
            .contains("Kustomization/other/podinfo: access denied"),
        "{}",
        warnings[0].2
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again_within_the_timeout() {
    let transient = || NotifyError::Transient {
        message: "status 503".into(),
        after: None,
    };
    let world = generic(json!({}));
    *world.answers.lock() = vec![transient(), transient()];
    deliver(&world, &RouterOptions::default(), event(&[])).await;
    assert_eq!(world.calls.lock().len(), 3);
    assert!(world.warnings.lock().is_empty());

    let world = generic(json!({}));
    *world.answers.lock() = (0..9).map(|_| transient()).collect();
    deliver(&world, &RouterOptions::default(), event(&[])).await;
    // At 0, 2, 6 and 14 seconds of 15.
    assert_eq!(world.calls.lock().len(), 4);
    let warnings = world.warnings.lock();
    assert_eq!(warnings.len(), 1);
    let want = "failed to send notification for Kustomization/apps/podinfo: status 503 (gave up after 15s)";
    assert_eq!(warnings[0].2, want);
}

#[tokio::test(start_paused = true)]
async fn failures_become_warnings_on_the_alert_without_secrets() {
    let world = world(
        json!({ "type": "generic", "address": "http://127.0.0.1:1/", "secretRef": { "name": "hook" } }),
        json!({}),
    );
    let secret = [("token".to_owned(), b"hunter2".to_vec())];
    world.secrets.lock().push(SecretData::new("apps/hook", secret));
    world
        .answers
        .lock()
        .push(NotifyError::Failed("endpoint echoed hunter2".into()));
    deliver(&world, &RouterOptions::default(), event(&[])).await;
    let warnings = world.warnings.lock();
    let (alert, reason, message, _) = &warnings[0];
    assert_eq!(
        (alert.as_str(), *reason),
        ("on-call", "NotificationDispatchFailed")
    );
    assert!(message.ends_with("endpoint echoed *****"), "{message}");
    assert_eq!(
        world.calls.lock().len(),
        1,
        "a failure that stays is not tried again"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_lacks_is_told() {
    let long = "x".repeat(3000);
    let table = [
        (
            json!({ "type": "missing", "address": "http://h.example/" }),
            "no plugin serves type 'missing'",
        ),
        (json!({ "type": "generic" }), "invalid address"),
        (
            json!({ "type": "generic", "secretRef": { "name": "gone" } }),
            "secret 'apps/gone'",
        ),
        (
            json!({ "type": "generic", "secretRef": { "name": "long" } }),
            "longer than 2048",
        ),
        (
            json!({ "type": "generic", "address": "http://h/", "timeout": "soon" }),
            "invalid spec.timeout",
        ),
        (
            json!({ "type": "generic", "address": "http://h/", "serviceAccountName": "x" }),
            "workload identity",
        ),
    ];
    for (spec, want) in table {
        let world = world(spec.clone(), json!({}));
        world.secrets.lock().push(SecretData::new(
            "apps/long",
            [("address".to_owned(), long.clone().into_bytes())],
        ));
        deliver(&world, &RouterOptions::default(), event(&[])).await;
        let warnings = world.warnings.lock();
        let message = &warnings
            .first()
            .unwrap_or_else(|| panic!("no warning for {spec}"))
            .2;
        assert!(message.contains(want), "{spec}: {message}");
        assert!(message.contains("provider 'hook'"), "{message}");
    }
    let world = generic(json!({ "providerRef": { "name": "other" } }));
    deliver(&world, &RouterOptions::default(), event(&[])).await;
    assert!(
        world.warnings.lock()[0]
            .2
            .contains("provider 'apps/other': not found")
    );
}

#[tokio::test(start_paused = true)]
async fn suspended_providers_and_foreign_commit_statuses_are_left_out() {
    let suspended = world(
        json!({ "type": "generic", "address": "http://h/", "suspend": true }),
        json!({}),
    );
    deliver(&suspended, &RouterOptions::default(), event(&[])).await;
    let update = event(&[("kustomize.toolkit.fluxcd.io/commit_status", "update")]);
    let chat = world(json!({ "type": "slack", "address": "http://h/" }), json!({}));
    deliver(&chat, &RouterOptions::default(), update.clone()).await;
    for world in [&suspended, &chat] {
        assert!(world.calls.lock().is_empty() && world.warnings.lock().is_empty());
    }
    let webhook = generic(json!({}));
    deliver(&webhook, &RouterOptions::default(), update).await;
    assert_eq!(webhook.calls.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn conflicting_keys_are_told_with_their_places() {
    let world = generic(json!({ "eventMetadata": { "revision": "mine" } }));
    deliver(
        &world,
        &RouterOptions::default(),
        event(&[("kustomize.toolkit.fluxcd.io/revision", "main")]),
    )
    .await;
    assert_eq!(world.calls.lock()[0].2.metadata["revision"], "main");
    let warnings = world.warnings.lock();
    assert_eq!(warnings[0].1, "MetadataAppendFailed");
    assert!(warnings[0].3.contains_key("revision"));
}
