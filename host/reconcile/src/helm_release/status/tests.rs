use super::*;
use serde_json::{Value, json};
use sluice_api::condition::{find, is_true};

fn object(annotations: Value, status: Value) -> HelmRelease {
    serde_json::from_value(json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": "apps", "generation": 2, "annotations": annotations},
        "spec": {"interval": "1m", "chartRef": {"kind": "HelmChart", "name": "web"}, "test": {"enable": true}},
        "status": status}))
    .expect("a HelmRelease")
}

/// Section 7, item 1: a force request counts with the reconcile request of the same value, and is answered in any case.
#[test]
fn force_and_reset_need_the_request_and_are_answered_in_any_case() {
    let both = |value: &str, force: &str| json!({"reconcile.fluxcd.io/requestedAt": value, "reconcile.fluxcd.io/forceAt": force});
    let mut asked = Progress::of(&object(both("2", "2"), json!({})));
    assert!(asked.take_force() && !asked.take_force(), "once");
    assert_eq!(asked.status.last_handled_force_at.as_deref(), Some("2"));
    for (annotations, status) in [
        (both("2", "1"), json!({})),
        (both("2", "2"), json!({"lastHandledReconcileAt": "2"})),
        (both("2", "2"), json!({"lastHandledForceAt": "2"})),
    ] {
        let mut progress = Progress::of(&object(annotations.clone(), status));
        assert!(!progress.take_force(), "{annotations}");
        assert_eq!(
            progress.status.last_handled_force_at.as_deref(),
            annotations["reconcile.fluxcd.io/forceAt"].as_str()
        );
    }
}

/// Section 7, item 18: Ready is copied from the condition of the newest generation, then of the highest priority.
#[test]
fn ready_is_copied_by_generation_then_priority() {
    let condition = |type_: &str, status: &str, generation: i64| {
        json!({"type": type_, "status": status,
        "reason": format!("{type_}Reason"), "message": type_, "observedGeneration": generation,
        "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    let ready = |conditions: Vec<Value>| {
        let mut progress = Progress::of(&object(json!({}), json!({ "conditions": conditions })));
        progress.summarize();
        let ready = find(&progress.status.conditions, types::READY).expect("Ready");
        (ready.status.to_string(), ready.message.clone())
    };
    let is = |status: &str, message: &str| (status.to_owned(), message.to_owned());
    assert_eq!(ready(vec![condition(RELEASED, "True", 2)]), is("True", RELEASED));
    let tested = vec![
        condition(RELEASED, "True", 2),
        condition(TEST_SUCCESS, "False", 2),
    ];
    assert_eq!(ready(tested), is("False", TEST_SUCCESS));
    let remediated = vec![condition(RELEASED, "False", 2), condition(REMEDIATED, "True", 2)];
    assert_eq!(
        ready(remediated),
        is("False", REMEDIATED),
        "a remediated release is not ready"
    );
    let older = vec![condition(RELEASED, "True", 2), condition(REMEDIATED, "True", 1)];
    assert_eq!(ready(older), is("True", RELEASED));
}

#[test]
fn failures_are_forgotten_when_something_else_is_tried() {
    let tried = json!({"failures": 3, "upgradeFailures": 2, "lastAttemptedGeneration": 2,
        "lastAttemptedRevision": "1.0.0", "lastAttemptedConfigDigest": "sha256:c"});
    let after = |annotations: Value, version: &str, digest: &str| {
        let mut progress = Progress::of(&object(annotations, tried.clone()));
        progress.attempt(version, digest, None);
        progress.status.failures
    };
    assert_eq!(after(json!({}), "1.0.0", "sha256:c"), Some(3));
    assert_eq!(after(json!({}), "1.0.1", "sha256:c"), None);
    assert_eq!(after(json!({}), "1.0.0", "sha256:d"), None);
    let reset = json!({"reconcile.fluxcd.io/requestedAt": "1", "reconcile.fluxcd.io/resetAt": "1"});
    assert_eq!(after(reset, "1.0.0", "sha256:c"), None);
}

#[test]
fn a_fulfilled_prerequisite_takes_its_failure_away() {
    let mut progress = Progress::of(&object(json!({}), json!({})));
    progress.failed("SourceNotReady", "no");
    assert!(is_true(&progress.status.conditions, types::RECONCILING));
    progress.fulfilled();
    let ready = find(&progress.status.conditions, types::READY).expect("Ready");
    assert_eq!(
        (ready.status.as_str(), ready.reason.as_str()),
        ("Unknown", "Progressing")
    );
    progress.failed("InstallFailed", "no");
    progress.fulfilled();
    let ready = find(&progress.status.conditions, types::READY).expect("Ready");
    assert_eq!(ready.reason, "InstallFailed");
}
