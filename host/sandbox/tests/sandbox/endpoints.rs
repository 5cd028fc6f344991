//! P6, P7: a guest reaches what the object brings, by the binding's name, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use sluice_model::port::{
    Bindings, EndpointError, GitEndpoint, GitReference, HttpEndpoint, HttpRequest, HttpResponse,
};
use sluice_model::{Event, Severity, Tree, TreeRead as _};
use sluice_sandbox::{Call, Failure, GuestError, Limits, ReceiveRequest, SourceRevision};

use crate::guests::{SHORT, assert_others_work, call, plugin, tree};

#[derive(Default)]
struct Http {
    sent: Mutex<Vec<HttpRequest>>,
    status: u16,
    hangs: bool,
    panics: bool,
}

#[async_trait::async_trait]
impl HttpEndpoint for Http {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
        assert!(!self.panics, "a defect of the host");
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.sent.lock().push(request);
        let headers = vec![("Retry-After".to_owned(), "7".to_owned())];
        Ok(HttpResponse {
            status: self.status,
            headers,
            body: Bytes::new(),
        })
    }
}

fn http(endpoint: &Arc<Http>, limits: Limits) -> Call {
    let endpoint: Arc<dyn HttpEndpoint> = endpoint.clone();
    call(limits).with_bindings(Bindings {
        http: vec![("target".into(), endpoint)],
        ..Bindings::default()
    })
}

fn event() -> Event {
    Event {
        involved_object: Default::default(),
        severity: Severity::Info,
        timestamp: "2026-11-23T00:00:00Z".into(),
        message: "hello".into(),
        reason: "Tested".into(),
        metadata: Default::default(),
        reporting_controller: "tests".into(),
        reporting_instance: String::new(),
    }
}

#[tokio::test]
async fn a_notifier_sends_through_its_binding() {
    let endpoint = Arc::new(Http {
        status: 200,
        ..Http::default()
    });
    let notifier = plugin("notify-echo").await;
    notifier
        .notify(&http(&endpoint, SHORT), "{}", &event())
        .await
        .expect("sends");
    let sent = endpoint.sent.lock().remove(0);
    assert_eq!((sent.method.as_str(), &sent.body[..]), ("POST", &b"hello"[..]));
    assert_eq!(sent.headers, [("X-Reason".to_owned(), "Tested".to_owned())]);
    assert_eq!(sent.sign.map(|sign| sign.header), Some("X-Signature".to_owned()));
    let busy = Arc::new(Http {
        status: 429,
        ..Http::default()
    });
    let error = notifier
        .notify(&http(&busy, SHORT), "{}", &event())
        .await
        .expect_err("is busy");
    assert!(
        matches!(
            error.guest(),
            Some(GuestError::Transient {
                after_ms: Some(7000),
                ..
            })
        ),
        "{error}"
    );
}

#[tokio::test]
async fn p7_a_binding_that_was_not_given_is_denied() {
    let endpoint = Arc::new(Http {
        status: 200,
        ..Http::default()
    });
    let notifier = plugin("notify-echo").await;
    for config in [
        "{\"binding\":\"other\"}",
        "{\"header\":\"Authorization\"}",
        "{\"header\":\"a\\r\\nb\"}",
    ] {
        let error = notifier
            .notify(&http(&endpoint, SHORT), config, &event())
            .await
            .expect_err("is denied");
        assert!(
            matches!(error.guest(), Some(GuestError::Denied(_))),
            "{config}: {error}"
        );
        assert_eq!(error.reason(), "AccessDenied");
    }
    assert!(endpoint.sent.lock().is_empty());
}

/// P1: an endpoint that never answers ends with the call's wall clock, and the error says where it waited.
#[tokio::test]
async fn p1_a_host_call_that_hangs_is_stopped_and_named() {
    let endpoint = Arc::new(Http {
        hangs: true,
        ..Http::default()
    });
    let limits = Limits {
        wall: Duration::from_millis(200),
        ..SHORT
    };
    let error = plugin("notify-echo")
        .await
        .notify(&http(&endpoint, limits), "{}", &event())
        .await
        .expect_err("hangs");
    let named = matches!(
        error.failure,
        Failure::Timeout {
            import: Some("sluice:plugin/http.send"),
            ..
        }
    );
    assert!(named && error.to_string().contains("http.send"), "{error}");
    assert_others_work().await;
}

/// C10: a panic of the host is an error of one call.
#[tokio::test]
async fn c10_a_panic_of_the_host_is_contained() {
    let endpoint = Arc::new(Http {
        panics: true,
        ..Http::default()
    });
    let error = plugin("notify-echo")
        .await
        .notify(&http(&endpoint, SHORT), "{}", &event())
        .await
        .expect_err("panics");
    assert!(
        matches!(&error.failure, Failure::Host(text) if text.contains("a defect of the host")),
        "{error}"
    );
    assert_others_work().await;
}

