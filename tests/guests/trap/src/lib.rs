//! P3: crashes in the way that its config names.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("trap", render);

fn render(request: Request) -> Result<Rendered> {
    match guest_frame::config(&request.config)["mode"].as_str() {
        Some("unreachable") => core::arch::wasm32::unreachable(),
        Some("abort") => std::process::abort(),
        Some("exit") => std::process::exit(3),
        Some("drop") => {
            let _crash = CrashInDrop;
            Ok(guest_frame::objects([]))
        }
        _ => panic!("boom\x1b[31m at {}", "home"),
    }
}

struct CrashInDrop;

impl Drop for CrashInDrop {
    fn drop(&mut self) {
        panic!("boom in drop");
    }
}
