//! An event as a notifier is given it, and its JSON (`event.toolkit.fluxcd.io/v1beta1`).

use std::collections::BTreeMap;

use serde::Serialize;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For tracing; the host sends none.
    Trace,
    /// All is well.
    Info,
    /// Something failed.
    Error,
}

/// The object an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// Kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// UID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Resource version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
}

/// An event, with the metadata that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What it is about.
    pub involved_object: ObjectReference,
    /// How much it matters.
    pub severity: Severity,
    /// RFC 3339, in UTC.
    pub timestamp: String,
    /// For people.
    pub message: String,
    /// For programs.
    pub reason: String,
    /// Without prefixes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Who reports.
    pub reporting_controller: String,
    /// The reporter's host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reporting_instance: String,
}

impl Event {
    /// The JSON of the event, byte for byte as Flux writes it: metadata sorted, and `<`, `>`, `&` and the line separators
    /// of Unicode escaped, as Go's encoder does.
    ///
    /// # Errors
    /// None in practice: all fields are text.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        Ok(escape_as_go(&serde_json::to_string(self)?).into_bytes())
    }
}

/// Outside of strings JSON has none of these characters, so they can be replaced wherever they stand.
fn escape_as_go(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str(r"\u003c"),
            '>' => out.push_str(r"\u003e"),
            '&' => out.push_str(r"\u0026"),
            '\u{2028}' => out.push_str(r"\u2028"),
            '\u{2029}' => out.push_str(r"\u2029"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn event() -> Event {
        Event {
            involved_object: ObjectReference {
                kind: "GitRepository".into(),
                namespace: "gitops-system".into(),
                name: "webapp".into(),
                ..ObjectReference::default()
            },
            severity: Severity::Info,
            timestamp: "2026-11-23T10:00:00Z".into(),
            message: "message <a> & \u{2028}\"b\"\n".into(),
            reason: "reason".into(),
            metadata: [("test", "metadata"), ("alpha", "1")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            reporting_controller: "source-controller".into(),
            reporting_instance: "source-controller-xyz".into(),
        }
    }

    #[test]
    fn json_is_flux_s_byte_for_byte() {
        let want = concat!(
            r#"{"involvedObject":{"kind":"GitRepository","namespace":"gitops-system","name":"webapp"},"severity":"info","#,
            r#""timestamp":"2026-11-23T10:00:00Z","message":"message \u003ca\u003e \u0026 \u2028\"b\"\n","reason":"reason","#,
            r#""metadata":{"alpha":"1","test":"metadata"},"reportingController":"source-controller","#,
            r#""reportingInstance":"source-controller-xyz"}"#,
        );
        let json = event().to_json().expect("serialises");
        assert_eq!(String::from_utf8(json).expect("UTF-8"), want);
    }

    #[test]
    fn empty_fields_are_left_out_as_flux_does() {
        let bare = Event {
            involved_object: ObjectReference::default(),
            metadata: BTreeMap::new(),
            reporting_instance: String::new(),
            message: String::new(),
            ..event()
        };
        let want = concat!(
            r#"{"involvedObject":{},"severity":"info","timestamp":"2026-11-23T10:00:00Z","message":"","reason":"reason","#,
            r#""reportingController":"source-controller"}"#,
        );
        assert_eq!(
            String::from_utf8(bare.to_json().expect("serialises")).expect("UTF-8"),
            want
        );
    }
}
