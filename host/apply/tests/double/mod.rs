//! A double of the API server for the tests of single answers, and the one ConfigMap that they apply.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use serde_json::{Value, json};
use sluice_apply::{ApplyOptions, Intent, IntentError, Owner};
use sluice_cluster::kube::client::Body;
use sluice_cluster::{Cluster, kube};
use sluice_model::{Health, Inventory, Object, Verdict};

/// Takes every record.
pub struct Accept;

#[async_trait]
impl Intent for Accept {
    async fn record(&self, _: &Inventory) -> Result<(), IntentError> {
        Ok(())
    }
}

/// A cluster that serves ConfigMaps; what is not discovery gets the status code and body of `answer`.
pub fn cluster(answer: impl Fn(&Request<Body>) -> (u16, Value) + Clone + Send + Sync + 'static) -> Cluster {
    let service = tower::service_fn(move |request: Request<Body>| {
        let (code, body) = match request.uri().path() {
            path @ ("/api" | "/apis") => (200, discovery(path == "/api")),
            _ => answer(&request),
        };
        async move {
            Response::builder()
                .status(code)
                .body(Body::from(body.to_string().into_bytes()))
        }
    });
    Cluster::from_client(kube::Client::new(service, "default"), Duration::from_secs(5))
}

/// A refusal with its reason.
pub fn refusal(code: u16, reason: &str, message: &str) -> (u16, Value) {
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": message});
    (code, status)
}

fn discovery(core: bool) -> Value {
    let resource = json!({"resource": "configmaps", "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
        "scope": "Namespaced", "verbs": ["get", "patch"]});
    let group = json!({"metadata": {"name": ""}, "versions": [{"version": "v1", "freshness": "Current",
        "resources": [resource]}]});
    json!({"kind": "APIGroupDiscoveryList", "items": if core { vec![group] } else { vec![] }})
}

/// Those of the Kustomization `ns/app`.
pub fn options() -> ApplyOptions {
    let owner = Owner {
        group_prefix: "kustomize.toolkit.fluxcd.io".into(),
        name: "app".into(),
        namespace: "ns".into(),
    };
    ApplyOptions::new("kustomize-controller", owner, |_| {
        Verdict::new(Health::Current, "")
    })
}

/// What is applied.
pub fn wanted() -> Vec<Object> {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"},
        "data": {"a": "1"}});
    vec![Object::from_value(object).unwrap()]
}
