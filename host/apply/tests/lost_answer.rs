//! K5: a write that was carried out and whose answer was lost is on record, and is not done again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{Method, Request, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluice_apply::{ApplyOptions, Intent, IntentError, ObjectError, Owner, apply};
use sluice_cluster::kube::client::Body;
use sluice_cluster::{Cluster, ClusterError, kube};
use sluice_model::{Health, Inventory, Object, Verdict};

struct Accept;

#[async_trait]
impl Intent for Accept {
    async fn record(&self, _: &Inventory) -> Result<(), IntentError> {
        Ok(())
    }
}

/// What the server has, and how often it wrote.
#[derive(Default)]
struct State {
    exists: bool,
    writes: u32,
}

fn stored() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "metadata": {"name": "c", "namespace": "ns",
        "uid": "u", "resourceVersion": "1", "labels": {"kustomize.toolkit.fluxcd.io/name": "app",
        "kustomize.toolkit.fluxcd.io/namespace": "ns"}}})
}

fn refusal(code: u16, reason: &str) -> (u16, Value) {
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": reason});
    (code, status)
}

fn answer(state: &Mutex<State>, request: &Request<Body>) -> (u16, Value) {
    let mut state = state.lock();
    let dry_run = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("dryRun"));
    match (request.method(), request.uri().path()) {
        (_, path @ ("/api" | "/apis")) => (200, discovery(path == "/api")),
        (&Method::GET, _) if !state.exists => refusal(404, "NotFound"),
        (&Method::PATCH, _) if !dry_run => {
            state.writes += 1;
            state.exists = true;
            match state.writes {
                1 => refusal(504, "Timeout"),
                _ => (200, stored()),
            }
        }
        _ => (200, stored()),
    }
}

/// A server that loses the answer of the first write.
fn server() -> (Cluster, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State::default()));
    let shared = state.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let (code, body) = answer(&shared, &request);
        async move {
            Response::builder()
                .status(code)
                .body(Body::from(body.to_string().into_bytes()))
        }
    });
    let client = kube::Client::new(service, "default");
    (Cluster::from_client(client, Duration::from_secs(5)), state)
}

fn discovery(core: bool) -> Value {
    let resource = json!({"resource": "configmaps", "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "scope": "Namespaced", "verbs": ["get", "patch"]});
    let group = json!({"metadata": {"name": ""}, "versions": [{"version": "v1", "freshness": "Current",
        "resources": [resource]}]});
    json!({"kind": "APIGroupDiscoveryList", "items": if core { vec![group] } else { vec![] }})
}

fn options(previous: Inventory) -> ApplyOptions {
    let owner = Owner {
        group_prefix: "kustomize.toolkit.fluxcd.io".into(),
        name: "app".into(),
        namespace: "ns".into(),
    };
    let mut options = ApplyOptions::new("kustomize-controller", owner, |_| {
        Verdict::new(Health::Current, "")
    });
    options.previous = previous;
    options
}

fn wanted() -> Vec<Object> {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"},
        "data": {"a": "1"}});
    vec![Object::from_value(object).unwrap()]
}

#[tokio::test]
async fn k5_a_write_whose_answer_is_lost_is_on_record_and_not_done_twice() {
    let (cluster, state) = server();
    let error = apply(&cluster, wanted(), &options(Inventory::default()), &Accept)
        .await
        .expect_err("no answer");
    assert!(
        matches!(
            error.objects(),
            [ObjectError::Apply {
                error: ClusterError::Timeout { .. },
                ..
            }]
        ),
        "{error:?}"
    );
    assert_eq!(error.inventory.entries[0].id, "ns_c__ConfigMap");

    let again = apply(&cluster, wanted(), &options(error.inventory), &Accept)
        .await
        .expect("it stands");
    assert_eq!(again.changes.log(), "", "nothing is left to do");
    assert_eq!(state.lock().writes, 1);
}
