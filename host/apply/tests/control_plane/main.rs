//! Apply and prune against a real API server.

#![allow(clippy::needless_pass_by_value, reason = "a test")]

mod bed;
mod drift;
mod force;
mod identity;
mod ownership;
mod prune;
mod rules;
mod stages;
