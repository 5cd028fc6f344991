//! P8: fills memory with a mark, or looks for what is left in memory that it never wrote.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("leftovers", render);

const PAGES: usize = 256;
const MARK: u8 = 0xa5;

fn render(request: Request) -> Result<Rendered> {
    let fill = guest_frame::config(&request.config)["mode"] == "fill";
    let grown = core::arch::wasm32::memory_grow(0, PAGES);
    Ok(guest_frame::text(visit(grown << 16, fill).to_string()))
}

/// Bytes that were not zero.
#[allow(unsafe_code)]
fn visit(start: usize, fill: bool) -> usize {
    // SAFETY: the pages were added by memory.grow a moment ago, and nothing else knows of them.
    let memory = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, PAGES << 16) };
    let dirty = memory.iter().filter(|byte| **byte != 0).count();
    if fill {
        memory.fill(MARK);
    }
    dirty
}
