//! Pods, with the time that a scheduler is given.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sluice_model::{Object, Verdict};

use super::conditions::Condition;
use super::field::{error, strict, text_or};
use super::{StatusError, current, failed, in_progress};

/// How long a pod may stay unscheduled before it counts as unschedulable.
const SCHEDULING: Duration = Duration::from_secs(15);

pub(super) fn verdict(
    object: &Object,
    conditions: &[Condition],
    now: Timestamp,
) -> Result<Verdict, StatusError> {
    match text_or(object, &["status", "phase"], "") {
        "Succeeded" => Ok(current("Pod has completed successfully")),
        "Failed" => Ok(current("Pod has completed, but not successfully")),
        "Running" => running(object, conditions),
        "Pending" => Ok(pending(object, conditions, now)),
        "" => Ok(in_progress("Pod phase not available")),
        phase => Err(error(
            "status.phase",
            &Value::String(phase.to_owned()),
            "a known phase",
        )),
    }
}

fn running(object: &Object, conditions: &[Condition]) -> Result<Verdict, StatusError> {
    if conditions
        .iter()
        .any(|condition| condition.kind == "Ready" && condition.is_true())
    {
        return Ok(current("Pod is Ready"));
    }
    let crashing = crashing(object)?;
    if crashing.is_empty() {
        return Ok(in_progress("Pod is running but is not Ready"));
    }
    Ok(failed(format!(
        "Containers in CrashLoop state: {}",
        crashing.join(",")
    )))
}

fn pending(object: &Object, conditions: &[Condition], now: Timestamp) -> Verdict {
    if !is_unschedulable(conditions) {
        return in_progress("Pod is in the Pending phase");
    }
    match time_left(object, now) {
        Some(_) => in_progress("Pod has not been scheduled"),
        None => failed("Pod could not be scheduled"),
    }
}

fn is_unschedulable(conditions: &[Condition]) -> bool {
    let unscheduled = conditions
        .iter()
        .find(|c| c.kind == "PodScheduled" && c.status == "False");
    unscheduled.is_some_and(|condition| condition.reason == "Unschedulable")
}

fn time_left(object: &Object, now: Timestamp) -> Option<Duration> {
    let created: Timestamp = text_or(object, &["metadata", "creationTimestamp"], "")
        .parse()
        .ok()?;
    let age = Duration::try_from(now.duration_since(created)).unwrap_or(Duration::ZERO);
    SCHEDULING.checked_sub(age).filter(|left| !left.is_zero())
}

/// When an unscheduled pod begins to count as unschedulable.
pub(super) fn recheck_after(object: &Object, now: Timestamp) -> Option<Duration> {
    let waiting = text_or(object, &["status", "phase"], "") == "Pending"
        && super::conditions::conditions(object).is_ok_and(|conditions| is_unschedulable(&conditions));
    if waiting { time_left(object, now) } else { None }
}

fn crashing(object: &Object) -> Result<Vec<String>, StatusError> {
    let field = "status.containerStatuses";
    let statuses = match strict(object, "status", "containerStatuses")? {
        None => return Ok(Vec::new()),
        Some(Value::Array(statuses)) => statuses,
        Some(other) => return Err(error(field, other, "a list")),
    };
    let mut names = Vec::new();
    for status in statuses {
        let reason = status.pointer("/state/waiting/reason").and_then(Value::as_str);
        if let (Some("CrashLoopBackOff"), Some(name)) = (reason, status.get("name").and_then(Value::as_str)) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
