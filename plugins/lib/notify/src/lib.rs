//! What notifiers send: bodies and headers. Pure, so that it is tested without a sandbox; sending is the plugin's part.

pub mod event;
pub mod generic;

pub use event::{Event, ObjectReference, Severity};
