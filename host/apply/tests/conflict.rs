//! K2: a 409 on the takeover of fields is read again and tried again, a bounded number of times.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod double;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use double::{Accept, options, refusal, wanted};
use http::Method;
use serde_json::{Value, json};
use sluice_apply::{ObjectError, apply};
use sluice_cluster::{Cluster, ClusterError};

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
    let cluster = double::cluster(move |request| {
        let seen = counted.load(Ordering::SeqCst);
        let is_json_patch = request
            .headers()
            .get("content-type")
            .is_some_and(|it| it == "application/json-patch+json");
        if request.method() != Method::PATCH || !is_json_patch {
            return (200, live(seen + 1));
        }
        counted.fetch_add(1, Ordering::SeqCst);
        if seen < conflicts {
            refusal(409, "Conflict", "the object has been modified")
        } else {
            (200, live(99))
        }
    });
    (cluster, patches)
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
