//! A renderer that looks up a Secret in the cluster.
#![cfg(target_family = "wasm")]

use sluice_plugin::renderer::{Rendered, Request};
use sluice_plugin::{Result, cluster};

guest_frame::renderer!("render-lookup", render);

fn render(_request: Request) -> Result<Rendered> {
    let found = cluster::lookup("v1", "Secret", "default", "x")?;
    Ok(guest_frame::text(found.unwrap_or_else(|| "none".into())))
}
