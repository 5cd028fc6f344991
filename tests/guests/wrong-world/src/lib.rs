//! P10: serves no world at all.
#![cfg(target_family = "wasm")]
#![allow(unsafe_code)] // the generated bindings

wit_bindgen::generate!({
    inline: "package other:thing@1.0.0; world thing { export run: func() -> u32; }",
});

struct Thing;

impl Guest for Thing {
    fn run() -> u32 {
        42
    }
}

export!(Thing);
