//! Compares with Helm's own functions: recorded answers always, the oracle itself (`tests/controlplane/build helm-library`)
//! when it is built.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "differential/ask.rs"]
mod ask;
#[path = "differential/generate.rs"]
mod generate;
#[path = "differential/live.rs"]
mod live;
#[path = "differential/replay.rs"]
mod replay;
#[path = "differential/tables.rs"]
mod tables;
