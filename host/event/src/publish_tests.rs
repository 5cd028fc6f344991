//! Events against a mock API server that keeps what it is sent.

use std::sync::Arc;

use http::{Request, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluice_cluster::kube::client::Body;
use sluice_model::event::{ObjectReference as ModelReference, Severity};

use super::*;

type Calls = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A client whose server answers with these statuses in turn, then with 200.
fn mock(statuses: &[u16]) -> (Client, Calls) {
    let calls: Calls = Arc::default();
    let (seen, statuses) = (calls.clone(), Arc::new(Mutex::new(statuses.to_vec())));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (seen, statuses) = (seen.clone(), statuses.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.expect("a body");
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            seen.lock().push((
                parts.method.to_string(),
                parts.uri.path().to_owned(),
                body.clone(),
            ));
            let status = if statuses.lock().is_empty() {
                200
            } else {
                statuses.lock().remove(0)
            };
            let answer = if status < 300 {
                json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "name": "x" }, "involvedObject": {} })
            } else {
                json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "X", "message": "no", "code": status })
            };
            let body = Body::from(answer.to_string().into_bytes());
            Ok::<_, std::convert::Infallible>(
                Response::builder().status(status).body(body).expect("a response"),
            )
        }
    });
    (Client::new(service, "default"), calls)
}

fn event(namespace: &str) -> Event {
    Event {
        involved_object: ModelReference {
            kind: "Kustomization".into(),
            namespace: namespace.into(),
            name: "podinfo".into(),
            uid: "u-1".into(),
            api_version: "kustomize.toolkit.fluxcd.io/v1".into(),
            resource_version: "7".into(),
        },
        severity: Severity::Error,
        timestamp: "2026-11-23T10:00:00Z".into(),
        message: "it broke".into(),
        reason: "BuildFailed".into(),
        metadata: [(
            "kustomize.toolkit.fluxcd.io/revision".to_owned(),
            "main@sha1:1".to_owned(),
        )]
        .into(),
        reporting_controller: "kustomize-controller".into(),
        reporting_instance: "host-1".into(),
    }
}

#[tokio::test]
async fn writes_what_flux_events_reads() {
    let (client, calls) = mock(&[]);
    let mut correlator = Correlator::new();
    publish(&client, &mut correlator, &event("apps")).await;
    publish(&client, &mut correlator, &event("apps")).await;
    let calls = calls.lock();
    let (method, path, body) = &calls[0];
    assert_eq!(
        (method.as_str(), path.as_str()),
        ("POST", "/api/v1/namespaces/apps/events")
    );
    assert_eq!(body["involvedObject"]["kind"], "Kustomization");
    assert_eq!(body["involvedObject"]["name"], "podinfo");
    assert_eq!(body["involvedObject"]["uid"], "u-1");
    assert_eq!(body["type"], "Warning");
    assert_eq!(body["reason"], "BuildFailed");
    assert_eq!(body["message"], "it broke");
    assert_eq!(body["source"]["component"], "kustomize-controller");
    assert_eq!(
        body["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/revision"],
        "main@sha1:1"
    );
    assert_eq!(body["count"], 1);
    let name = body["metadata"]["name"].as_str().expect("a name");
    assert!(name.starts_with("podinfo."), "{name}");
    let (method, path, body) = &calls[1];
    assert_eq!(
        (method.as_str(), path.as_str()),
        ("PATCH", format!("/api/v1/namespaces/apps/events/{name}").as_str())
    );
    assert_eq!(body["count"], 2);
    assert_eq!(calls.len(), 2);
}

#[tokio::test]
async fn an_expired_event_is_written_anew() {
    let (client, calls) = mock(&[201, 404]);
    let mut correlator = Correlator::new();
    publish(&client, &mut correlator, &event("apps")).await;
    publish(&client, &mut correlator, &event("apps")).await;
    let methods: Vec<_> = calls.lock().iter().map(|(method, _, _)| method.clone()).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST"]);
}

#[tokio::test(start_paused = true)]
async fn the_servers_own_faults_are_tried_again_and_refusals_are_not() {
    let (client, calls) = mock(&[500, 503]);
    publish(&client, &mut Correlator::new(), &event("apps")).await;
    assert_eq!(calls.lock().len(), 3);
    let (client, calls) = mock(&[403]);
    publish(&client, &mut Correlator::new(), &event("apps")).await;
    assert_eq!(calls.lock().len(), 1);
}

#[tokio::test]
async fn events_of_cluster_scoped_objects_go_to_the_default_namespace() {
    let (client, calls) = mock(&[]);
    publish(&client, &mut Correlator::new(), &event("")).await;
    assert_eq!(calls.lock()[0].1, "/api/v1/namespaces/default/events");
}

#[tokio::test]
async fn stopping_writes_what_is_queued_first() {
    let (client, calls) = mock(&[]);
    let (sender, receiver) = mpsc::channel(4);
    let stop = CancellationToken::new();
    stop.cancel();
    sender.send(event("apps")).await.expect("queued");
    run(client, receiver, stop).await;
    assert_eq!(calls.lock().len(), 1);
    assert!(sender.send(event("apps")).await.is_err(), "the queue is closed");
}
