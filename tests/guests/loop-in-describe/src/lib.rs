//! P1: never describes itself.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{self, Description, Guest, Meta, Rendered, Request};

struct Plugin;

impl Meta for Plugin {
    fn describe() -> Description {
        loop {
            std::hint::black_box(());
        }
    }
}

impl Guest for Plugin {
    fn render(_request: Request) -> Result<Rendered> {
        Ok(guest_frame::objects([]))
    }
}

renderer::export!(Plugin);
