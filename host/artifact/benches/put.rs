//! CPU and wall time to store and to reopen a repository of 5,500 files of 1 KB: `cargo bench -p sluice-artifact`.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::time::Instant;

use bytes::Bytes;
use indexmap::IndexMap;
use sluice_artifact::{ArtifactStore, Content, Owner, StoreConfig};
use sluice_model::tree::{File, Node, Tree, TreeBuilder};

const FILES: u32 = 5500;

/// Text with as much entropy as configuration files have: words and hexadecimal digests.
fn filler(at: u32) -> Bytes {
    let mut text = String::new();
    let mut line = 0u32;
    while text.len() < 1024 {
        let digest = sluice_model::Digest::of(&[at.to_le_bytes(), line.to_le_bytes()].concat()).hex();
        text.push_str(&format!(
            "setting-{line}:\n  image: registry.example/app-{at}\n  checksum: {}\n",
            &digest[..24]
        ));
        line += 1;
    }
    text.truncate(1024);
    text.into()
}

fn tree() -> Tree {
    let mut builder = TreeBuilder::default();
    for at in 0..FILES {
        let file = File::inline(filler(at), false);
        builder
            .add(
                &format!("apps/team-{}/file-{at}.yaml", at % 100),
                Node::File(file),
            )
            .expect("path is free");
    }
    builder.build()
}

/// Nanoseconds that this thread was on a CPU (Linux).
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|field| field.parse().ok())
        .unwrap_or(0)
}

fn measure<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let (cpu_before, wall) = (cpu(), Instant::now());
    let value = work();
    let cpu_ms = (cpu() - cpu_before) as f64 / 1e6;
    println!(
        "{name}: {cpu_ms:.1} ms of CPU, {:.1} ms",
        wall.elapsed().as_secs_f64() * 1e3
    );
    value
}

fn main() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let open = || ArtifactStore::open(StoreConfig::new(folder.path(), "x")).expect("opens");
    let owner = Owner::new("GitRepository", "bench", "monorepo").expect("plain names");
    let (tree, metadata) = (tree(), IndexMap::new());
    let content = Content {
        revision: "main@sha1:0a",
        stem: "0a",
        tree: &tree,
        metadata: &metadata,
    };
    let store = open();
    let artifact = measure("put 5,500 files of 1 KB", || {
        store.put(&owner, &content).expect("stores")
    });
    println!("archive: {} bytes", artifact.size);
    measure("verify", || store.verify(&artifact).expect("is intact"));
    let store = open();
    let opened = measure("open after a restart", || {
        store.open_tree(&artifact, None).expect("opens")
    });
    measure("read all files from the archive", || {
        for (path, file) in opened.walk() {
            file.read().unwrap_or_else(|reason| panic!("{path}: {reason}"));
        }
    });
}
