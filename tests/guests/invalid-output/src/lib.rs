//! P5: gives objects that are none.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{Object, Rendered, Request};

guest_frame::renderer!("invalid-output", render);

fn render(request: Request) -> Result<Rendered> {
    let json = match guest_frame::config(&request.config)["mode"].as_str() {
        Some("list") => "[1, 2]".to_owned(),
        Some("deep") => format!("{{\"a\":{}0{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        Some("utf8") => broken_text(),
        _ => "{\"kind\": ".to_owned(),
    };
    let objects = vec![Object {
        json,
        origin: Some("app/x.yaml".into()),
    }];
    Ok(Rendered {
        objects,
        ..guest_frame::objects([])
    })
}

/// The point of this guest is to lie to the host about its text.
#[allow(unsafe_code)]
fn broken_text() -> String {
    // SAFETY: none: the string is never used in the guest, only lifted by the host, which must notice.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, 0xfd]) }
}
