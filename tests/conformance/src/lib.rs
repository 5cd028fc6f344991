//! Renders over the host's trees, natively, with every reading recorded as the sandbox records it.

pub mod recorded;
pub mod repository;
