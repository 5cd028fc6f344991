//! Components in a real registry (CNCF distribution), and registries that misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use sluice_model::Digest;
use sluice_model::port::EndpointError;
use sluice_testbed::registry::{PASSWORD, USER};
use sluice_transport::oci::{Component, Version};
use sluice_transport::{Transport, TransportOptions};

use crate::bed::{docker_config, registry, serve, target, transport};

fn component(bytes: impl Into<Bytes>) -> Component {
    Component {
        bytes: bytes.into(),
        exports: vec!["sluice:plugin/notifier@0.1.0".into()],
        imports: vec!["sluice:plugin/http@0.1.0".into()],
        created: Some("2026-11-23T00:00:00Z".into()),
        annotations: BTreeMap::from([("org.opencontainers.image.title".into(), "echo".into())]),
    }
}

/// O6: what a tag led to is read and pulled by digest, whatever the tag is moved to; blobs that no manifest listed and
/// blobs that are too large are refused.
#[tokio::test(flavor = "multi_thread")]
async fn o6_a_moved_tag_changes_nothing_after_it_was_resolved() {
    let server = sluice_testbed::Registry::start().await.expect("registry");
    let url = server.url("charts/web");
    let pusher = registry(&url, None);
    let old = pusher
        .push("1.0.0", &component(b"old".as_slice()))
        .await
        .expect("push");
    let endpoint = transport().oci(&target(&url, None), 5).expect("an endpoint");
    let digest = endpoint.resolve("1.0.0".into()).await.expect("resolves");
    assert_eq!(digest, old.to_string());
    let new = pusher
        .push("1.0.0", &component(b"longer".as_slice()))
        .await
        .expect("push");
    // one that is kept to an artifact gives that one and nothing else
    let kept = transport()
        .oci_at(&target(&url, None), 5, old)
        .expect("an endpoint");
    assert_eq!(
        kept.resolve("1.0.0".into()).await.expect("resolves"),
        old.to_string()
    );
    let refused = kept.manifest(new.to_string()).await;
    assert!(matches!(refused, Err(EndpointError::Denied(_))), "{refused:?}");
    let manifest = kept.manifest(old.to_string()).await.expect("reads");
    let pulled = kept.blob(manifest.layers[0].digest.clone()).await;
    assert_eq!(pulled.expect("pulls"), b"old".as_slice());

    let manifest = endpoint.manifest(digest).await.expect("reads");
    let layer = manifest.layers[0].digest.clone();
    assert_eq!(
        endpoint.blob(layer.clone()).await.expect("pulls"),
        b"old".as_slice()
    );
    let other = transport().oci(&target(&url, None), 5).expect("an endpoint");
    let refused = other.blob(layer).await;
    assert!(matches!(refused, Err(EndpointError::Denied(_))), "{refused:?}");
    let manifest = other.manifest(new.to_string()).await.expect("reads");
    let refused = other
        .blob(manifest.layers[0].digest.clone())
        .await
        .expect_err("is too large");
    assert!(refused.to_string().contains("at most 5 are allowed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_and_pulls_by_tag_range_and_digest() {
    let server = sluice_testbed::Registry::start().await.expect("registry");
    let registry = registry(&server.url("plugins/echo"), None);
    // More than one chunk of an upload.
    let big = vec![7u8; 5 * 1024 * 1024];
    let first = registry
        .push("v1.0.0", &component(b"\0asm one".as_slice()))
        .await
        .expect("push");
    let second = registry
        .push("v1.2.0", &component(big.clone()))
        .await
        .expect("push");
    registry
        .push("v2.0.0-rc.1", &component(b"\0asm rc".as_slice()))
        .await
        .expect("push");
    registry
        .push("latest", &component(b"\0asm latest".as_slice()))
        .await
        .expect("push");
    assert_eq!(
        registry.tags().await.expect("tags"),
        ["latest", "v1.0.0", "v1.2.0", "v2.0.0-rc.1"]
    );
    let resolve = async |version| registry.resolve(&version).await;
    assert_eq!(
        resolve(Version::Tag("v1.0.0".into())).await.expect("resolves"),
        first
    );
    assert_eq!(
        resolve(Version::Semver(">=1.0.0".into()))
            .await
            .expect("resolves"),
        second
    );
    assert_eq!(registry.best_tag(">=1.0.0").await.expect("a tag"), "v1.2.0");
    assert_eq!(resolve(Version::Digest(first)).await.expect("resolves"), first);
    let missing = resolve(Version::Tag("nope".into())).await.expect_err("missing");
    assert!(
        matches!(&missing, EndpointError::NotFound(text) if text.contains("\"nope\"")),
        "{missing:?}"
    );
    let missing = resolve(Version::Semver(">=3".into())).await.expect_err("missing");
    assert!(matches!(missing, EndpointError::NotFound(_)), "{missing:?}");

    let pulled = registry.pull(&first, 1000).await.expect("pull");
    assert_eq!(
        (pulled.bytes.as_ref(), pulled.digest),
        (b"\0asm one".as_slice(), first)
    );
    assert_eq!(pulled.annotations["org.opencontainers.image.title"], "echo");
    assert_eq!(registry.pull(&second, 10_000_000).await.expect("pull").bytes, big);
    let large = registry.pull(&second, 1000).await.expect_err("too large");
    assert!(
        matches!(&large, EndpointError::Denied(text) if text.contains("5242880 bytes")),
        "{large:?}"
    );
    let gone = registry
        .pull(&Digest::of(b"nothing"), 1000)
        .await
        .expect_err("missing");
    assert!(matches!(gone, EndpointError::NotFound(_)), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_and_hides_the_password() {
    let server = sluice_testbed::Registry::start_with_login()
        .await
        .expect("registry");
    let url = server.url("plugins/echo");
    let right = registry(&url, Some(docker_config(&server.host(), USER, PASSWORD)));
    let digest = right
        .push("v1", &component(b"\0asm".as_slice()))
        .await
        .expect("push");
    assert_eq!(
        right.pull(&digest, 100).await.expect("pull").bytes.as_ref(),
        b"\0asm"
    );
    for secret in [None, Some(docker_config(&server.host(), USER, "wrong-password"))] {
        let error = registry(&url, secret)
            .resolve(&Version::Tag("v1".into()))
            .await
            .expect_err("refused");
        assert!(matches!(error, EndpointError::Unauthorized(_)), "{error:?}");
        assert!(!error.to_string().contains("wrong-password"), "{error}");
    }
    let other = transport().registry(&target(
        &url,
        Some(docker_config("elsewhere.example", USER, PASSWORD)),
    ));
    assert!(matches!(
        other.err().expect("refused"),
        EndpointError::Unauthorized(_)
    ));
}

/// P6, N2: registries go through the egress policy, by number and by name.
#[tokio::test(flavor = "multi_thread")]
async fn p6_loopback_is_refused_without_the_flag() {
    let server = sluice_testbed::Registry::start().await.expect("registry");
    let strict = Transport::new(TransportOptions {
        allow_loopback: false,
        environment_proxy: false,
    });
    let literal = strict
        .registry(&target(&server.url("a"), None))
        .err()
        .expect("refused");
    assert!(matches!(literal, EndpointError::Denied(_)), "{literal:?}");
    let named = strict.registry(&target(&server.url("a").replace("127.0.0.1", "localhost"), None));
    let error = named
        .expect("a registry")
        .resolve(&Version::Tag("v1".into()))
        .await
        .expect_err("refused");
    assert!(
        matches!(&error, EndpointError::Denied(text) if text.contains("loopback")),
        "{error:?}"
    );
}

/// O4: a token service elsewhere never sees the credentials.
#[tokio::test(flavor = "multi_thread")]
async fn o4_credentials_do_not_go_to_another_token_service() {
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = visits.clone();
    let thief = serve(Router::new().fallback(move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async { r#"{"token": "x"}"# }
    }))
    .await;
    let door = serve(Router::new().fallback(move || async move {
        let challenge = format!("Bearer realm=\"http://{thief}/token\",service=\"x\"");
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)])
    }))
    .await;
    let url = format!("oci://{door}/a");
    let registry = registry(
        &url,
        Some(docker_config(&door.to_string(), "bob", "right-password")),
    );
    let error = registry
        .resolve(&Version::Tag("v1".into()))
        .await
        .expect_err("refused");
    assert!(matches!(error, EndpointError::Denied(_)), "{error:?}");
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// The registry's own token service is asked with the user, and the token is what requests carry.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_the_login_for_a_token() {
    let answer = |uri: Uri, headers: HeaderMap| async move {
        let host = headers["host"].to_str().expect("a host").to_owned();
        let authorization = headers
            .get("authorization")
            .map(|value| value.to_str().expect("text").to_owned());
        match (uri.path(), authorization.as_deref()) {
            ("/token", Some("Basic Ym9iOnJpZ2h0LXBhc3N3b3Jk")) => {
                assert!(
                    uri.query()
                        .is_some_and(|query| query.contains("scope=repository%3Aa%3Apull"))
                );
                json!({"token": "a-token"}).to_string().into_response()
            }
            ("/token", _) => StatusCode::UNAUTHORIZED.into_response(),
            ("/v2/a/manifests/v1", Some("Bearer a-token")) => {
                ([("docker-content-digest", Digest::of(b"x").to_string())], "").into_response()
            }
            _ => challenge(&host),
        }
    };
    fn challenge(host: &str) -> Response {
        let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"x\"");
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
    }
    let address = serve(Router::new().fallback(answer)).await;
    let url = format!("oci://{address}/a");
    let right = registry(
        &url,
        Some(docker_config(&address.to_string(), "bob", "right-password")),
    );
    let digest = right.resolve(&Version::Tag("v1".into())).await.expect("resolves");
    assert_eq!(digest, Digest::of(b"x"));
    let wrong = registry(
        &url,
        Some(docker_config(&address.to_string(), "bob", "wrong-password")),
    );
    let error = wrong
        .resolve(&Version::Tag("v1".into()))
        .await
        .expect_err("refused");
    assert!(matches!(error, EndpointError::Unauthorized(_)), "{error:?}");
}

