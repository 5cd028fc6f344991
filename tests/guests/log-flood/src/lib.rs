//! P9: logs without end, and forges lines.
#![cfg(target_family = "wasm")]

use sluice_plugin::renderer::{Rendered, Request};
use sluice_plugin::{Result, log};

guest_frame::renderer!("log-flood", render);

fn render(_request: Request) -> Result<Rendered> {
    log::info(
        "first\nlevel=error msg=\"forged\"\x1b[2J",
        &[("field\r", "value\u{202e}")],
    );
    let line = "x".repeat(1 << 10);
    for _ in 0..20_000 {
        log::info(&line, &[]);
        println!("{line}");
        eprintln!("{line}");
    }
    Ok(guest_frame::objects([]))
}
