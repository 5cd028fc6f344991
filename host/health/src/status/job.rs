//! Jobs: Current once started for kstatus, Current once completed for Flux.

use sluice_model::{Object, Verdict};

use super::conditions::{Condition, conditions};
use super::field::text_or;
use super::{StatusError, boolean, current, failed, in_progress, number};

/// kstatus' rule.
pub(super) fn started(object: &Object, conditions: &[Condition]) -> Verdict {
    if let Some(verdict) = finished(object, conditions) {
        return verdict;
    }
    if !has_started(object) {
        return in_progress("Job not started");
    }
    current(progress(object))
}

/// Flux's rule; it asks nothing of generation or deletion.
pub(super) fn completed(object: &Object) -> Result<Verdict, StatusError> {
    if boolean(object, &["spec", "suspend"]) {
        return Ok(current("Job is suspended"));
    }
    if let Some(verdict) = finished(object, &conditions(object)?) {
        return Ok(verdict);
    }
    if !has_started(object) {
        let parallelism = number(object, &["spec", "parallelism"], 1);
        return Ok(in_progress(format!("Job not started. active: 0/{parallelism}")));
    }
    Ok(in_progress(progress(object)))
}

fn finished(object: &Object, conditions: &[Condition]) -> Option<Verdict> {
    let parallelism = number(object, &["spec", "parallelism"], 1);
    let completions = number(object, &["spec", "completions"], parallelism);
    let of = |field| number(object, &["status", field], 0);
    conditions
        .iter()
        .filter(|condition| condition.is_true())
        .find_map(|condition| match condition.kind.as_str() {
            "Complete" => Some(current(format!(
                "Job Completed. succeeded: {}/{completions}",
                of("succeeded")
            ))),
            "Failed" => Some(failed(format!(
                "Job Failed. failed: {}/{completions}",
                of("failed")
            ))),
            _ => None,
        })
}

fn has_started(object: &Object) -> bool {
    !text_or(object, &["status", "startTime"], "").is_empty()
}

fn progress(object: &Object) -> String {
    let of = |field| number(object, &["status", field], 0);
    format!(
        "Job in progress. success:{}, active: {}, failed: {}",
        of("succeeded"),
        of("active"),
        of("failed")
    )
}
