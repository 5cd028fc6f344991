//! P2, P3: a thousand hostile calls leave no memory behind. In a process of its own, so that no other test is measured.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "sandbox/guests.rs"]
#[allow(dead_code)]
mod guests;

use guests::{SHORT, assert_others_work, render};
use sluice_sandbox::Limits;

/// Resident bytes of this process; none where the system does not tell.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm
        .split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|pages| pages * 4096)
}

async fn hostile(limits: Limits) {
    for (guest, mode) in [
        ("memory-bomb", ""),
        ("trap", "panic"),
        ("trap", "drop"),
        ("huge-output", "text"),
    ] {
        assert!(render(guest, mode, limits).await.is_err(), "{guest}");
    }
}

#[tokio::test]
async fn hostile_calls_leave_no_memory_behind() {
    let limits = Limits {
        memory: 80 << 20,
        output: 1 << 20,
        ..SHORT
    };
    for _ in 0..10 {
        hostile(limits).await;
    }
    let Some(before) = resident() else { return };
    for _ in 0..250 {
        hostile(limits).await;
    }
    let after = resident().expect("told before");
    assert!(
        after < before + before / 10 + (4 << 20),
        "{} KiB before, {} KiB after",
        before >> 10,
        after >> 10
    );
    assert_others_work().await;
}
