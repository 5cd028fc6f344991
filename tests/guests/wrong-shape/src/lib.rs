//! P10: says it is of this contract, with other functions.
#![cfg(target_family = "wasm")]
#![allow(unsafe_code)] // the generated bindings

wit_bindgen::generate!({
    inline: "package sluice:plugin@0.1.0;
        interface meta { describe: func() -> string; }
        interface renderer { render: func(config: u32) -> string; }
        world renderer-plugin { export meta; export renderer; }",
});

struct Plugin;

impl exports::sluice::plugin::meta::Guest for Plugin {
    fn describe() -> String {
        "wrong-shape".into()
    }
}

impl exports::sluice::plugin::renderer::Guest for Plugin {
    fn render(_config: u32) -> String {
        String::new()
    }
}

export!(Plugin);
