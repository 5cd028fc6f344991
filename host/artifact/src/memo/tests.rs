//! The memo against a real folder: restart, poison, budgets, secrets.

use std::path::Path;

use sluice_model::memo::{Question, Reading};

use super::*;

fn open(path: &Path) -> DiskMemo {
    DiskMemo::open(MemoConfig::new(path)).expect("opens")
}

fn trace(answer: &str) -> Trace {
    let answer = Digest::of(answer.as_bytes());
    let reading = Reading {
        input: 0,
        question: Question::Read,
        path: "kustomization.yaml".into(),
        answer,
    };
    Trace {
        readings: vec![reading],
        covers: vec![(0, String::new(), Some(answer))],
    }
}

fn key() -> Digest {
    Digest::of(b"key")
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("lists");
    entries.next().expect("holds a file").expect("is readable").path()
}

#[test]
fn durable_entries_survive_a_restart_and_secret_ones_do_not() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let secret = Bytes::from_static(b"{\"password\":\"hunter2\"}");
    let memo = open(folder.path());
    let kept = memo.store(&key(), trace("a"), Bytes::from_static(b"objects"), true);
    let lost = memo.store(&key(), trace("b"), secret.clone(), false);
    assert_eq!(
        memo.traces(&key()),
        [(trace("b"), lost), (trace("a"), kept)],
        "newest first"
    );
    assert_eq!(memo.output(&lost), Some(secret));
    memo.store(&key(), trace("c"), Bytes::from_static(b"later"), true);
    drop(memo);

    let again = open(folder.path());
    let traces: Vec<Trace> = again.traces(&key()).into_iter().map(|(trace, _)| trace).collect();
    assert_eq!(traces, [trace("c"), trace("a")]);
    assert_eq!(again.output(&kept).as_deref(), Some(b"objects".as_slice()));
    assert_eq!(again.output(&lost), None);
    for part in ["traces", "outputs"] {
        for entry in std::fs::read_dir(folder.path().join(part)).expect("lists") {
            let bytes = std::fs::read(entry.expect("is readable").path()).expect("reads");
            let text = String::from_utf8_lossy(&bytes);
            assert!(
                !text.contains("hunter2") && !text.contains(&lost.hex()),
                "a secret reached the disk"
            );
        }
    }
}

#[test]
fn keeps_the_last_four_traces_of_a_key_once_each() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let memo = open(folder.path());
    for at in ["1", "2", "3", "4", "5", "3"] {
        memo.store(&key(), trace(at), Bytes::copy_from_slice(at.as_bytes()), true);
    }
    let traces: Vec<Trace> = memo.traces(&key()).into_iter().map(|(trace, _)| trace).collect();
    assert_eq!(traces, ["3", "5", "4", "2"].map(trace));
    assert!(memo.traces(&Digest::of(b"another key")).is_empty());
}

/// C12: a poisoned output or trace is not believed, and leaves.
#[test]
fn poisoned_files_are_dropped() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let digest = open(folder.path()).store(&key(), trace("a"), Bytes::from_static(b"good"), true);
    let output = folder.path().join("outputs").join(digest.hex());
    std::fs::write(&output, b"evil").expect("writes");
    let memo = open(folder.path());
    assert_eq!(memo.output(&digest), None);
    assert!(!output.exists());
    assert_eq!(
        memo.store(&key(), trace("a"), Bytes::from_static(b"good"), true),
        digest
    );
    assert_eq!(memo.output(&digest).as_deref(), Some(b"good".as_slice()));

    let file = only_file(&folder.path().join("traces"));
    let text = std::fs::read_to_string(&file).expect("reads");
    let evil = text.replace(&digest.hex(), &Digest::of(b"evil").hex());
    assert_ne!(evil, text);
    std::fs::write(&file, evil).expect("writes");
    assert!(open(folder.path()).traces(&key()).is_empty());
    assert!(!file.exists());

    // the whole file of another key, under this key's name
    let other = Digest::of(b"other");
    open(folder.path()).store(&other, trace("a"), Bytes::from_static(b"good"), true);
    std::fs::rename(only_file(&folder.path().join("traces")), &file).expect("renames");
    assert!(open(folder.path()).traces(&key()).is_empty());
}

#[test]
fn stays_within_its_budgets() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let config = MemoConfig {
        disk_bytes: 64 << 10,
        memory_bytes: 10_000,
        trace_bytes: 2_000,
        ..MemoConfig::new(folder.path())
    };
    let memo = DiskMemo::open(config.clone()).expect("opens");
    let output = |at: u32| Bytes::from(at.to_le_bytes().repeat(2000));
    let digests: Vec<Digest> = (0..40)
        .map(|at| memo.store(&Digest::of(&[at as u8]), trace("a"), output(at), at % 2 == 0))
        .collect();
    let on_disk = std::fs::read_dir(folder.path().join("outputs"))
        .expect("lists")
        .count();
    assert_eq!(on_disk, 8, "64 KiB hold eight outputs of 8,000 bytes");
    assert_eq!(
        std::fs::read_dir(folder.path().join("traces"))
            .expect("lists")
            .count(),
        2
    );
    assert!(memo.output(&digests[0]).is_none() && memo.output(&digests[38]).is_some());
    assert!(memo.output(&digests[37]).is_none() && memo.output(&digests[39]).is_some());
    let state = memo.state.lock();
    assert!(state.traces.weight() <= 2_000 && state.secret.weight() <= 10_000);
    drop(state);

    std::fs::write(folder.path().join("outputs/stranger"), b"x").expect("writes");
    let smaller = MemoConfig {
        disk_bytes: 16 << 10,
        ..config
    };
    let memo = DiskMemo::open(smaller).expect("opens");
    assert_eq!(
        std::fs::read_dir(folder.path().join("outputs"))
            .expect("lists")
            .count(),
        2
    );
    assert!(memo.output(&digests[38]).is_some(), "the newest are kept");
}
