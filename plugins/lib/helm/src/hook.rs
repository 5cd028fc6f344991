//! Hooks: manifests that run at a point of a release.

use crate::manifest::Head;

/// The annotation that makes a hook.
const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const LOG_POLICY: &str = "helm.sh/hook-output-log-policy";

/// Points of a release, and the old name of `test`.
const EVENTS: [(&str, &str); 10] = [
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    ("test-success", "test"),
];

/// A hook with its annotations read.
#[derive(Debug, Clone)]
pub struct Hook {
    /// `metadata.name`
    pub name: String,
    /// `kind`
    pub kind: String,
    /// Path of the template.
    pub path: String,
    /// The bytes of the document.
    pub manifest: Vec<u8>,
    /// When it runs.
    pub events: Vec<&'static str>,
    /// The lower ones first.
    pub weight: i64,
    /// When it is deleted.
    pub delete_policies: Vec<String>,
    /// When its log is kept.
    pub log_policies: Vec<String>,
}

impl Hook {
    /// The hook that a document is: none when it is no hook, `Some(None)` when it names an event nobody knows.
    pub(crate) fn of(path: &str, document: &[u8], head: &Head) -> Option<Option<Self>> {
        let events = head.annotations.get(HOOK)?;
        let events: Option<Vec<&'static str>> = words(events).map(|word| event(&word)).collect();
        let Some(events) = events else {
            return Some(None);
        };
        let policies = |annotation: &str| -> Vec<String> {
            head.annotations
                .get(annotation)
                .map(|value| words(value).collect())
                .unwrap_or_default()
        };
        Some(Some(Self {
            name: head.name.clone(),
            kind: head.kind.clone(),
            path: path.to_owned(),
            manifest: document.to_vec(),
            events,
            weight: head
                .annotations
                .get(WEIGHT)
                .and_then(|weight| weight.parse().ok())
                .unwrap_or(0),
            delete_policies: policies(DELETE_POLICY),
            log_policies: policies(LOG_POLICY),
        }))
    }

    /// Whether `helm test` runs it.
    pub fn is_test(&self) -> bool {
        self.events.contains(&"test")
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',').map(|word| word.trim().to_lowercase())
}

fn event(name: &str) -> Option<&'static str> {
    EVENTS
        .iter()
        .find(|(own, _)| *own == name)
        .map(|(_, event)| *event)
}