#[tokio::test]
async fn a_receiver_gives_triggers() {
    let receiver = plugin("receive-echo").await;
    let mut request = ReceiveRequest {
        config: "{}".into(),
        headers: vec![("x-event".into(), "push".into())],
        body: Bytes::from_static(b"payload"),
        hmac: Some(true),
        token: None,
    };
    let triggers = receiver
        .receive(&call(Limits::NOTIFY), request.clone())
        .await
        .expect("understands");
    assert_eq!(triggers[0].event, "push");
    assert!(triggers[0].facts.contains(&("body".into(), "payload".into())));
    request.hmac = Some(false);
    let error = receiver
        .receive(&call(Limits::NOTIFY), request)
        .await
        .expect_err("is denied");
    assert!(matches!(error.guest(), Some(GuestError::Denied(_))), "{error}");
    let wrong = receiver
        .notify(&call(Limits::NOTIFY), "{}", &event())
        .await
        .expect_err("is no notifier");
    assert!(
        matches!(
            wrong.failure,
            Failure::NoSuchWorld {
                world: "notifier-plugin"
            }
        ),
        "{wrong}"
    );
}

struct Git(Tree);

#[async_trait::async_trait]
impl GitEndpoint for Git {
    async fn refs(&self, prefixes: Vec<String>) -> Result<Vec<GitReference>, EndpointError> {
        Ok(prefixes
            .into_iter()
            .map(|name| GitReference {
                name,
                oid: "ab".repeat(20),
                peeled: None,
            })
            .collect())
    }
    async fn object(&self, _: String) -> Result<Bytes, EndpointError> {
        Err(EndpointError::NotFound("no object".into()))
    }
    async fn snapshot(&self, _: String, _: Option<String>) -> Result<Tree, EndpointError> {
        Ok(self.0.clone())
    }
}

fn git() -> Call {
    let endpoint: Arc<dyn GitEndpoint> = Arc::new(Git(tree(&[
        ("deploy/a", "1"),
        ("deploy/b/c", "2"),
        ("src/x", "3"),
    ])));
    call(SHORT).with_bindings(Bindings {
        git: vec![("target".into(), endpoint)],
        ..Bindings::default()
    })
}

#[tokio::test]
async fn a_source_resolves_and_fetches() {
    let source = plugin("source-fake").await;
    let revision = source.resolve(&git(), "{}", None, &[]).await.expect("resolves");
    assert_eq!(revision.id, format!("main@sha1:{}", "ab".repeat(20)));
    let (fetched, metadata) = source.fetch(&git(), "{}", &revision, &[]).await.expect("fetches");
    let files: Vec<String> = fetched.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, ["REVISION", "deploy/a", "deploy/b/c"]);
    assert!(fetched.stat("REVISION").expect("a file").executable);
    assert_eq!(fetched.read("deploy/b/c").expect("a file"), "2");
    assert_eq!(metadata.summary, "one line");
    let error = source
        .resolve(&git(), "{\"binding\":\"x\"}", None, &[])
        .await
        .expect_err("is denied");
    assert!(matches!(error.guest(), Some(GuestError::Denied(_))), "{error}");
}

/// What a source is made of may be brought along, and taken into its artifact.
#[tokio::test]
async fn a_source_takes_its_inputs() {
    let revision = SourceRevision {
        id: "main@sha1:00".into(),
        pin: "00".into(),
    };
    let inputs = [
        ("first".to_owned(), tree(&[("a", "1")])),
        ("second".to_owned(), tree(&[("b/c", "2")])),
    ];
    let source = plugin("source-fake").await;
    let fetched = source
        .fetch(&git(), "{\"mode\":\"inputs\"}", &revision, &inputs)
        .await;
    let (fetched, _) = fetched.expect("fetches");
    let files: Vec<String> = fetched.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, ["first/a", "second/b/c"]);
}

async fn fetch(mode: &str) -> Failure {
    let revision = SourceRevision {
        id: "main@sha1:00".into(),
        pin: "00".into(),
    };
    let config = format!("{{\"mode\":\"{mode}\"}}");
    plugin("source-fake")
        .await
        .fetch(&git(), &config, &revision, &[])
        .await
        .expect_err("is refused")
        .failure
}

#[tokio::test]
async fn p2_handles_and_sinks_have_limits() {
    let handles = fetch("handles").await;
    assert!(
        matches!(
            handles,
            Failure::ResourceLimit {
                resource: "handles",
                limit: 4096
            }
        ),
        "{handles}"
    );
    assert_eq!(handles.reason(), "PluginResourceLimit");
    let flood = fetch("flood").await;
    let named = matches!(
        flood,
        Failure::OutputLimit {
            import: Some("sluice:plugin/files.[method]sink.put"),
            ..
        }
    );
    assert!(named, "{flood}");
    assert_others_work().await;
}

/// A1: a source puts nothing outside of its tree, and nothing twice.
#[tokio::test]
async fn a1_a_sink_holds_its_path_rules() {
    assert!(matches!(
        fetch("escape").await,
        Failure::Guest(GuestError::Denied(_))
    ));
    assert!(matches!(
        fetch("twice").await,
        Failure::Guest(GuestError::Failed(_))
    ));
}
