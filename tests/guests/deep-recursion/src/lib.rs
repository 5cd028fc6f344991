//! P2: recurses until a stack ends: the engine's, or the one that the compiler keeps in linear memory.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("deep-recursion", render);

fn render(request: Request) -> Result<Rendered> {
    let deep = match guest_frame::config(&request.config)["mode"].as_str() {
        Some("memory") => deeper_in_memory(1),
        _ => deeper(request.config.len() as u64),
    };
    Ok(guest_frame::text(deep.to_string()))
}

#[inline(never)]
fn deeper(level: u64) -> u64 {
    if level == u64::MAX {
        return level;
    }
    let next = level.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    level ^ deeper(next).rotate_left((level % 63) as u32)
}

fn deeper_in_memory(level: u64) -> u64 {
    if level == u64::MAX {
        return level;
    }
    let here = std::hint::black_box([level; 8]);
    here[(level % 8) as usize].wrapping_add(deeper_in_memory(std::hint::black_box(level + 1)))
}
