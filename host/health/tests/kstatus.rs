//! Compares the rules with what kstatus v1.2.2 (Go) said of generated objects.
//!
//! A line holds the object with kstatus' answer and, for Jobs, that of Flux's status reader. The file here is a
//! sample; `SLUICE_KSTATUS_CASES` names a longer one.

#![allow(clippy::expect_used, reason = "a test")]

use serde::Deserialize;
use sluice_health::status::{compute, verdict};
use sluice_model::{Health, Object};

#[derive(Deserialize)]
struct Case {
    object: Object,
    status: String,
    message: String,
    #[serde(default)]
    job: String,
    #[serde(default, rename = "jobMessage")]
    job_message: String,
}

fn cases() -> Vec<Case> {
    let text = match std::env::var("SLUICE_KSTATUS_CASES") {
        Ok(path) => std::fs::read_to_string(path).expect("the named file"),
        Err(_) => include_str!("kstatus.jsonl").to_owned(),
    };
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

/// Texts of errors are ours.
fn shown(verdict: &sluice_model::Verdict) -> (&'static str, &str) {
    let message = if verdict.health == Health::Unknown {
        ""
    } else {
        verdict.message.as_str()
    };
    (verdict.health.as_str(), message)
}

#[test]
fn verdicts_are_those_of_kstatus() {
    let now = jiff::Timestamp::now();
    let cases = cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    for case in &cases {
        let ours = match compute(&case.object, now) {
            Ok(verdict) => verdict,
            Err(error) => sluice_model::Verdict::new(Health::Unknown, error.to_string()),
        };
        let theirs = (case.status.as_str(), case.message.as_str());
        let theirs = if theirs.1 == "panic" {
            ("Unknown", "")
        } else {
            theirs
        };
        assert_eq!(
            shown(&ours),
            theirs,
            "{}",
            serde_json::to_string(&case.object).expect("JSON")
        );
        if !case.job.is_empty() {
            let ours = verdict(&case.object);
            let theirs = (case.job.as_str(), case.job_message.as_str());
            assert_eq!(
                shown(&ours),
                theirs,
                "{}",
                serde_json::to_string(&case.object).expect("JSON")
            );
        }
    }
}

/// Deletion decides before anything else that an object says of itself, and no check passes with it.
#[test]
fn what_is_being_deleted_is_terminating() {
    let object = serde_json::json!({"apiVersion": "example.com/v1", "kind": "Thing",
        "metadata": {"name": "a", "generation": 1, "deletionTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}});
    let object = Object::from_value(object).expect("a map");
    assert_eq!(verdict(&object).health, Health::Terminating);
}

/// K15: a pod that the API server's clock made in our future is young: no error, no failure before its time.
#[test]
fn k15_a_pod_from_the_future_is_young() {
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "a", "creationTimestamp": "2026-01-01T01:00:00Z"},
        "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
    let pod = Object::from_value(pod).expect("a map");
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time");
    let health = |now: &str| compute(&pod, at(now)).expect("reads").health;
    assert_eq!(health("2026-01-01T00:00:00Z"), Health::InProgress);
    assert_eq!(health("2026-01-01T02:00:00Z"), Health::Failed);
    let again = sluice_health::status::recheck_after(&pod, at("2026-01-01T00:00:00Z"));
    assert_eq!(again, Some(std::time::Duration::from_secs(15)));
}
