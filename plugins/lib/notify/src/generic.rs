//! Generic webhooks: the event as it is, signed or not.

use serde::Deserialize;

use crate::event::Event;

/// JSON schema of the config. The host gives every notifier more (provider, alert, channel); it is not looked at.
pub const SCHEMA: &str = r#"{
  "type": "object",
  "required": ["type"],
  "properties": { "type": { "enum": ["generic", "generic-hmac"] } }
}"#;
/// Names who reported the event.
pub const COMPONENT_HEADER: &str = "gotk-component";
/// Holds the signature of a `generic-hmac` webhook.
pub const SIGNATURE_HEADER: &str = "X-Signature";
/// Stands before the hexadecimal HMAC-SHA256 of the body.
pub const SIGNATURE_PREFIX: &str = "sha256=";

/// What a generic webhook reads of its config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// The type of the Provider.
    #[serde(rename = "type")]
    pub type_: Type,
}

/// Types of Provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Not signed.
    Generic,
    /// Signed with the key `token` of the Provider's Secret.
    GenericHmac,
}

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Names with values.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Vec<u8>,
    /// Whether the host is to sign the body.
    pub signed: bool,
}

/// The webhook of an event.
///
/// # Errors
/// None in practice: see [`Event::to_json`].
pub fn webhook(config: Config, event: &Event) -> Result<Webhook, serde_json::Error> {
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    if let Some(component) = header_value(&event.reporting_controller) {
        headers.push((COMPONENT_HEADER.to_owned(), component));
    }
    Ok(Webhook {
        headers,
        body: event.to_json()?,
        signed: config.type_ == Type::GenericHmac,
    })
}

/// A reporter's name comes with the event and may be anything: what no header can hold is left out.
fn header_value(text: &str) -> Option<String> {
    let value: String = text
        .chars()
        .filter(|c| matches!(c, ' '..='~'))
        .take(256)
        .collect();
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    fn config(json: &str) -> Result<Config, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn only_hmac_webhooks_are_signed() {
        let plain = config(r#"{"type":"generic","channel":"x","alert":{"name":"a"}}"#).expect("a config");
        let webhook = super::webhook(plain, &event()).expect("a webhook");
        assert!(!webhook.signed);
        assert_eq!(webhook.body, event().to_json().expect("serialises"));
        assert!(
            webhook
                .headers
                .contains(&("gotk-component".into(), "source-controller".into()))
        );
        assert!(
            webhook
                .headers
                .contains(&("Content-Type".into(), "application/json".into()))
        );
        let hmac = config(r#"{"type":"generic-hmac"}"#).expect("a config");
        assert!(super::webhook(hmac, &event()).expect("a webhook").signed);
        assert!(config(r#"{"type":"slack"}"#).is_err());
        assert!(config("{}").is_err());
    }

    #[test]
    fn a_reporter_cannot_break_the_header() {
        let config = Config { type_: Type::Generic };
        let odd = Event {
            reporting_controller: "x\r\nHost: evil\u{e9}".into(),
            ..event()
        };
        let headers = webhook(config, &odd).expect("a webhook").headers;
        assert!(
            headers.contains(&("gotk-component".into(), "xHost: evil".into())),
            "{headers:?}"
        );
        let none = Event {
            reporting_controller: "\n".into(),
            ..event()
        };
        assert_eq!(webhook(config, &none).expect("a webhook").headers.len(), 1);
    }
}
