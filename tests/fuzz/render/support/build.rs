//! Builds of a few files, with bounds that keep a run short.

use sluice_kustomize::{BuildOptions, Error, Limits, build};

#[path = "../../../../plugins/lib/kustomize/tests/support/memory.rs"]
mod memory;

use memory::Memory;

/// Builds the root of these files twice: the same input gives the same text.
pub fn build_twice(files: &[(&str, &[u8])]) -> Result<String, Error> {
    let mut tree = Memory::default();
    for (path, bytes) in files {
        tree.add(path, *bytes);
    }
    let options = BuildOptions {
        limits: Limits {
            max_loads: 200,
            max_depth: 20,
            max_objects: 2_000,
            max_replacements: 5_000,
            ..Limits::default()
        },
        ..BuildOptions::default()
    };
    let text = || build(&tree, "", &options).and_then(|built| built.to_yaml());
    let first = text();
    match (&first, text()) {
        (Ok(a), Ok(b)) => assert_eq!(a, &b),
        (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string()),
        _ => panic!("one of two equal builds fails"),
    }
    first
}
