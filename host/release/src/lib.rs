//! Helm's releases: how they are stored, and what a release needs next.
//!
//! A release is a Secret as Helm itself writes it, so that `helm list`, `history`, `get`, `rollback` and `uninstall`
//! work on what Sluice installed, and the other way around.

pub mod action;
mod encoding;
mod error;
mod history;
mod journal;
mod manifest;
mod name;
mod port;
mod record;
mod state;
mod storage;

pub use encoding::{MAX_DECODED, decode, encode};
pub use error::StorageError;
pub use history::{
    config_digest, has_been_tested, has_failed_test, is_untouched, observe, previous, test_hooks, truncate,
    truncate_to_latest,
};
pub use journal::{Journal, Journaled};
pub use manifest::{ManifestError, gone, is_kept, read_manifest, write_manifest, write_object};
pub use name::{MAX_NAME, release_name};
pub use port::{Deletion, Records, ResourceError, Resources};
pub use record::{Hook, HookRun, Info, Release, Status};
pub use state::{State, Target, Wanted, determine};
pub use storage::Storage;
