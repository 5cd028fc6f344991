//! What became of each object.

use std::fmt;

use sluice_cluster::{Fingerprint, Tracked};
use sluice_model::{InventoryEntry, ObjectId, Verdict};

use crate::options::Owner;

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It did not exist, or was recreated.
    Created,
    /// It was written.
    Configured,
    /// It is as it should be; nothing was written.
    Unchanged,
    /// An annotation or label says to leave it alone.
    Skipped,
    /// It was deleted.
    Deleted,
}

impl Action {
    /// As change logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Deleted => "deleted",
        }
    }

    /// Whether the cluster was changed.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Created | Self::Configured | Self::Deleted)
    }
}

/// What became of one object.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which object, as the server names it.
    pub id: ObjectId,
    /// API version it was applied with, without the group.
    pub version: String,
    /// What was done.
    pub action: Action,
    /// The object as the server has it now, for the watch hub; none for skipped objects that do not exist.
    pub fingerprint: Option<Fingerprint>,
    /// Its health in that version.
    pub verdict: Option<Verdict>,
    /// A Job that vanishes by itself when it is done (`spec.ttlSecondsAfterFinished`).
    pub expires: bool,
    /// Whose object it was until now, when this apply took it over from another owner.
    pub taken_from: Option<Owner>,
}

impl Change {
    /// Its line in an inventory.
    pub fn entry(&self) -> InventoryEntry {
        InventoryEntry {
            id: self.id.to_string(),
            v: self.version.clone(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id.subject(), self.action.as_str())
    }
}

/// What became of each object, in apply order.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// An entry each.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// The lines of objects that were changed, as Flux's events show them; empty when nothing was.
    pub fn log(&self) -> String {
        let changed = self.changes.iter().filter(|change| change.action.is_change());
        changed.map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// What the owner tracks from now on to hear of drift: every object but those that
    /// it leaves alone and those that vanish by themselves.
    pub fn tracked(&self) -> Vec<Tracked> {
        let ours =
            |change: &&Change| !change.expires && !matches!(change.action, Action::Skipped | Action::Deleted);
        let tracked = |change: &Change| Tracked {
            id: change.id.clone(),
            version: change.version.clone(),
            expected: change.fingerprint,
        };
        self.changes.iter().filter(ours).map(tracked).collect()
    }

    /// Whether anything was changed.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.action.is_change())
    }

    /// How many objects an action was done to.
    pub fn count(&self, action: Action) -> usize {
        self.changes
            .iter()
            .filter(|change| change.action == action)
            .count()
    }
}
