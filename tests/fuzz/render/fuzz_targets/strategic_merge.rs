//! An object and a strategic merge patch for it, divided by a line `====`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../support/build.rs"]
mod support;

fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(6).position(|window| window == b"\n====\n");
    let (object, patch) = match cut {
        Some(at) => (&bytes[..=at], &bytes[at + 6..]),
        None => bytes.split_at(bytes.len() / 2),
    };
    let kustomization = b"resources: [a.yaml]\npatches:\n- path: p.yaml\n  target: {kind: .*}\n";
    let _ = support::build_twice(&[
        ("kustomization.yaml", kustomization),
        ("a.yaml", object),
        ("p.yaml", patch),
    ]);
});
