//! Helm repositories on loopback, whose charts are kept on other servers.

#![allow(clippy::expect_used, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get;
use bytes::Bytes;
use parking_lot::Mutex;
use sluice_model::SecretData;
use sluice_model::port::{EndpointError, HttpEndpoint, HttpRequest, HttpResponse};
use sluice_transport::{HelmRepositoryTarget, Transport, TransportOptions};

/// A server that notes the Authorization header of every request.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Option<String>>>>);

impl Seen {
    fn note(&self, headers: &HeaderMap) {
        let value = headers
            .get("authorization")
            .map(|value| value.to_str().unwrap_or("?").to_owned());
        self.0.lock().push(value);
    }

    fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.0.lock())
    }
}

async fn serve(seen: Seen, redirect: Option<String>) -> String {
    let noted = seen.clone();
    let answer = move |headers: HeaderMap| {
        noted.note(&headers);
        async { "x".repeat(100) }
    };
    let moved = move |headers: HeaderMap| {
        seen.note(&headers);
        let to = redirect.clone().unwrap_or_default();
        async move { Redirect::temporary(&to) }
    };
    let router = Router::new().route("/moved.tgz", get(moved)).fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn endpoint(url: &str, pass_credentials: bool) -> Arc<dyn HttpEndpoint> {
    let data = [("username", "ann"), ("password", "hunter22")];
    let data = data.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    });
    let target = HelmRepositoryTarget {
        url: format!("{url}/charts"),
        secret: Some(SecretData::new("ns/login", data)),
        tls: None,
        pass_credentials,
        timeout: Duration::from_secs(5),
        max_index: 1000,
        max_chart: 1000,
    };
    transport.helm_repository(&target).expect("an endpoint")
}

async fn request(endpoint: &dyn HttpEndpoint, path: &str) -> Result<HttpResponse, EndpointError> {
    endpoint
        .send(HttpRequest {
            method: "GET".into(),
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            sign: None,
        })
        .await
}

const LOGIN: &str = "Basic YW5uOmh1bnRlcjIy";

/// H8, O4 (CVE-2021-32690): a chart on another server is fetched without the repository's credentials, whether the index
/// names the server or a redirect does.
#[tokio::test(flavor = "multi_thread")]
async fn h8_credentials_stay_on_the_repositorys_server() {
    let (own, other) = (Seen::default(), Seen::default());
    let elsewhere = serve(other.clone(), None).await;
    let url = serve(own.clone(), Some(format!("{elsewhere}/y.tgz"))).await;
    let repository = endpoint(&url, false);
    for path in ["index.yaml", "web.tgz", "/web.tgz"] {
        request(repository.as_ref(), path).await.expect("answers");
    }
    assert_eq!(own.take(), vec![Some(LOGIN.to_owned()); 3]);
    request(repository.as_ref(), &format!("{elsewhere}/x.tgz"))
        .await
        .expect("answers");
    assert_eq!(other.take(), [None]);
    let moved = request(repository.as_ref(), "/moved.tgz").await.expect("follows");
    assert_eq!(
        (moved.status, own.take(), other.take()),
        (200, vec![Some(LOGIN.to_owned())], vec![None])
    );
}

/// H8: they are sent when the object opts in, but never where a redirect leads.
#[tokio::test(flavor = "multi_thread")]
async fn h8_pass_credentials_names_servers_of_the_index_only() {
    let (own, other) = (Seen::default(), Seen::default());
    let elsewhere = serve(other.clone(), None).await;
    let url = serve(own.clone(), Some(format!("{elsewhere}/y.tgz"))).await;
    let repository = endpoint(&url, true);
    request(repository.as_ref(), &format!("{elsewhere}/x.tgz"))
        .await
        .expect("answers");
    assert_eq!(other.take(), [Some(LOGIN.to_owned())]);
    request(repository.as_ref(), "/moved.tgz").await.expect("follows");
    assert_eq!(other.take(), [None]);
}

/// N2, P6: an index leads to no metadata service and no other scheme; a repository is only read.
#[tokio::test(flavor = "multi_thread")]
async fn n2_charts_are_under_the_egress_policy() {
    let seen = Seen::default();
    let url = serve(seen.clone(), Some("http://169.254.169.254/latest".into())).await;
    let repository = endpoint(&url, false);
    for path in ["http://169.254.169.254/latest", "/moved.tgz"] {
        let refused = request(repository.as_ref(), path).await;
        assert!(
            matches!(refused, Err(EndpointError::Denied(_))),
            "{path}: {refused:?}"
        );
    }
    assert!(request(repository.as_ref(), "file:///etc/passwd").await.is_err());
    let post = HttpRequest {
        method: "POST".into(),
        path: "x".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        sign: None,
    };
    assert!(matches!(
        repository.send(post).await,
        Err(EndpointError::Denied(_))
    ));
}

/// H3: a body ends at its ceiling, and the index is fetched once.
#[tokio::test(flavor = "multi_thread")]
async fn h3_bodies_are_bounded_and_the_index_is_fetched_once() {
    let seen = Seen::default();
    let url = serve(seen.clone(), None).await;
    let repository = endpoint(&url, false);
    for _ in 0..3 {
        request(repository.as_ref(), "index.yaml").await.expect("answers");
    }
    assert_eq!(seen.take().len(), 1);
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    });
    let small = HelmRepositoryTarget {
        url,
        secret: None,
        tls: None,
        pass_credentials: false,
        timeout: Duration::from_secs(5),
        max_index: 99,
        max_chart: 99,
    };
    let small = transport.helm_repository(&small).expect("an endpoint");
    for path in ["index.yaml", "web.tgz"] {
        let error = request(small.as_ref(), path)
            .await
            .expect_err("is too long")
            .to_string();
        assert!(error.contains("larger than 99 bytes"), "{error}");
    }
}
