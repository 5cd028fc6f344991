//! K2: a 409 on the takeover of fields is read again and tried again, a bounded number of times.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::{Method, Request, Response};
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

fn live(version: u32) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "metadata": {"name": "c", "namespace": "ns",
        "uid": "u", "resourceVersion": version.to_string(), "labels": {"kustomize.toolkit.fluxcd.io/name": "app",
        "kustomize.toolkit.fluxcd.io/namespace": "ns"}, "managedFields": [{"manager": "kubectl-edit",
        "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a": {}}}}]}})
}

/// A server that refuses the first `conflicts` JSON patches; with the count of those that came.
fn server(conflicts: u32) -> (Cluster, Arc<AtomicU32>) {
    let patches = Arc::new(AtomicU32::new(0));
    let counted = patches.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let seen = counted.load(Ordering::SeqCst);
        let is_json_patch = request
            .headers()
            .get("content-type")
            .is_some_and(|it| it == "application/json-patch+json");
        let (code, body) = match (request.method(), request.uri().path()) {
            (_, path @ ("/api" | "/apis")) => (200, discovery(path == "/api")),
            (&Method::PATCH, _) if is_json_patch => {
                counted.fetch_add(1, Ordering::SeqCst);
                if seen < conflicts {
                    let status = json!({"kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409,
                        "message": "the object has been modified"});
                    (409, status)
                } else {
                    (200, live(99))
                }
            }
            _ => (200, live(seen + 1)),
        };
        async move {
            Response::builder()
                .status(code)
                .body(Body::from(body.to_string().into_bytes()))
        }
    });
    let client = kube::Client::new(service, "default");
    (Cluster::from_client(client, Duration::from_secs(5)), patches)
}

fn discovery(core: bool) -> Value {
    let resource = json!({"resource": "configmaps", "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "scope": "Namespaced", "verbs": ["get", "patch"]});
    let group = json!({"metadata": {"name": ""}, "versions": [{"version": "v1", "freshness": "Current",
        "resources": [resource]}]});
    json!({"kind": "APIGroupDiscoveryList", "items": if core { vec![group] } else { vec![] }})
}

fn options() -> ApplyOptions {
    let owner = Owner {
        group_prefix: "kustomize.toolkit.fluxcd.io".into(),
        name: "app".into(),
        namespace: "ns".into(),
    };
    ApplyOptions::new("kustomize-controller", owner, |_| {
        Verdict::new(Health::Current, "")
    })
}

fn wanted() -> Vec<Object> {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"},
        "data": {"a": "1"}});
    vec![Object::from_value(object).unwrap()]
}

#[tokio::test]
async fn k2_a_conflict_is_read_again() {
    let (cluster, patches) = server(2);
    let applied = apply(&cluster, wanted(), &options(), &Accept)
        .await
        .expect("the third try");
    assert_eq!(applied.changes.log(), "ConfigMap/ns/c configured");
    assert_eq!(patches.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn k2_endless_conflicts_end_as_an_error_of_the_object() {
    let (cluster, patches) = server(u32::MAX);
    let error = apply(&cluster, wanted(), &options(), &Accept)
        .await
        .expect_err("never accepted");
    assert!(
        matches!(
            error.objects(),
            [ObjectError::Cleanup {
                error: ClusterError::Conflict { .. },
                ..
            }]
        ),
        "{error:?}"
    );
    assert_eq!(patches.load(Ordering::SeqCst), 5);
}
