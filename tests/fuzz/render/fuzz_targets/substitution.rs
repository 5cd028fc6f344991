//! Any text through the substitution of `spec.postBuild`, strict and not.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The module alone: it needs nothing of the host's crates.
#[allow(dead_code, unused_imports)]
#[path = "../../../../host/render/src"]
mod render {
    pub mod substitute;
}

use render::substitute::{MAX_TEXT, Variables, check_names, substitute};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let variables: Variables = [("a", "1"), ("b", ""), ("LONG", "abc/def.ghi"), ("x", "${a}")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    check_names(&variables).expect("names");
    for strict in [false, true] {
        if let Ok(out) = substitute(text, &variables, strict) {
            assert!(out.len() <= MAX_TEXT);
        }
    }
});
