//! What an action did to objects, step by step: a failure is told with the last of these lines.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sluice_model::Object;

use crate::port::{Deletion, ResourceError, Resources};

/// Lines that are kept, as many as Flux keeps.
const MAX_LINES: usize = 10;
/// Objects that a line names.
const MAX_NAMES: usize = 5;

/// The last steps of an action up to the first that failed: what comes after that one cleans up. It names objects and holds
/// nothing of what is in them, and no times: a failure that comes again is told in the same words, and counts as the same
/// event.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Steps>);

#[derive(Debug, Default)]
struct Steps {
    lines: VecDeque<String>,
    has_failed: bool,
}

impl Journal {
    /// Notes what is done to the objects of an action.
    pub fn of<'a>(&'a self, resources: &'a dyn Resources) -> Journaled<'a> {
        Journaled {
            resources,
            journal: self,
        }
    }

    fn note(&self, line: String, ok: bool) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.has_failed {
            return;
        }
        if steps.lines.len() == MAX_LINES {
            steps.lines.pop_front();
        }
        steps.lines.push_back(line);
        steps.has_failed = !ok;
    }

    /// A failure's text with the steps before it (the heading is Flux's), or that text alone where there was no step.
    #[must_use]
    pub fn tell(&self, failure: &str) -> String {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.lines.is_empty() {
            return failure.to_owned();
        }
        let lines: Vec<&str> = steps.lines.iter().map(String::as_str).collect();
        format!("{failure}\n\nLast Helm logs:\n\n{}", lines.join("\n"))
    }
}

/// The objects of a release, with a journal of what is done to them.
pub struct Journaled<'a> {
    resources: &'a dyn Resources,
    journal: &'a Journal,
}

impl Journaled<'_> {
    /// Notes how a step ended; why it failed is in the error.
    fn note<T>(&self, result: &Result<T, ResourceError>, done: &str, failed: &str, objects: &[Object]) {
        if !objects.is_empty() {
            let what = if result.is_ok() { done } else { failed };
            self.journal
                .note(format!("{what} {}", names(objects)), result.is_ok());
        }
    }
}

#[async_trait]
impl Resources for Journaled<'_> {
    async fn admit(&self, objects: &[Object]) -> Result<(), ResourceError> {
        self.resources.admit(objects).await
    }

    async fn apply(&self, objects: &[Object]) -> (Vec<Object>, Result<(), ResourceError>) {
        let (created, result) = self.resources.apply(objects).await;
        if created.len() == objects.len() {
            self.note(&result, "created", "failed to create", objects);
            return (created, result);
        }
        if !created.is_empty() {
            self.journal.note(format!("created {}", names(&created)), true);
        }
        self.note(&result, "applied", "failed to apply", objects);
        (created, result)
    }

    async fn delete(&self, objects: &[Object], how: Deletion) -> Result<(), ResourceError> {
        let result = self.resources.delete(objects, how).await;
        // the server may have had none of them, or waits for finalizers
        self.note(&result, "asked to delete", "failed to delete", objects);
        result
    }

    async fn wait(&self, objects: &[Object], jobs: bool, timeout: Duration) -> Result<(), ResourceError> {
        let result = self.resources.wait(objects, jobs, timeout).await;
        self.note(
            &result,
            "waited for the health of",
            "waited in vain for the health of",
            objects,
        );
        result
    }

    async fn finish(&self, object: &Object, timeout: Duration) -> Result<(), ResourceError> {
        let result = self.resources.finish(object, timeout).await;
        if matches!(object.kind(), "Job" | "Pod") {
            let objects = std::slice::from_ref(object);
            self.note(
                &result,
                "waited for the end of",
                "waited in vain for the end of",
                objects,
            );
        }
        result
    }

    async fn wait_gone(&self, objects: &[Object], timeout: Duration) -> Result<(), ResourceError> {
        let result = self.resources.wait_gone(objects, timeout).await;
        if result.is_err() {
            self.note(&result, "", "waited in vain for the end of", objects);
        }
        result
    }
}

/// `Kind/name` of the first objects, and how many more there are. (Objects of a chart may name no namespace.)
fn names(objects: &[Object]) -> String {
    let shown = objects.iter().take(MAX_NAMES);
    let mut names: Vec<String> = shown
        .map(|object| format!("{}/{}", object.kind(), object.name()))
        .collect();
    if let more @ 1.. = objects.len().saturating_sub(MAX_NAMES) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let journal = Journal::default();
        assert_eq!(journal.tell("it failed"), "it failed");
        for line in 1..=12 {
            journal.note(format!("step {line}"), true);
        }
        let told = journal.tell("it failed");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[..4], ["it failed", "", "Last Helm logs:", ""]);
        assert_eq!(lines[4], "step 3");
        assert_eq!(lines.last(), Some(&"step 12"));
        assert_eq!(lines.len(), 4 + MAX_LINES);
        journal.note("step 13 failed".into(), false);
        journal.note("cleaned up".into(), true);
        assert!(journal.tell("it failed").ends_with("step 12\nstep 13 failed"));
    }

    #[test]
    fn a_line_names_the_first_objects() {
        let object = |name: usize| {
            let value =
                serde_json::json!({"kind": "A", "metadata": {"name": name.to_string(), "namespace": "n"}});
            Object::from_value(value).expect("a map")
        };
        let objects: Vec<Object> = (1..=7).map(object).collect();
        assert_eq!(names(&objects[..2]), "A/1, A/2");
        assert_eq!(names(&objects), "A/1, A/2, A/3, A/4, A/5, 2 more");
    }
}
