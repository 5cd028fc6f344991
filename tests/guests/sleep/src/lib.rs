//! P1: waits in a host call for an hour.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("sleep", render);

fn render(_request: Request) -> Result<Rendered> {
    std::thread::sleep(std::time::Duration::from_secs(3600));
    Ok(guest_frame::objects([]))
}
