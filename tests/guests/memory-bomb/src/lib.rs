//! P2: wants all memory there is.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("memory-bomb", render);

fn render(_request: Request) -> Result<Rendered> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}
