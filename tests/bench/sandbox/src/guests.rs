//! The guests of tests/guests that are measured, and the tree that they read.

use std::path::Path;

use anyhow::Result;
use bytes::Bytes;
use sluice_build::Options;
use sluice_model::Tree;
use sluice_model::tree::{File, Node, TreeBuilder};

const GUESTS: [&str; 20] = [
    "render-reads",
    "receive-echo",
    "deep-recursion",
    "errors",
    "huge-output",
    "invalid-output",
    "leftovers",
    "log-flood",
    "loop-forever",
    "loop-in-host",
    "memory-bomb",
    "nosy",
    "notify-echo",
    "path-escape",
    "render-echo",
    "render-lookup",
    "sleep",
    "source-fake",
    "trap",
    "unsteady",
];

/// Each guest's name with its component.
pub fn compile() -> Result<Vec<(String, Bytes)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests");
    let packages = GUESTS.map(|name| format!("guest-{name}"));
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let target = std::env::var_os("CARGO_TARGET_DIR").map(|dir| Path::new(&dir).join("guests"));
    let options = Options {
        target_dir: target,
        verbose: true,
        ..Options::default()
    };
    let built = sluice_build::build_packages(&root, &packages, &options)?;
    let read = |built: sluice_build::Built| Ok(Bytes::from(std::fs::read(built.path)?));
    let read = built.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(GUESTS.map(String::from).into_iter().zip(read).collect())
}

/// A hundred files of 1 KiB.
pub fn tree() -> Tree {
    let mut builder = TreeBuilder::default();
    for at in 0..100 {
        let file = File::inline(Bytes::from(vec![b'a'; 1024]), false);
        // The paths are free: each is added once.
        drop(builder.add(&format!("app/{at}.yaml"), Node::File(file)));
    }
    builder.build()
}
