//! HTTP endpoints against a server on loopback.

#![allow(clippy::expect_used, reason = "a test")]

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use bytes::Bytes;
use sluice_model::SecretData;
use sluice_model::port::{EndpointError, HmacAlgorithm, HttpRequest, HttpSignature};
use sluice_transport::{HttpAuth, HttpTarget, Transport, TransportOptions};

fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    })
}

fn secret(data: &[(&str, &str)]) -> SecretData {
    let data = data
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
    SecretData::new("default/webhook", data)
}

fn target(address: &str, secret: Option<SecretData>) -> HttpTarget {
    HttpTarget {
        address: Some(address.into()),
        secret,
        tls: None,
        proxy: None,
        auth: HttpAuth::None,
        timeout: Duration::from_secs(5),
        max_response: 64 * 1024,
    }
}

fn post(body: &'static str) -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        path: String::new(),
        query: Vec::new(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(body.as_bytes()),
        sign: None,
    }
}

async fn serve(router: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers with all that it got, as a hostile or careless server may.
async fn echo(uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let mut text = format!("{uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!(
            "{name}: {}\n",
            String::from_utf8_lossy(value.as_bytes())
        ));
    }
    text.push_str(&String::from_utf8_lossy(&body));
    (
        [("set-cookie", "a=b"), ("x-path", "/hooks/very-secret-path")],
        text,
    )
}

/// L2: what the server sends back holds no credential.
#[tokio::test]
async fn l2_answers_are_cleaned() {
    let address = serve(Router::new().fallback(echo)).await;
    let data = [
        (
            "address",
            &*format!("http://bob:basic-password@{address}/hooks/very-secret-path?key=query-secret"),
        ),
        ("headers", "X-Api-Key: header-secret\nX-Other: plain-but-secret"),
        ("token", "hmac-secret"),
    ];
    let endpoint = transport()
        .http(&target("http://ignored.example", Some(secret(&data))))
        .expect("an endpoint");
    let answer = endpoint.send(post("{}")).await.expect("an answer");
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    let all = format!("{text}{:?}", answer.headers);
    for leaked in [
        "basic-password",
        "very-secret-path",
        "query-secret",
        "header-secret",
        "hmac-secret",
        "Ym9iOmJhc2lj",
    ] {
        assert!(!all.contains(leaked), "{leaked}: {all}");
    }
    assert!(
        text.contains("authorization: Basic ***") && text.contains("x-api-key: ***"),
        "{text}"
    );
    assert!(text.ends_with("{}") && !all.contains("set-cookie"), "{all}");
}

#[tokio::test]
async fn signs_the_bytes_that_are_sent() {
    let address = serve(Router::new().fallback(echo)).await;
    let url = format!("http://{address}/hook");
    let signed = |prefix: &str| HttpRequest {
        sign: Some(HttpSignature {
            header: "X-Signature".into(),
            prefix: prefix.into(),
            algorithm: HmacAlgorithm::Sha256,
        }),
        ..post("what do ya want for nothing?")
    };
    let endpoint = transport()
        .http(&target(&url, Some(secret(&[("token", "Jefe")]))))
        .expect("an endpoint");
    let answer = endpoint.send(signed("sha256=")).await.expect("an answer");
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    let wanted = "x-signature: sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(text.contains(wanted), "{text}");
    let preset = secret(&[
        ("token", "Jefe"),
        ("headers", "X-Signature: forged-by-the-secret"),
    ]);
    let endpoint = transport()
        .http(&target(&url, Some(preset)))
        .expect("an endpoint");
    let answer = endpoint.send(signed("sha256=")).await.expect("an answer");
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    assert!(
        text.contains(wanted),
        "the signature wins over a header of the secret: {text}"
    );
    let without = transport().http(&target(&url, None)).expect("an endpoint");
    assert!(matches!(
        without.send(signed("")).await,
        Err(EndpointError::Invalid(_))
    ));
}

