//! For benches: reads one file, or as many times as its config says.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("render-reads", render);

fn render(request: Request) -> Result<Rendered> {
    let times = guest_frame::config(&request.config)["times"]
        .as_u64()
        .unwrap_or(1);
    let tree = &request.inputs[0].tree;
    let mut bytes = 0;
    for at in 0..times {
        bytes += tree.read(&format!("{}/{}.yaml", request.root, at % 100))?.len();
    }
    Ok(guest_frame::objects([
        guest_frame::json!({"kind": "ConfigMap", "bytes": bytes}),
    ]))
}
