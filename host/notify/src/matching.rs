//! Which Alerts want an event.

use std::collections::BTreeMap;

use sluice_api::Alert;
use sluice_api::alert::EventSeverity;
use sluice_api::reference::CrossNamespaceObjectReference;
use sluice_model::event::{Event, Severity};

use crate::go_regex::RegexCache;

/// A problem of an Alert that was found while matching; it is told by a Warning event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The event's reason.
    pub reason: &'static str,
    /// For the user.
    pub message: String,
}

/// What the sources of an Alert say of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceMatch {
    /// No source wants it.
    No,
    /// A source wants it.
    Yes,
    /// Sources want it when the object has the labels of one of these sets.
    WithLabels(Vec<BTreeMap<String, String>>),
}

/// Whether an Alert's sources want an event: same namespace and kind, severity, name or `*`. API versions do not count.
pub fn match_sources(event: &Event, alert: &Alert) -> SourceMatch {
    let spec = &alert.spec;
    let severe = spec.event_severity == EventSeverity::Info || event.severity == Severity::Error;
    let namespace = alert.metadata.namespace.as_deref().unwrap_or_default();
    let mut labels = Vec::new();
    for source in spec
        .event_sources
        .iter()
        .filter(|source| severe && names(source, namespace, event))
    {
        if source.match_labels.is_empty() {
            return SourceMatch::Yes;
        }
        labels.push(source.match_labels.clone());
    }
    if labels.is_empty() {
        SourceMatch::No
    } else {
        SourceMatch::WithLabels(labels)
    }
}

fn names(source: &CrossNamespaceObjectReference, alert_namespace: &str, event: &Event) -> bool {
    let object = &event.involved_object;
    let namespace = source
        .namespace
        .as_deref()
        .filter(|namespace| !namespace.is_empty());
    namespace.unwrap_or(alert_namespace) == object.namespace
        && source.kind == object.kind
        && (source.name == "*" || source.name == object.name)
}

/// Whether an Alert's lists let a message pass, and which of their expressions are invalid. An invalid expression of the
/// inclusion list matches nothing, one of the exclusion list excludes nothing.
pub fn match_message(regexes: &RegexCache, message: &str, alert: &Alert) -> (bool, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut any = |list: &[String], name: &str| {
        list.iter().any(|pattern| {
            regexes.is_match(pattern, message).unwrap_or_else(|error| {
                let message = format!("failed to compile {name} regex: {pattern}: {}", error.reason);
                problems.push(Problem {
                    reason: "InvalidConfig",
                    message,
                });
                false
            })
        })
    };
    let spec = &alert.spec;
    let included = spec.inclusion_list.is_empty() || any(&spec.inclusion_list, "inclusion");
    let passes = included && !any(&spec.exclusion_list, "exclusion");
    (passes, problems)
}

/// Whether an Alert may get events of an object: with cross-namespace references off, only of its own namespace.
pub fn may_reference(event: &Event, alert: &Alert, no_cross_namespace_refs: bool) -> bool {
    let namespace = alert.metadata.namespace.as_deref().unwrap_or_default();
    !no_cross_namespace_refs || event.involved_object.namespace == namespace
}

/// Whether the object's labels satisfy one of the sets.
pub fn labels_match(wanted: &[BTreeMap<String, String>], labels: &BTreeMap<String, String>) -> bool {
    wanted
        .iter()
        .any(|set| set.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::{alert, event};
    use serde_json::json;

    fn sources(severity: &str, sources: serde_json::Value) -> Alert {
        alert(json!({ "eventSources": sources, "providerRef": { "name": "p" }, "eventSeverity": severity }))
    }

    #[test]
    fn sources_match_by_namespace_kind_severity_and_name() {
        let table = [
            (
                "info",
                json!([{ "kind": "Kustomization", "name": "podinfo" }]),
                SourceMatch::Yes,
            ),
            (
                "info",
                json!([{ "kind": "Kustomization", "name": "*" }]),
                SourceMatch::Yes,
            ),
            (
                "info",
                json!([{ "kind": "Kustomization", "name": "other" }]),
                SourceMatch::No,
            ),
            (
                "info",
                json!([{ "kind": "HelmRelease", "name": "podinfo" }]),
                SourceMatch::No,
            ),
            (
                "info",
                json!([{ "kind": "Kustomization", "name": "*", "namespace": "other" }]),
                SourceMatch::No,
            ),
            (
                "error",
                json!([{ "kind": "Kustomization", "name": "*" }]),
                SourceMatch::No,
            ),
            (
                "info",
                json!([{ "kind": "Kustomization", "name": "*", "matchLabels": { "a": "b" } }]),
                SourceMatch::WithLabels(vec![[("a".to_owned(), "b".to_owned())].into()]),
            ),
        ];
        for (severity, list, want) in table {
            assert_eq!(
                match_sources(&event(&[]), &sources(severity, list.clone())),
                want,
                "{severity} {list}"
            );
        }
        let mut error = event(&[]);
        error.severity = Severity::Error;
        let both = json!([{ "kind": "Kustomization", "name": "*", "matchLabels": { "a": "b" } }, { "kind": "Kustomization", "name": "*" }]);
        assert_eq!(match_sources(&error, &sources("error", both)), SourceMatch::Yes);
    }

    #[test]
    fn messages_pass_the_lists() {
        let lists = |inclusion: &[&str], exclusion: &[&str]| {
            alert(json!({ "eventSources": [], "providerRef": { "name": "p" },
                "inclusionList": inclusion, "exclusionList": exclusion }))
        };
        let regexes = RegexCache::default();
        let table = [
            (lists(&[], &[]), true, 0),
            (lists(&["^applied"], &[]), true, 0),
            (lists(&["^no"], &[]), false, 0),
            (lists(&["^no", "revision$"], &[]), true, 0),
            (lists(&["^applied"], &["revision"]), false, 0),
            (lists(&["("], &[]), false, 1),
            (lists(&[], &["("]), true, 1),
            (lists(&["(", "applied"], &["["]), true, 2),
        ];
        for (alert, want, problems) in table {
            let (passes, found) = match_message(&regexes, "applied revision", &alert);
            assert_eq!((passes, found.len()), (want, problems), "{:?}", alert.spec);
        }
    }

    #[test]
    fn references_across_namespaces_can_be_off() {
        let mut foreign = event(&[]);
        foreign.involved_object.namespace = "other".into();
        let alert = sources("info", json!([]));
        assert!(may_reference(&foreign, &alert, false));
        assert!(!may_reference(&foreign, &alert, true));
        assert!(may_reference(&event(&[]), &alert, true));
    }
}
