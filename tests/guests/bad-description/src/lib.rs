//! G6: has a path for a name.
#![cfg(target_family = "wasm")]

use sluice_plugin::Result;
use sluice_plugin::renderer::{self, Description, Guest, Meta, Rendered, Request};

struct Plugin;

impl Meta for Plugin {
    fn describe() -> Description {
        Description {
            name: "../../etc/cron.d/x".into(),
            version: "0.1.0".into(),
            config_schema: "{}".into(),
            bindings: Vec::new(),
            types: Vec::new(),
        }
    }
}

impl Guest for Plugin {
    fn render(_request: Request) -> Result<Rendered> {
        Ok(guest_frame::objects([]))
    }
}

renderer::export!(Plugin);
