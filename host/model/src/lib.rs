//! Pure types that cross the stages of Sluice, and the ports between them. No I/O happens here.
//!
//! Types are named as the field names them (revision, artifact, inventory, verdict, event); ports are the traits by
//! which a stage reaches something outside of it without importing the crate that does it.

pub mod artifact;
pub mod condition;
pub mod digest;
pub mod event;
pub mod inventory;
pub mod manifests;
pub mod memo;
pub mod path;
pub mod port;
pub mod revision;
pub mod secret;
pub mod tree;
pub mod verdict;

pub use artifact::Artifact;
pub use digest::Digest;
pub use event::{Event, Severity};
pub use inventory::{Inventory, InventoryEntry, ObjectId};
pub use manifests::{Manifests, Object};
pub use revision::Revision;
pub use secret::SecretData;
pub use tree::{Entry, EntryKind, Stat, Tree, TreeError, TreeRead};
pub use verdict::{Health, Verdict};
