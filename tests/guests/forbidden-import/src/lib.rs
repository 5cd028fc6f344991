//! P4: a renderer that wants HTTP.
#![cfg(target_family = "wasm")]

use sluice_plugin::renderer::{Rendered, Request};
use sluice_plugin::{Result, http};

guest_frame::renderer!("forbidden-import", render);

fn render(_request: Request) -> Result<Rendered> {
    let response = http::post("target", "text/plain", "exfiltrated")?;
    Ok(guest_frame::text(response.body))
}
