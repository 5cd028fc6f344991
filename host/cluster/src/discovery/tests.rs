use super::*;
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

fn group(name: &str, version: &str, kind: &str, freshness: &str) -> Value {
    let resources = if kind.is_empty() {
        json!([])
    } else {
        json!([{"resource": format!("{}s", kind.to_lowercase()), "responseKind": {"group": name, "version": version,
            "kind": kind}, "scope": "Namespaced", "verbs": ["get", "watch"]}])
    };
    json!({"metadata": {"name": name}, "versions": [{"version": version, "freshness": freshness,
        "resources": resources}]})
}

struct Server {
    groups: Arc<Mutex<Vec<Value>>>,
    reads: Arc<AtomicU32>,
    discovery: Discovery,
}

fn serve(groups: Vec<Value>) -> Server {
    let groups = Arc::new(Mutex::new(groups));
    let reads = Arc::new(AtomicU32::new(0));
    let (served, counted) = (groups.clone(), reads.clone());
    let service = tower::service_fn(move |request: Request<Body>| {
        counted.fetch_add(1, Ordering::SeqCst);
        let items = if request.uri().path() == "/api" {
            vec![group("", "v1", "ConfigMap", "Current")]
        } else {
            served.lock().clone()
        };
        let body = json!({"kind": "APIGroupDiscoveryList", "items": items}).to_string();
        async move { Response::builder().body(Body::from(body.into_bytes())) }
    });
    let client = kube::Client::new(service, "default");
    Server {
        groups,
        reads,
        discovery: Discovery::new(client, Duration::from_secs(5)),
    }
}

#[tokio::test]
async fn a_kind_is_found_once_its_definition_is_there() {
    let server = serve(vec![]);
    let configmap = server
        .discovery
        .resolve("", "v1", "ConfigMap", false)
        .await
        .expect("served");
    assert_eq!(
        (configmap.plural.as_str(), configmap.api_version().as_str()),
        ("configmaps", "v1")
    );
    let miss = server.discovery.resolve("x.io", "v1", "Widget", false).await;
    assert!(
        matches!(miss, Err(ClusterError::NoMatch { uncertain: false, .. })),
        "{miss:?}"
    );
    assert_eq!(
        server.reads.load(Ordering::SeqCst),
        2,
        "a miss right after a refresh asks no second time"
    );

    server
        .groups
        .lock()
        .push(group("x.io", "v1", "Widget", "Current"));
    server.discovery.invalidate();
    let widget = server
        .discovery
        .resolve("x.io", "v1", "Widget", false)
        .await
        .expect("served now");
    assert_eq!(widget.plural, "widgets");
}

#[tokio::test]
async fn deleted_kinds_are_forgotten_in_time() {
    let server = serve(vec![group("x.io", "v1", "Widget", "Current")]);
    server
        .discovery
        .resolve("x.io", "v1", "Widget", false)
        .await
        .expect("served");
    server.groups.lock().clear();
    server
        .discovery
        .resolve("x.io", "v1", "Widget", false)
        .await
        .expect("still cached");
    let long_ago = Instant::now()
        .checked_sub(MAX_AGE)
        .expect("the machine is up for longer");
    server.discovery.state.lock().asked = Some(long_ago);
    assert!(
        server
            .discovery
            .resolve("x.io", "v1", "Widget", false)
            .await
            .is_err()
    );
}

/// K10: a broken aggregated API takes nothing from the others, and what it served is kept.
#[tokio::test]
async fn a_stale_group_keeps_what_was_known() {
    let server = serve(vec![group("metrics.k8s.io", "v1", "PodMetrics", "Current")]);
    server
        .discovery
        .resolve("metrics.k8s.io", "v1", "PodMetrics", false)
        .await
        .expect("served");
    *server.groups.lock() = vec![
        group("metrics.k8s.io", "v1", "", "Stale"),
        group("x.io", "v2", "Widget", "Current"),
    ];
    server.discovery.invalidate();
    server
        .discovery
        .resolve("x.io", "v2", "Widget", false)
        .await
        .expect("served");
    server
        .discovery
        .resolve("metrics.k8s.io", "v1", "PodMetrics", false)
        .await
        .expect("kept");
    let miss = server
        .discovery
        .resolve("metrics.k8s.io", "v1", "NodeMetrics", false)
        .await;
    assert!(
        matches!(miss, Err(ClusterError::NoMatch { uncertain: true, .. })),
        "{miss:?}"
    );
}

#[tokio::test]
async fn another_version_serves_when_any_will_do() {
    let server = serve(vec![group("x.io", "v2", "Widget", "Current")]);
    assert!(
        server
            .discovery
            .resolve("x.io", "v1", "Widget", false)
            .await
            .is_err()
    );
    let widget = server
        .discovery
        .resolve("x.io", "v1", "Widget", true)
        .await
        .expect("v2");
    assert_eq!(widget.version, "v2");
}
