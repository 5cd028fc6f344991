//! R1: reads what is outside of its tree, and tells what it got.
#![cfg(target_family = "wasm")]

use guest_frame::json;
use sluice_plugin::renderer::{Rendered, Request};
use sluice_plugin::{Error, Result};

guest_frame::renderer!("path-escape", render);

const PATHS: [&str; 8] = [
    "/etc/passwd",
    "../../../../../etc/passwd",
    "a/../../etc/passwd",
    "..",
    "a/b/../../..",
    "./../secret",
    "a\0b",
    "//etc/passwd",
];

fn render(request: Request) -> Result<Rendered> {
    let tree = &request.inputs[0].tree;
    let told = PATHS.map(|path| {
        let answers = [
            tree.read(path).err(),
            tree.stat(path).err(),
            tree.entries(path).err(),
        ];
        let denied = answers
            .iter()
            .all(|error| matches!(error, Some(Error::Denied(_))));
        json!({"path": path, "denied": denied})
    });
    Ok(guest_frame::objects(told))
}
