//! Deployments, ReplicaSets, StatefulSets and DaemonSets.

use sluice_model::{Object, Verdict};

use super::conditions::Condition;
use super::field::{int, text_or};
use super::{StatusError, current, failed, in_progress, number};

/// The Deployment controller takes a deadline of this many seconds for none.
const NO_DEADLINE: i64 = i32::MAX as i64;

pub(super) fn deployment(object: &Object, conditions: &[Condition]) -> Verdict {
    let mut progressing = number(object, &["spec", "progressDeadlineSeconds"], NO_DEADLINE) == NO_DEADLINE;
    let mut available = false;
    for condition in conditions {
        match condition.kind.as_str() {
            "Progressing" if condition.reason == "ProgressDeadlineExceeded" => {
                return failed("Progress deadline exceeded");
            }
            "Progressing" if condition.is_true() && condition.reason == "NewReplicaSetAvailable" => {
                progressing = true
            }
            "Available" if condition.is_true() => available = true,
            _ => {}
        }
    }
    let wanted = number(object, &["spec", "replicas"], 1);
    let of = |field| number(object, &["status", field], 0);
    let (replicas, updated) = (of("replicas"), of("updatedReplicas"));
    let (ready, up) = (of("readyReplicas"), of("availableReplicas"));
    if wanted > replicas {
        in_progress(format!("Replicas: {replicas}/{wanted}"))
    } else if wanted > updated {
        in_progress(format!("Updated: {updated}/{wanted}"))
    } else if replicas > wanted {
        in_progress(format!("Pending termination: {}", replicas - wanted))
    } else if updated > up {
        in_progress(format!("Available: {up}/{updated}"))
    } else if wanted > ready {
        in_progress(format!("Ready: {ready}/{wanted}"))
    } else if !progressing {
        in_progress("ReplicaSet not Available")
    } else if !available {
        in_progress("Deployment not Available")
    } else {
        current(format!("Deployment is available. Replicas: {replicas}"))
    }
}

pub(super) fn replica_set(object: &Object, conditions: &[Condition]) -> Verdict {
    if conditions
        .iter()
        .any(|condition| condition.kind == "ReplicaFailure" && condition.is_true())
    {
        return in_progress("Replica Failure condition. Check Pods");
    }
    let wanted = number(object, &["spec", "replicas"], 1);
    let of = |field| number(object, &["status", field], 0);
    let (replicas, labelled) = (of("replicas"), of("fullyLabeledReplicas"));
    let (ready, up) = (of("readyReplicas"), of("availableReplicas"));
    if wanted > labelled {
        in_progress(format!("Labelled: {labelled}/{wanted}"))
    } else if wanted > up {
        in_progress(format!("Available: {up}/{wanted}"))
    } else if wanted > ready {
        in_progress(format!("Ready: {ready}/{wanted}"))
    } else if replicas > wanted {
        in_progress(format!("Pending termination: {}", replicas - wanted))
    } else {
        current(format!("ReplicaSet is available. Replicas: {replicas}"))
    }
}

pub(super) fn stateful_set(object: &Object) -> Verdict {
    if text_or(object, &["spec", "updateStrategy", "type"], "") == "OnDelete" {
        return current("StatefulSet is using the ondelete update strategy");
    }
    let wanted = number(object, &["spec", "replicas"], 1);
    let of = |field| number(object, &["status", field], 0);
    let (replicas, ready) = (of("replicas"), of("readyReplicas"));
    if wanted > replicas {
        in_progress(format!("Replicas: {replicas}/{wanted}"))
    } else if wanted > ready {
        in_progress(format!("Ready: {ready}/{wanted}"))
    } else if replicas > wanted {
        in_progress(format!("Pending termination: {}", replicas - wanted))
    } else {
        rollout(object, wanted, replicas)
    }
}

/// All replicas are there; are they of the wanted revision?
fn rollout(object: &Object, wanted: i64, replicas: i64) -> Verdict {
    let of = |field| number(object, &["status", field], 0);
    let updated = of("updatedReplicas");
    let partition = number(
        object,
        &["spec", "updateStrategy", "rollingUpdate", "partition"],
        -1,
    );
    if partition != -1 {
        let due = wanted.saturating_sub(partition);
        return if updated < due {
            in_progress(format!("updated: {updated}/{due}"))
        } else {
            current(format!("Partition rollout complete. updated: {updated}"))
        };
    }
    let now = of("currentReplicas");
    if wanted > now {
        return in_progress(format!("current: {now}/{wanted}"));
    }
    let revision = |field| text_or(object, &["status", field], "");
    if revision("currentRevision") != revision("updateRevision") {
        return in_progress("Waiting for updated revision to match current");
    }
    current(format!(
        "All replicas scheduled as expected. Replicas: {replicas}"
    ))
}

pub(super) fn daemon_set(object: &Object) -> Result<Verdict, StatusError> {
    for (parent, key) in [("metadata", "generation"), ("status", "observedGeneration")] {
        if int(object, parent, key)?.is_none() {
            return Ok(in_progress(format!("{} {parent}.{key} not found", object.kind())));
        }
    }
    let wanted = number(object, &["status", "desiredNumberScheduled"], -1);
    if wanted == -1 {
        return Ok(in_progress("Missing .status.desiredNumberScheduled"));
    }
    let steps = [
        ("Current", "currentNumberScheduled"),
        ("Updated", "updatedNumberScheduled"),
        ("Available", "numberAvailable"),
        ("Ready", "numberReady"),
    ];
    for (name, field) in steps {
        let reached = number(object, &["status", field], 0);
        if wanted > reached {
            return Ok(in_progress(format!("{name}: {reached}/{wanted}")));
        }
    }
    Ok(current(format!(
        "All replicas scheduled as expected. Replicas: {wanted}"
    )))
}
