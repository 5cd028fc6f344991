//! Promise 1 and R1: what a renderer reads is recorded, and it reads its trees only.

use std::sync::Arc;

use sluice_model::TreeRead;
use sluice_model::memo::Question;
use sluice_model::port::{Bindings, ClusterLookup, EndpointError};
use sluice_sandbox::{Failure, RenderRequest};

use crate::guests::{SHORT, call, plugin, render, request, tree};

#[tokio::test]
async fn reads_are_recorded_with_their_answers() {
    let outcome = plugin("render-echo")
        .await
        .render(&call(SHORT), request("{}"))
        .await
        .expect("renders");
    let asked: Vec<(Question, &str)> = outcome
        .trace
        .readings
        .iter()
        .map(|reading| (reading.question, reading.path.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            (Question::Entries, "app"),
            (Question::Read, "app/a.yaml"),
            (Question::Read, "app/b.yaml")
        ]
    );
    let same = tree(&[("app/a.yaml", "one"), ("app/b.yaml", "two"), ("beside", "new")]);
    assert!(outcome.trace.holds(&[&same]));
    for changed in [
        tree(&[("app/a.yaml", "ONE"), ("app/b.yaml", "two")]),
        tree(&[("app/a.yaml", "one"), ("app/b.yaml", "two"), ("app/c.yaml", "")]),
        tree(&[("app/a.yaml", "one")]),
    ] {
        assert!(!outcome.trace.holds(&[&changed]));
    }
}

/// A miss is an answer: the file that appears later changes it.
#[tokio::test]
async fn misses_are_recorded() {
    let empty: Arc<dyn TreeRead> = Arc::new(tree(&[("other", "")]));
    let request = RenderRequest {
        inputs: vec![("main".into(), empty)],
        ..request("{}")
    };
    let error = plugin("render-reads")
        .await
        .render(&call(SHORT), request.clone())
        .await
        .expect_err("misses");
    assert!(error.to_string().contains("app/0.yaml"), "{error}");
    let echo = plugin("render-echo")
        .await
        .render(&call(SHORT), request)
        .await
        .expect_err("no folder");
    assert!(
        matches!(echo.guest(), Some(sluice_sandbox::GuestError::NotFound(_))),
        "{echo}"
    );
}

#[tokio::test]
async fn r1_a_renderer_does_not_leave_its_tree() {
    let outcome = render("path-escape", "", SHORT).await.expect("tells");
    assert_eq!(outcome.objects.len(), 8);
    for object in &outcome.objects {
        assert!(object.json.contains("\"denied\":true"), "{}", object.json);
    }
}

#[tokio::test]
async fn config_is_checked_before_the_guest_runs() {
    let echo = plugin("render-echo").await;
    let outcome = echo
        .render(&call(SHORT), request("{\"name\":\"mine\"}"))
        .await
        .expect("renders");
    assert!(outcome.objects[0].json.contains("\"name\":\"mine\""));
    let outcome = echo.render(&call(SHORT), request("{}")).await.expect("renders");
    assert!(
        outcome.objects[0].json.contains("\"name\":\"echo\""),
        "the default is filled in"
    );
    for bad in ["{\"name\":1}", "{\"nam\":\"x\"}", "[]", "{"] {
        let error = echo
            .render(&call(SHORT), request(bad))
            .await
            .expect_err("does not fit");
        assert!(
            matches!(error.failure, Failure::InvalidConfig(_)) && error.is_stalled(),
            "{bad}: {error}"
        );
    }
}

struct Secrets;

#[async_trait::async_trait]
impl ClusterLookup for Secrets {
    async fn lookup(
        &self,
        _: String,
        _: String,
        namespace: String,
        name: String,
    ) -> Result<Option<String>, EndpointError> {
        Ok(Some(format!("{{\"found\":\"{namespace}/{name}\"}}")))
    }
}

#[tokio::test]
async fn lookups_are_recorded_and_need_a_cluster() {
    let plugin = plugin("render-lookup").await;
    let error = plugin
        .render(&call(SHORT), request("{}"))
        .await
        .expect_err("no cluster");
    assert!(
        matches!(error.guest(), Some(sluice_sandbox::GuestError::Denied(_))),
        "{error}"
    );
    let bindings = Bindings {
        cluster: Some(Arc::new(Secrets)),
        ..Bindings::default()
    };
    let outcome = plugin
        .render(&call(SHORT).with_bindings(bindings), request("{}"))
        .await
        .expect("renders");
    assert_eq!(outcome.text, b"{\"found\":\"default/x\"}");
    assert_eq!(outcome.lookups.len(), 1);
    assert_eq!(
        outcome.lookups[0].answer,
        Some(sluice_model::Digest::of(&outcome.text))
    );
}
