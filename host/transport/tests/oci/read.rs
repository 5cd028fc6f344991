//! What is read of a registry besides blobs, in registries of many sorts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse as _;
use serde_json::json;
use sluice_model::Digest;
use sluice_model::port::EndpointError;
use sluice_transport::oci::Version;

use crate::bed::{docker_config, registry, serve};

/// O7: a list of tags that never ends.
#[tokio::test(flavor = "multi_thread")]
async fn o7_an_endless_list_of_tags_ends() {
    let page =
        json!({"name": "a", "tags": (0..1000).map(|n| format!("t{n}")).collect::<Vec<_>>()}).to_string();
    let address = serve(Router::new().fallback(move || {
        let page = page.clone();
        async move { page }
    }))
    .await;
    let tags = registry(&format!("oci://{address}/a"), None)
        .tags()
        .await
        .expect("tags");
    assert_eq!(tags.len(), 1000);
}

/// Registries with pages of their own say where their lists go on; only their own addresses are followed.
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_tags_go_on_where_the_registry_says() {
    let address = serve(Router::new().fallback(|uri: Uri| async move {
        let page = |tags: &[&str], link: &str| {
            let body = json!({"name": "a", "tags": tags}).to_string();
            ([("Link", link.to_owned())], body).into_response()
        };
        match (uri.path(), uri.query().unwrap_or_default()) {
            ("/v2/a/tags/list", "n=1000") => {
                page(&["1.0.0", "not a tag"], "</v2/a/tags/list?page=2>; rel=\"next\"")
            }
            ("/v2/a/tags/list", "page=2") => page(
                &["2.0.0"],
                "<https://elsewhere.test/v2/a/tags/list>; rel=\"next\"",
            ),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }))
    .await;
    let registry = registry(&format!("oci://{address}/a"), None);
    assert_eq!(registry.tags().await.expect("tags"), ["1.0.0", "2.0.0"]);
    assert_eq!(registry.best_tag("*").await.expect("a tag"), "2.0.0");
}

/// O7: pages without a tag among them are no reason to go on.
#[tokio::test(flavor = "multi_thread")]
async fn o7_a_list_of_what_are_no_tags_ends() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let page = json!({"tags": (0..1000).map(|n| format!("no tag {n}")).collect::<Vec<_>>()}).to_string();
    let address = serve(Router::new().fallback(move |uri: Uri| {
        count.fetch_add(usize::from(uri.path().ends_with("/list")), Ordering::SeqCst);
        let page = page.clone();
        async move { page }
    }))
    .await;
    let tags = registry(&format!("oci://{address}/a"), None).tags().await;
    assert!(tags.expect("an end").is_empty());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Some registries and proxies refuse HEAD, or leave the digest out of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_resolved_where_head_is_refused() {
    for refusal in [405_u16, 403, 404, 501, 200] {
        let address = serve(
            Router::new().fallback(move |method: axum::http::Method, uri: Uri| async move {
                let status = StatusCode::from_u16(refusal).expect("a status");
                match uri.path() {
                    "/v2/a/manifests/1.0.0" if method == "HEAD" => status.into_response(),
                    "/v2/a/manifests/1.0.0" => "a manifest".into_response(),
                    "/v2/" => StatusCode::OK.into_response(),
                    _ => (
                        StatusCode::NOT_FOUND,
                        r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"gone"}]}"#,
                    )
                        .into_response(),
                }
            }),
        )
        .await;
        let registry = registry(&format!("oci://{address}/a"), None);
        let resolved = registry.resolve(&Version::Tag("1.0.0".into())).await;
        assert_eq!(
            resolved.expect("resolves"),
            Digest::of(b"a manifest"),
            "{refusal}"
        );
        let error = registry
            .resolve(&Version::Tag("2.0.0".into()))
            .await
            .expect_err("none");
        assert!(
            matches!(&error, EndpointError::NotFound(text) if text.contains("tag \"2.0.0\": MANIFEST_UNKNOWN: gone")),
            "{error:?}"
        );
    }
}

/// O4: a manifest may stand on another host. The request goes there with what it accepts and without the credentials.
#[tokio::test(flavor = "multi_thread")]
async fn o4_a_redirect_takes_no_credentials_along() {
    let manifest = "the manifest";
    let elsewhere = serve(Router::new().fallback(move |headers: HeaderMap| async move {
        let accepts = headers
            .get("Accept")
            .is_some_and(|it| it.as_bytes().starts_with(b"application/vnd.oci"));
        if headers.contains_key("Authorization") || !accepts {
            return StatusCode::BAD_REQUEST.into_response();
        }
        manifest.into_response()
    }))
    .await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let address = serve(Router::new().fallback(move |headers: HeaderMap, uri: Uri| {
        count.fetch_add(
            usize::from(headers.contains_key("Authorization")),
            Ordering::SeqCst,
        );
        let to = format!("http://localhost:{}{}", elsewhere.port(), uri.path());
        async move {
            match uri.path() {
                "/v2/" => StatusCode::UNAUTHORIZED.into_response(),
                _ => (StatusCode::TEMPORARY_REDIRECT, [("Location", to)]).into_response(),
            }
        }
    }))
    .await;
    let secret = docker_config(&address.to_string(), "u", "p");
    let registry = registry(&format!("oci://{address}/a"), Some(secret));
    let resolved = registry.resolve(&Version::Tag("1.0.0".into())).await;
    assert_eq!(resolved.expect("resolves"), Digest::of(manifest.as_bytes()));
    assert!(seen.load(Ordering::SeqCst) > 0);
}
