//! What an action did to objects, step by step: a failure is told with the last of these lines.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sluice_model::Object;

use crate::port::{Deletion, ResourceError, Resources};

/// Lines that are kept, as many as Flux keeps.
const MAX_LINES: usize = 10;
/// Objects that a line names.
const MAX_NAMES: usize = 5;

/// The last steps of an action. It names objects and holds nothing of what is in them, and no times: a failure that comes
/// again is told in the same words, and counts as the same event.
#[derive(Debug, Default)]
pub struct Journal(Mutex<VecDeque<String>>);

impl Journal {
    fn note(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// A failure's text with the steps before it (the heading is Flux's), or that text alone where there was no step.
    #[must_use]
    pub fn tell(&self, failure: &str) -> String {
        let lines = self.to_string();
        if lines.is_empty() {
            return failure.to_owned();
        }
        format!("{failure}\n\nLast Helm logs:\n\n{lines}")
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, line) in lines.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(formatter, "{end}{line}")?;
        }
        Ok(())
    }
}

/// The objects of a release, with a journal of what is done to them.
pub struct Journaled<'a> {
    /// The objects.
    pub resources: &'a dyn Resources,
    /// Where the steps are noted.
    pub journal: &'a Journal,
}

impl Journaled<'_> {
    fn note(&self, line: String) {
        self.journal.note(line);
    }

    /// Notes a step that fails; why is in the error.
    fn end<T>(&self, result: Result<T, ResourceError>, done: &str, failed: &str) -> Result<T, ResourceError> {
        self.note(if result.is_ok() { done } else { failed }.to_owned());
        result
    }
}

#[async_trait]
impl Resources for Journaled<'_> {
    async fn admit(&self, objects: &[Object]) -> Result<(), ResourceError> {
        self.resources.admit(objects).await
    }

    async fn apply(&self, objects: &[Object]) -> (Vec<Object>, Result<(), ResourceError>) {
        if objects.is_empty() {
            return self.resources.apply(objects).await;
        }
        let all = names(objects);
        self.note(format!("applying {all}"));
        let (created, result) = self.resources.apply(objects).await;
        if !created.is_empty() {
            self.note(format!("created {}", names(&created)));
        }
        let (done, failed) = (format!("applied {all}"), format!("failed to apply {all}"));
        (created, self.end(result, &done, &failed))
    }

    async fn delete(&self, objects: &[Object], how: Deletion) -> Result<(), ResourceError> {
        if objects.is_empty() {
            return self.resources.delete(objects, how).await;
        }
        let names = names(objects);
        let result = self.resources.delete(objects, how).await;
        let failed = format!("failed to delete {names}");
        self.end(result, &format!("deleted {names}"), &failed)
    }

    async fn wait(&self, objects: &[Object], jobs: bool, timeout: Duration) -> Result<(), ResourceError> {
        if objects.is_empty() {
            return self.resources.wait(objects, jobs, timeout).await;
        }
        let names = names(objects);
        self.note(format!(
            "waiting for the health of {names}, for {timeout:?} at most"
        ));
        let result = self.resources.wait(objects, jobs, timeout).await;
        self.end(result, "all are healthy", "not all became healthy")
    }

    async fn finish(&self, object: &Object, timeout: Duration) -> Result<(), ResourceError> {
        let name = object.id().subject();
        self.note(format!("waiting for the end of {name}, for {timeout:?} at most"));
        let result = self.resources.finish(object, timeout).await;
        self.end(
            result,
            &format!("{name} succeeded"),
            &format!("{name} did not succeed"),
        )
    }

    async fn wait_gone(&self, objects: &[Object], timeout: Duration) -> Result<(), ResourceError> {
        let result = self.resources.wait_gone(objects, timeout).await;
        if result.is_err() {
            self.note(format!("{} did not go within {timeout:?}", names(objects)));
        }
        result
    }
}

/// `Kind/namespace/name` of the first objects, and how many more there are.
fn names(objects: &[Object]) -> String {
    let shown = objects.iter().take(MAX_NAMES);
    let mut names: Vec<String> = shown.map(|object| object.id().subject()).collect();
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
            journal.note(format!("step {line}"));
        }
        let told = journal.tell("it failed");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[..4], ["it failed", "", "Last Helm logs:", ""]);
        assert_eq!(lines[4], "step 3");
        assert_eq!(lines.last(), Some(&"step 12"));
        assert_eq!(lines.len(), 4 + MAX_LINES);
    }

    #[test]
    fn a_line_names_the_first_objects() {
        let object = |name: usize| {
            let value =
                serde_json::json!({"kind": "A", "metadata": {"name": name.to_string(), "namespace": "n"}});
            Object::from_value(value).expect("a map")
        };
        let objects: Vec<Object> = (1..=7).map(object).collect();
        assert_eq!(names(&objects[..2]), "A/n/1, A/n/2");
        assert_eq!(names(&objects), "A/n/1, A/n/2, A/n/3, A/n/4, A/n/5, 2 more");
    }
}