/// O3, O6, P10: bytes that differ from their digest, or are more than announced, are refused.
#[tokio::test(flavor = "multi_thread")]
async fn o3_refuses_bytes_that_are_not_what_was_asked_for() {
    let real = Digest::of(b"\0asm");
    for (announced, sent) in [
        (4u64, b"\0as_".to_vec()),
        (3, b"\0asm".to_vec()),
        (4, b"\0asm and more".to_vec()),
    ] {
        let config = Digest::of(b"{}").to_string();
        let manifest = json!({
            "schemaVersion": 2,
            "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": config, "size": 2},
            "layers": [{"mediaType": "application/wasm", "digest": real.to_string(), "size": announced}],
        })
        .to_string();
        let digest = Digest::of(manifest.as_bytes());
        let address = serve(Router::new().fallback(move |uri: Uri| {
            let body = if uri.path().contains("/manifests/") {
                manifest.clone().into_bytes()
            } else {
                sent.clone()
            };
            async move { body }
        }))
        .await;
        let registry = registry(&format!("oci://{address}/a"), None);
        let error = registry.pull(&digest, 1000).await.expect_err("refused");
        assert!(
            matches!(error, EndpointError::Failed(_)),
            "{announced}: {error:?}"
        );
        let other = registry
            .pull(&Digest::of(b"another"), 1000)
            .await
            .expect_err("another manifest");
        assert!(matches!(other, EndpointError::Failed(_)), "{other:?}");
    }
}

/// O2: a registry that never answers ends with the timeout.
#[tokio::test(flavor = "multi_thread")]
async fn o2_a_silent_registry_times_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut target = target(&format!("oci://{address}/a"), None);
    target.timeout = Duration::from_millis(300);
    let registry = transport().registry(&target).expect("a registry");
    let error = registry
        .resolve(&Version::Tag("v1".into()))
        .await
        .expect_err("no answer");
    assert!(
        matches!(&error, EndpointError::Transient { message, .. } if message.contains("timed out")),
        "{error:?}"
    );
}
