//! P2: recurses until the stack ends.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("deep-recursion", render);

fn render(_request: Request) -> Result<Rendered> {
    Ok(guest_frame::text(deeper(1).to_string()))
}

fn deeper(level: u64) -> u64 {
    if level == u64::MAX {
        return level;
    }
    let here = std::hint::black_box([level; 8]);
    here[(level % 8) as usize].wrapping_add(deeper(std::hint::black_box(level + 1)))
}
