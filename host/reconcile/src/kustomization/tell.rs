//! Events and drift signals of Kustomizations.

use indexmap::IndexMap;
use sluice_api::Kustomization;
use sluice_apply::{Applied, Change};
use sluice_cluster::Tracked;
use sluice_event::Subject;
use sluice_model::Severity;

use super::pass::Pass;
use super::tenant::Place;
use super::{GROUP, KustomizationReconciler, MANAGER};
use crate::drift_watch::DriftWatch;
use crate::key::ObjectKey;

/// Reason of the event that tells of two owners.
const OWNERSHIP_CONFLICT: &str = "OwnershipConflict";

/// Revisions that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisions {
    /// Of the source.
    pub revision: String,
    /// Of the source's own origin, where it tells one.
    pub origin: Option<String>,
}

impl Revisions {
    /// Those that were applied last.
    pub(super) fn applied(object: &Kustomization) -> Option<Self> {
        let status = object.status.as_ref()?;
        Some(Self {
            revision: status.last_applied_revision.clone()?,
            origin: status.last_applied_origin_revision.clone(),
        })
    }
}

impl KustomizationReconciler {
    /// Records an event.
    pub(super) fn tell(
        &self,
        object: &Kustomization,
        severity: Severity,
        reason: &str,
        message: &str,
        revisions: Option<&Revisions>,
    ) {
        self.record(object, severity, (reason, message), revisions, false);
    }

    /// Records an event that updates the status of the commit.
    pub(super) fn tell_commit_status(
        &self,
        object: &Kustomization,
        reason: &str,
        message: &str,
        revisions: &Revisions,
    ) {
        self.record(object, Severity::Info, (reason, message), Some(revisions), true);
    }

    fn record(
        &self,
        object: &Kustomization,
        severity: Severity,
        (reason, message): (&str, &str),
        revisions: Option<&Revisions>,
        commit_status: bool,
    ) {
        let mut metadata = IndexMap::new();
        if let Some(Revisions { revision, origin }) = revisions {
            metadata.insert(format!("{GROUP}/revision"), revision.clone());
            if let Some(origin) = origin {
                metadata.insert(format!("{GROUP}/originRevision"), origin.clone());
            }
        }
        if commit_status {
            metadata.insert(format!("{GROUP}/commit_status"), "update".to_owned());
        }
        self.recorder
            .record(&Subject::of(object), severity, reason, message, metadata);
    }
}

impl Pass<'_> {
    /// Records an event about the revision of this pass.
    pub(super) fn tell(&self, severity: Severity, reason: &str, message: &str) {
        self.owner
            .tell(&self.object, severity, reason, message, self.revisions.as_ref());
    }

    /// Warns of objects that were another Kustomization's, when that one still lists them: two owners apply the same
    /// object, and each will take it from the other (T9).
    pub(super) fn tell_taken(&self, applied: &Applied) {
        let lines: Vec<String> = applied
            .changes
            .changes
            .iter()
            .filter_map(|change| self.taken(change))
            .collect();
        if !lines.is_empty() {
            self.tell(Severity::Error, OWNERSHIP_CONFLICT, &lines.join("\n"));
        }
    }

    fn taken(&self, change: &Change) -> Option<String> {
        let owner = change.taken_from.as_ref()?;
        let key = ObjectKey::new(&owner.namespace, &owner.name);
        let other = self.engine().stores.kustomizations.get(&key)?;
        let inventory = other.status.as_ref()?.inventory.as_ref()?;
        let id = change.id.to_string();
        inventory.entries.iter().find(|entry| entry.id == id)?;
        Some(format!(
            "{} was taken over from Kustomization {key}, which still has it in its inventory",
            change.id.subject()
        ))
    }

    /// From now on a foreign change of an applied object makes a comparison due.
    pub(super) fn watch_drift(&self, place: &Place, applied: &Applied) {
        let tracked: Vec<Tracked> = applied
            .changes
            .changes
            .iter()
            .filter(|change| change.fingerprint.is_some() && !change.expires)
            .map(|change| Tracked {
                id: change.id.clone(),
                version: change.version.clone(),
                expected: change.fingerprint,
            })
            .collect();
        let (memory, key) = (&self.owner.memory, &self.work.key);
        let known = memory.drift_watch(key);
        if let Some(subscription) = known.filter(|known| known.hub().is_same(&place.hub)) {
            subscription.replace(tracked);
            return;
        }
        let queue = self.engine().queues.kustomizations.clone();
        let watch = DriftWatch::start(&place.hub, ("Kustomization", key), MANAGER, queue, tracked);
        memory.set_drift_watch(key, watch);
    }
}
