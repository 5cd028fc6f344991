//! Hub, discovery, calls and lease against a real API server.

#![allow(clippy::expect_used, clippy::needless_pass_by_value, reason = "a test")]

mod bed;
mod calls;
mod election;
mod signals;
