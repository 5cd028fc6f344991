//! Operations of a JSON patch for a fixed object.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../support/build.rs"]
mod support;

const OBJECT: &[u8] = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {x/y: z, \"a~b\": c}\nlist: [1, two, {three: 3}]\ndeep: {a: {b: [[1], [2, 3]]}}\nn: 1.0\nt: 2020-01-01\n";

fuzz_target!(|bytes: &[u8]| {
    let kustomization = b"resources: [a.yaml]\npatches:\n- path: p.yaml\n  target: {kind: ConfigMap}\n";
    let _ = support::build_twice(&[
        ("kustomization.yaml", kustomization),
        ("a.yaml", OBJECT),
        ("p.yaml", bytes),
    ]);
});
