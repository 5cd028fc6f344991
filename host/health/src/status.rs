//! The health of one object from its own fields: the rules of kstatus (sigs.k8s.io/cli-utils), as Flux uses them.

mod conditions;
mod field;
mod job;
mod pod;
mod workload;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sluice_model::{Health, Object, Verdict};

use conditions::{Condition, conditions};
use field::{int, int_or, is_set, text_or};

/// A field of the object does not have the type that it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read {field}: {found} is not {wanted}")]
pub struct StatusError {
    /// For example `status.observedGeneration`.
    pub field: String,
    /// What stands there, shortened.
    pub found: String,
    /// What should.
    pub wanted: &'static str,
}

/// An object's health as Flux sees it: kstatus, but a Job is Current only when it has completed or is suspended.
/// Whatever cannot be read is Unknown.
pub fn verdict(object: &Object) -> Verdict {
    let now = Timestamp::now();
    let verdict = match (object.group(), object.kind()) {
        ("batch", "Job") => job::completed(object),
        _ => compute(object, now),
    };
    verdict.unwrap_or_else(|error| Verdict::new(Health::Unknown, error.to_string()))
}

/// An object's health by kstatus alone.
///
/// # Errors
/// A field has the wrong type.
pub fn compute(object: &Object, now: Timestamp) -> Result<Verdict, StatusError> {
    let conditions = match generic(object)? {
        Generic::Decided(verdict) => return Ok(verdict),
        Generic::Open(conditions) => conditions,
    };
    match (object.group(), object.kind()) {
        ("", "Service") => Ok(service(object)),
        ("", "Pod") => pod::verdict(object, &conditions, now),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => Ok(current("Resource is always ready")),
        ("", "PersistentVolumeClaim") => Ok(claim(object)),
        ("apps", "StatefulSet") => Ok(workload::stateful_set(object)),
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set(object),
        ("apps" | "extensions", "Deployment") => Ok(workload::deployment(object, &conditions)),
        ("apps" | "extensions", "ReplicaSet") => Ok(workload::replica_set(object, &conditions)),
        ("policy", "PodDisruptionBudget") => Ok(current("AllowedDisruptions has been computed.")),
        ("batch", "Job") => Ok(job::started(object, &conditions)),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Ok(definition(&conditions)),
        _ => Ok(ready(&conditions)),
    }
}

/// Verdicts that change by time alone: when to look again.
pub fn recheck_after(object: &Object, now: Timestamp) -> Option<Duration> {
    let is_pod = object.group().is_empty() && object.kind() == "Pod";
    if is_pod {
        pod::recheck_after(object, now)
    } else {
        None
    }
}

enum Generic {
    Decided(Verdict),
    Open(Vec<Condition>),
}

/// Deletion, generation and the standard conditions decide before anything of the kind's own.
fn generic(object: &Object) -> Result<Generic, StatusError> {
    if is_set(object, "metadata", "deletionTimestamp")? {
        return Ok(Generic::Decided(Verdict::new(
            Health::Terminating,
            "Resource scheduled for deletion",
        )));
    }
    let generation = int(object, "metadata", "generation")?;
    if let Some(generation) = generation {
        let observed = int(object, "status", "observedGeneration")?;
        if let Some(observed) = observed.filter(|observed| *observed != generation) {
            return Ok(Generic::Decided(in_progress(format!(
                "{} generation is {generation}, but latest observed generation is {observed}",
                object.kind()
            ))));
        }
    }
    let conditions = conditions(object)?;
    for condition in conditions.iter().filter(|condition| condition.is_true()) {
        match condition.kind.as_str() {
            "Reconciling" => return Ok(Generic::Decided(in_progress(condition.message.clone()))),
            "Stalled" => return Ok(Generic::Decided(failed(condition.message.clone()))),
            _ => {}
        }
    }
    Ok(Generic::Open(conditions))
}

fn current(message: impl Into<String>) -> Verdict {
    Verdict::new(Health::Current, message)
}

fn in_progress(message: impl Into<String>) -> Verdict {
    Verdict::new(Health::InProgress, message)
}

fn failed(message: impl Into<String>) -> Verdict {
    Verdict::new(Health::Failed, message)
}

/// Kinds without rules of their own: the Ready condition where there is one.
fn ready(conditions: &[Condition]) -> Verdict {
    for condition in conditions.iter().filter(|condition| condition.kind == "Ready") {
        match condition.status.as_str() {
            "True" => return current("Resource is Ready"),
            "False" | "Unknown" => return in_progress(condition.message.clone()),
            _ => {}
        }
    }
    current("Resource is current")
}

fn service(object: &Object) -> Verdict {
    let balanced = text_or(object, &["spec", "type"], "ClusterIP") == "LoadBalancer";
    if balanced && text_or(object, &["spec", "clusterIP"], "").is_empty() {
        return in_progress("ClusterIP not set. Service type: LoadBalancer");
    }
    current("Service is ready")
}

fn claim(object: &Object) -> Verdict {
    match text_or(object, &["status", "phase"], "unknown") {
        "Bound" => current("PVC is Bound"),
        phase => in_progress(format!("PVC is not Bound. phase: {phase}")),
    }
}

fn definition(conditions: &[Condition]) -> Verdict {
    for condition in conditions {
        match (condition.kind.as_str(), condition.status.as_str()) {
            ("NamesAccepted", "False") => return failed(condition.message.clone()),
            ("Established", "False") if condition.reason != "Installing" => {
                return failed(condition.message.clone());
            }
            ("Established", "True") => return current("CRD is established"),
            _ => {}
        }
    }
    in_progress("Install in progress")
}

/// A number for messages and comparisons, as kstatus reads it: anything but an integer is the default.
fn number(object: &Object, path: &[&str], default: i64) -> i64 {
    int_or(object, path, default)
}

fn boolean(object: &Object, path: &[&str]) -> bool {
    field::at(object, path).and_then(Value::as_bool).unwrap_or(false)
}
