//! A notifier that posts the message to the binding of its config.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::http::{self, Algorithm, Request, Signature};
use sluice_plugin::notifier::{Event, Guest};

guest_frame::meta!(notifier, "notify-echo");

impl Guest for Plugin {
    fn notify(config: String, event: Event) -> Result<()> {
        let config = guest_frame::config(&config);
        let binding = config["binding"].as_str().unwrap_or("target");
        let header = config["header"].as_str().unwrap_or("X-Reason");
        let sign = Signature {
            header: "X-Signature".into(),
            prefix: "sha256=".into(),
            algorithm: Algorithm::Sha256,
        };
        let request = Request {
            method: "POST".into(),
            path: String::new(),
            query: Vec::new(),
            headers: vec![(header.into(), event.reason)],
            body: event.message.into_bytes(),
            sign: Some(sign),
        };
        http::check(http::send(binding, &request)?).map(drop)
    }
}
