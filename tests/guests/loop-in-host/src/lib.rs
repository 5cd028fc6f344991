//! P1: calls the host for ever.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("loop-in-host", render);

fn render(request: Request) -> Result<Rendered> {
    let tree = &request.inputs[0].tree;
    loop {
        let _ = std::hint::black_box(tree.stat("a"));
    }
}