#[tokio::test]
async fn uses_the_credentials_it_is_told_to() {
    let address = serve(Router::new().fallback(|headers: HeaderMap| async move {
        let authorization = headers
            .get("authorization")
            .map(|value| value.as_bytes().to_vec());
        match authorization.as_deref() {
            Some(b"Basic dXNlcjpwYXNzd29yZA==") => "basic",
            Some(b"Bearer the-token") => "bearer",
            None => "none",
            Some(_) => "other",
        }
    }))
    .await;
    let data = secret(&[
        ("username", "user"),
        ("password", "password"),
        ("token", "the-token"),
    ]);
    for (auth, wanted) in [
        (HttpAuth::None, "none"),
        (HttpAuth::Basic, "basic"),
        (HttpAuth::Bearer, "bearer"),
    ] {
        let target = HttpTarget {
            auth,
            ..target(&format!("http://{address}/"), Some(data.clone()))
        };
        let answer = transport()
            .http(&target)
            .expect("an endpoint")
            .send(post(""))
            .await
            .expect("an answer");
        assert_eq!(answer.body, wanted);
    }
    let target = HttpTarget {
        auth: HttpAuth::Bearer,
        ..target(&format!("http://{address}/"), Some(secret(&[])))
    };
    assert!(matches!(
        transport().http(&target),
        Err(EndpointError::Unauthorized(_))
    ));
}

/// P6, S3: redirects stay on the host; a POST is not turned into something else.
#[tokio::test]
async fn p6_redirects_stay_on_one_host() {
    let elsewhere = serve(Router::new().fallback(|| async { "reached" })).await;
    let address = serve(Router::new().fallback(move |uri: Uri| async move {
        match uri.path() {
            "/away" => Redirect::temporary(&format!("http://{elsewhere}/")).into_response(),
            "/metadata" => Redirect::temporary("http://169.254.169.254/latest").into_response(),
            "/here" => Redirect::temporary("/end").into_response(),
            "/loop" => Redirect::temporary("/loop").into_response(),
            "/found" => (StatusCode::FOUND, [("location", "/end")]).into_response(),
            _ => "end".into_response(),
        }
    }))
    .await;
    let send = async |path: &str| {
        let endpoint = transport()
            .http(&target(&format!("http://{address}{path}"), None))
            .expect("an endpoint");
        endpoint.send(post("{}")).await
    };
    assert!(matches!(send("/away").await, Err(EndpointError::Denied(_))));
    assert!(matches!(send("/metadata").await, Err(EndpointError::Denied(_))));
    assert!(matches!(send("/loop").await, Err(EndpointError::Failed(_))));
    assert_eq!(send("/here").await.expect("an answer").body, "end");
    assert_eq!(send("/found").await.expect("an answer").status, 302);
}

/// P6: addresses of the object itself.
#[tokio::test]
async fn p6_refuses_forbidden_addresses() {
    let strict = Transport::new(TransportOptions {
        allow_loopback: false,
        environment_proxy: false,
    });
    let address = serve(Router::new().fallback(echo)).await;
    for url in [
        format!("http://{address}/"),
        format!("http://localhost:{}/", address.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", address.port()),
        format!("http://0x7f.1:{}/", address.port()),
        "http://169.254.169.254/".into(),
    ] {
        let endpoint = strict.http(&target(&url, None)).expect("an endpoint");
        let error = endpoint.send(post("")).await.expect_err("refused");
        assert!(matches!(error, EndpointError::Denied(_)), "{url}: {error:?}");
    }
    for url in ["file:///etc/passwd", "ftp://example.com/", "data:text/plain,x"] {
        assert!(
            matches!(strict.http(&target(url, None)), Err(EndpointError::Invalid(_))),
            "{url}"
        );
    }
    assert!(strict.http(&target("not a url", None)).is_err());
}

/// O2, W2: large and slow answers.
#[tokio::test]
async fn bounds_answers_in_size_and_time() {
    let address = serve(Router::new().fallback(|uri: Uri| async move {
        if uri.path() == "/slow" {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        vec![b'x'; 100_000]
    }))
    .await;
    let large = transport()
        .http(&target(&format!("http://{address}/"), None))
        .expect("an endpoint");
    assert!(matches!(
        large.send(post("")).await,
        Err(EndpointError::Failed(_))
    ));
    let mut slow = target(&format!("http://{address}/slow"), None);
    slow.timeout = Duration::from_millis(200);
    let error = transport()
        .http(&slow)
        .expect("an endpoint")
        .send(post(""))
        .await
        .expect_err("no answer");
    assert!(
        matches!(&error, EndpointError::Transient { message, .. } if message.contains("timed out")),
        "{error:?}"
    );
}

/// N1: nothing listens there, or the name does not exist.
#[tokio::test]
async fn n1_unreachable_servers_are_transient() {
    for url in ["http://127.0.0.1:1/", "http://does-not-exist.invalid/"] {
        let error = transport()
            .http(&target(url, None))
            .expect("an endpoint")
            .send(post(""))
            .await
            .expect_err("no");
        assert!(
            matches!(error, EndpointError::Transient { .. }),
            "{url}: {error:?}"
        );
    }
}
