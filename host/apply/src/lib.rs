//! Server-side apply in stages, drift, ownership, prune from inventory.
//!
//! [`apply`] takes rendered objects and gives what became of each; [`prune`] deletes what is no longer rendered;
//! [`inventory`] compares what stands with what stood. Behaviour is that of Flux's kustomize-controller, with these
//! deliberate differences: all errors of a stage are reported, nothing of a stage is written or deleted before every
//! object of it was checked, and `force` recreates an object only for an immutable field, not for any invalid one.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

mod commit;
mod drift;
mod error;
pub mod ignore;
mod immutable;
pub mod inventory;
mod normalize;
mod options;
mod order;
mod ownership;
mod plan;
mod preview;
mod protect;
mod prune;
mod rules;
mod run;
mod scope;
mod settle;

pub mod change;

pub use change::{Action, Change, ChangeSet};
pub use error::{ApplyError, Failure, ObjectError, PruneError};
pub use ignore::{IgnoreError, IgnoreRule, IgnoreRules, IgnoreTarget};
pub use inventory::diff_inventory;
pub use options::{ApplyOptions, FieldManager, Intent, IntentError, Operation, Owner, PruneOptions};
pub use preview::{Preview, Previews, preview, preview_prune};
pub use protect::Protected;
pub use prune::{Pruned, is_gone, prune};
pub use run::{Applied, apply};
