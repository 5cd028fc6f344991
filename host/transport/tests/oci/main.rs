//! Registries: a real one (CNCF distribution), and others that differ or misbehave.

#![allow(clippy::expect_used, reason = "a test")]

mod attachments;
mod bed;
mod read;
mod registry;
