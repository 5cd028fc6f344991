//! Sends an event's message in capitals.
#![cfg(target_family = "wasm")]

use sluice_plugin::notifier::{self, Description, Event, Guest, Meta};
use sluice_plugin::{Result, http};

struct Shout;

impl Meta for Shout {
    fn describe() -> Description {
        Description {
            name: "notify-shout".into(),
            version: "0.1.0".into(),
            config_schema: r#"{"type": "object"}"#.into(),
            bindings: vec!["target".into()],
            types: vec!["shout".into()],
        }
    }
}

impl Guest for Shout {
    fn notify(_config: String, event: Event) -> Result<()> {
        http::post("target", "text/plain", event.message.to_uppercase()).map(drop)
    }
}

notifier::export!(Shout);
