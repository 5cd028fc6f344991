//! The metadata of an event: what comes in, and what is sent (Flux RFC 0008).

use std::collections::BTreeMap;

use indexmap::IndexMap;
use sluice_api::Alert;
use sluice_model::event::Event;

const EVENT_PREFIX: &str = sluice_api::annotation::EVENT_PREFIX;
const ANNOTATIONS: &str = "involved object annotations";
const EVENT_METADATA: &str = "Alert object .spec.eventMetadata";
const SUMMARY: &str = "Alert object .spec.summary";
const CONTROLLER: &str = "involved object controller metadata";

/// A metadata key in the API group of the event's object, for example `kustomize.toolkit.fluxcd.io/revision`.
pub(crate) fn object_key(event: &Event, name: &str) -> String {
    format!("{}{name}", object_prefix(event))
}

/// A metadata key that an object's annotation or another program sets, for example `event.toolkit.fluxcd.io/commit`.
pub(crate) fn event_key(name: &str) -> String {
    format!("{EVENT_PREFIX}{name}")
}

fn object_prefix(event: &Event) -> String {
    let group = event
        .involved_object
        .api_version
        .rsplit_once('/')
        .map_or("", |(group, _)| group);
    format!("{group}/")
}

/// Drops metadata that is not for alerting: keys of other groups, checksum and digest.
pub fn clean(event: &mut Event) {
    let prefix = object_prefix(event);
    event.metadata.retain(|key, _| {
        let own = key.strip_prefix(&prefix);
        let internal = own.is_some_and(|name| {
            ["checksum", "digest"]
                .iter()
                .any(|drop| name.eq_ignore_ascii_case(drop))
        });
        !internal && (own.is_some() || key.starts_with(EVENT_PREFIX))
    });
}

/// Drops the token, which only tells duplicates apart.
pub fn drop_token(event: &mut Event) {
    let key = object_key(event, "token");
    event.metadata.shift_remove(&key);
}

/// The metadata that is sent, and the keys that more than one place sets, with these places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Combined {
    /// Keys without prefixes, sorted.
    pub metadata: IndexMap<String, String>,
    /// Keys with the places that set them, joined by commas.
    pub conflicts: IndexMap<String, String>,
}

/// Combines metadata. A later place wins: annotations of the object, the Alert's `eventMetadata`, its `summary`, and what
/// the object's controller tells.
pub fn combine(event: &Event, alert: &Alert) -> Combined {
    let prefix = object_prefix(event);
    let stripped = |prefix: &str| -> Vec<(String, String)> {
        let pairs = event.metadata.iter();
        pairs
            .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
            .collect()
    };
    let of_alert = alert
        .spec
        .event_metadata
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let summary = alert.spec.summary.iter().filter(|summary| !summary.is_empty());
    let places: [(&str, Vec<(String, String)>); 4] = [
        (ANNOTATIONS, stripped(EVENT_PREFIX)),
        (EVENT_METADATA, of_alert),
        (
            SUMMARY,
            summary
                .map(|summary| ("summary".to_owned(), summary.clone()))
                .collect(),
        ),
        (CONTROLLER, stripped(&prefix)),
    ];
    let mut values = BTreeMap::new();
    let mut sources: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (place, pairs) in places {
        for (key, value) in pairs {
            sources.entry(key.clone()).or_default().push(place);
            values.insert(key, value);
        }
    }
    let conflicts = sources.into_iter().filter(|(_, places)| places.len() > 1);
    Combined {
        metadata: values.into_iter().collect(),
        conflicts: conflicts.map(|(key, places)| (key, places.join(", "))).collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sluice_api::AlertSpec;
    use sluice_model::event::{ObjectReference, Severity};

    pub fn event(metadata: &[(&str, &str)]) -> Event {
        Event {
            involved_object: ObjectReference {
                kind: "Kustomization".into(),
                namespace: "apps".into(),
                name: "podinfo".into(),
                api_version: "kustomize.toolkit.fluxcd.io/v1".into(),
                ..Default::default()
            },
            severity: Severity::Info,
            timestamp: "2026-11-23T10:00:00Z".into(),
            message: "applied revision".into(),
            reason: "ReconciliationSucceeded".into(),
            metadata: metadata
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect(),
            reporting_controller: "kustomize-controller".into(),
            reporting_instance: "host-1".into(),
        }
    }

    pub fn alert(spec: serde_json::Value) -> Alert {
        let spec: AlertSpec = serde_json::from_value(spec).expect("a spec");
        let mut alert = Alert::new("on-call", spec);
        alert.metadata.namespace = Some("apps".into());
        alert
    }

    fn pairs(map: &IndexMap<String, String>) -> Vec<(&str, &str)> {
        map.iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn only_prefixed_metadata_comes_in() {
        let mut event = event(&[
            ("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"),
            ("kustomize.toolkit.fluxcd.io/Checksum", "x"),
            ("kustomize.toolkit.fluxcd.io/digest", "x"),
            ("source.toolkit.fluxcd.io/revision", "other group"),
            ("event.toolkit.fluxcd.io/cluster", "prod"),
            ("plain", "x"),
            ("kustomize.toolkit.fluxcd.io/token", "t"),
        ]);
        clean(&mut event);
        assert_eq!(event.metadata.len(), 3);
        drop_token(&mut event);
        let want = [
            ("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"),
            ("event.toolkit.fluxcd.io/cluster", "prod"),
        ];
        assert_eq!(pairs(&event.metadata), want);
    }

    #[test]
    fn a_later_place_wins_and_conflicts_are_told() {
        let event = event(&[
            ("event.toolkit.fluxcd.io/cluster", "from annotation"),
            ("event.toolkit.fluxcd.io/only", "annotation"),
            ("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"),
        ]);
        let alert = alert(serde_json::json!({
            "eventSources": [], "providerRef": { "name": "p" }, "summary": "short",
            "eventMetadata": { "cluster": "from alert", "revision": "from alert", "summary": "from metadata" },
        }));
        let combined = combine(&event, &alert);
        let want = [
            ("cluster", "from alert"),
            ("only", "annotation"),
            ("revision", "main@sha1:1"),
            ("summary", "short"),
        ];
        assert_eq!(pairs(&combined.metadata), want);
        let conflicts: Vec<_> = combined.conflicts.keys().map(String::as_str).collect();
        assert_eq!(conflicts, ["cluster", "revision", "summary"]);
        assert_eq!(
            combined.conflicts["revision"],
            "Alert object .spec.eventMetadata, involved object controller metadata"
        );
    }
}
