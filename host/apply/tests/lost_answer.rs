//! K5: a write that was carried out and whose answer was lost is on record, and is not done again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod double;

use std::sync::Arc;

use double::{Accept, options, refusal, wanted};
use http::{Method, Request};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluice_apply::{ObjectError, apply};
use sluice_cluster::kube::client::Body;
use sluice_cluster::{Cluster, ClusterError};

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

fn answer(state: &Mutex<State>, request: &Request<Body>) -> (u16, Value) {
    let mut state = state.lock();
    let dry_run = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("dryRun"));
    match *request.method() {
        Method::GET if !state.exists => refusal(404, "NotFound", "NotFound"),
        Method::PATCH if !dry_run => {
            state.writes += 1;
            state.exists = true;
            match state.writes {
                1 => refusal(504, "Timeout", "Timeout"),
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
    (double::cluster(move |request| answer(&shared, request)), state)
}

#[tokio::test]
async fn k5_a_write_whose_answer_is_lost_is_on_record_and_not_done_twice() {
    let (cluster, state) = server();
    let error = apply(&cluster, wanted(), &options(), &Accept)
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

    let mut recorded = options();
    recorded.previous = error.inventory;
    let again = apply(&cluster, wanted(), &recorded, &Accept)
        .await
        .expect("it stands");
    assert_eq!(again.changes.log(), "", "nothing is left to do");
    assert_eq!(state.lock().writes, 1);
}
