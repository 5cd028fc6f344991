//! P5: gives more than anybody wants.
#![cfg(target_family = "wasm")]

use guest_frame::json;
use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("huge-output", render);

fn render(request: Request) -> Result<Rendered> {
    match guest_frame::config(&request.config)["mode"].as_str() {
        Some("list") => Ok(guest_frame::objects((0..500_000).map(|_| json!({})))),
        _ => Ok(guest_frame::text(vec![b'x'; 48 << 20])),
    }
}
