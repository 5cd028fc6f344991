//! Reads events as controllers post them.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;
use sluice_model::event::{Event, ObjectReference, Severity};

/// Largest body of a posted event, in bytes.
pub const MAX_BODY: usize = 3 * 1024 * 1024;

/// The body is no event.
#[derive(Debug, thiserror::Error)]
pub enum ParseEventError {
    /// More than [`MAX_BODY`] bytes.
    #[error("failed to read event: body has {size} bytes, at most {MAX_BODY} are allowed")]
    TooLarge {
        /// Bytes.
        size: usize,
    },
    /// No JSON object.
    #[error("failed to parse event: want a JSON object")]
    NotAnObject,
    /// Not the JSON of an event.
    #[error("failed to parse event: {0}")]
    Json(serde_json::Error),
}

/// An event as it may come: fields that routing does not need may be missing, a severity may be unknown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    #[serde(default)]
    involved_object: ObjectReference,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    metadata: Option<IndexMap<String, String>>,
    #[serde(default)]
    reporting_controller: String,
    #[serde(default)]
    reporting_instance: String,
}

/// Reads the JSON of an event (`event.toolkit.fluxcd.io/v1beta1`).
///
/// # Errors
/// The bytes are too many or no event.
pub fn parse_event(bytes: &[u8]) -> Result<Event, ParseEventError> {
    if bytes.len() > MAX_BODY {
        return Err(ParseEventError::TooLarge { size: bytes.len() });
    }
    // Reading a structure would take an array of its fields too.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(ParseEventError::NotAnObject);
    }
    let incoming: Incoming = serde_json::from_slice(bytes).map_err(ParseEventError::Json)?;
    let severity = match incoming.severity.as_str() {
        "error" => Severity::Error,
        "trace" => Severity::Trace,
        _ => Severity::Info,
    };
    let timestamp = match incoming.timestamp.parse::<Timestamp>() {
        Ok(_) => incoming.timestamp,
        Err(_) => Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    Ok(Event {
        involved_object: incoming.involved_object,
        severity,
        timestamp,
        message: incoming.message,
        reason: incoming.reason,
        metadata: incoming.metadata.unwrap_or_default(),
        reporting_controller: incoming.reporting_controller,
        reporting_instance: incoming.reporting_instance,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_controllers_post() {
        let text = r#"{"involvedObject":{"kind":"GitRepository","namespace":"apps","name":"a","apiVersion":"source.toolkit.fluxcd.io/v1"},
            "severity":"error","timestamp":"2026-11-23T10:00:00Z","message":"m","reason":"r","metadata":null,
            "reportingController":"source-controller","unknown":{"x":1}}"#;
        let event = parse_event(text.as_bytes()).expect("an event");
        assert_eq!(event.involved_object.name, "a");
        assert_eq!(event.severity, Severity::Error);
        assert_eq!(event.timestamp, "2026-11-23T10:00:00Z");
        let bare = parse_event(b"{}").expect("an event");
        assert_eq!(bare.severity, Severity::Info);
        assert!(bare.timestamp.parse::<Timestamp>().is_ok());
    }

    #[test]
    fn refuses_what_is_no_event() {
        let deep = "[".repeat(100_000);
        for text in ["", "[]", " null", "1", &deep] {
            assert!(
                matches!(parse_event(text.as_bytes()), Err(ParseEventError::NotAnObject)),
                "{}",
                text.len()
            );
        }
        let nested = format!(r#"{{"x":{deep}"#);
        for text in [
            "{",
            r#"{"message":1}"#,
            r#"{"metadata":{"a":1}}"#,
            r#"{"involvedObject":1}"#,
            &nested,
        ] {
            assert!(
                matches!(parse_event(text.as_bytes()), Err(ParseEventError::Json(_))),
                "{}",
                text.len()
            );
        }
        let large = vec![b' '; MAX_BODY + 1];
        assert!(matches!(
            parse_event(&large),
            Err(ParseEventError::TooLarge { .. })
        ));
    }
}
