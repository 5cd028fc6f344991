//! Fails in the way that its config names.
#![cfg(target_family = "wasm")]

use sluice_plugin::renderer::{Rendered, Request};
use sluice_plugin::{Error, Result};

guest_frame::renderer!("errors", render);

fn render(request: Request) -> Result<Rendered> {
    let text = "not\x07 this\ntime";
    Err(match guest_frame::config(&request.config)["mode"].as_str() {
        Some("invalid-config") => Error::invalid_config(text),
        Some("not-found") => Error::not_found(text),
        Some("denied") => Error::denied(text),
        Some("transient") => Error::transient_after(text, 1500),
        Some("needs-input") => Error::NeedsInput(vec!["https://example.com/base?ref=v1".into()]),
        Some("long") => Error::failed("x".repeat(10 << 20)),
        _ => Error::failed(text),
    })
}
