//! Deletes objects that are no longer rendered, as long as they are still the owner's and nothing says to keep them.

use futures::stream;
use futures::{FutureExt as _, StreamExt as _};
use sluice_cluster::{Cluster, ClusterError, DeleteOptions, Fingerprint, Propagation};
use sluice_model::{InventoryEntry, ObjectId};

use crate::change::{Action, Change, ChangeSet};
use crate::error::PruneError;
use crate::options::PruneOptions;
use crate::order::{is_peer, rank};
use crate::rules::Rules;

/// How often an object is read again because it changed between the look at its labels and its deletion.
const TRIES: usize = 5;

/// What a prune did.
#[derive(Debug, Clone, Default)]
pub struct Pruned {
    /// Deleted objects and, marked as skipped, those that are kept or someone else's; in deletion order.
    pub changes: ChangeSet,
    /// Objects that could not be deleted, each with an error text that names it. Keep their entries.
    pub failed: Vec<(InventoryEntry, String)>,
}

impl Pruned {
    /// # Errors
    /// When an object could not be deleted.
    pub fn into_result(self) -> Result<ChangeSet, PruneError> {
        if self.failed.is_empty() {
            Ok(self.changes)
        } else {
            Err(PruneError { failed: self.failed })
        }
    }
}

enum Fate {
    /// The object that was deleted; none when it was gone already.
    Deleted(Option<Fingerprint>),
    Skipped,
}

/// Deletes the objects of stale entries in reverse apply order, in the background, with the cluster's identity. An
/// object is deleted only if it still carries both owner labels and no rule keeps it; one that is gone already, or
/// whose kind is, counts as deleted. Errors do not stop the rest.
pub async fn prune(cluster: &Cluster, stale: &[InventoryEntry], options: &PruneOptions) -> Pruned {
    let mut pruned = Pruned::default();
    let mut targets: Vec<(ObjectId, &InventoryEntry)> = Vec::new();
    for entry in stale {
        match entry.id.parse::<ObjectId>() {
            Ok(id) => targets.push((id, entry)),
            Err(error) => pruned.failed.push((entry.clone(), error.to_string())),
        }
    }
    targets.sort_by_cached_key(|(id, _)| std::cmp::Reverse(rank(id)));
    let mut rest = targets.as_slice();
    while let Some((first, _)) = rest.first() {
        let peers = rest.iter().take_while(|(id, _)| is_peer(id, first)).count();
        let (now, later) = rest.split_at(peers);
        rest = later;
        // boxed: the compiler cannot prove a borrowing closure general enough inside a spawned reconciler
        let fates: Vec<_> = now
            .iter()
            .map(|(id, entry)| delete(cluster, id, entry, options).boxed())
            .collect();
        let fates: Vec<_> = stream::iter(fates)
            .buffered(options.concurrency.max(1))
            .collect()
            .await;
        for ((id, entry), fate) in now.iter().zip(fates) {
            pruned.add(id, entry, fate);
        }
    }
    pruned
}

impl Pruned {
    fn add(&mut self, id: &ObjectId, entry: &InventoryEntry, fate: Result<Fate, String>) {
        let (action, fingerprint) = match fate {
            Ok(Fate::Deleted(fingerprint)) => (Action::Deleted, fingerprint),
            Ok(Fate::Skipped) => (Action::Skipped, None),
            Err(text) => {
                self.failed.push((entry.clone(), text));
                return;
            }
        };
        self.changes.changes.push(Change {
            id: id.clone(),
            version: entry.v.clone(),
            action,
            fingerprint,
            verdict: None,
            expires: false,
            taken_from: None,
        });
    }
}

/// The version that was looked at is the one that is deleted, so that an object handed to another owner in between
/// survives; only an object that never stands still is deleted by its uid alone.
async fn delete(
    cluster: &Cluster,
    id: &ObjectId,
    entry: &InventoryEntry,
    options: &PruneOptions,
) -> Result<Fate, String> {
    let failed = |what: &str, error: &ClusterError| format!("{} {what} failed: {error}", id.subject());
    if let Some(reason) = options.protected.refuses(id) {
        tracing::warn!(object = %id.subject(), reason, "object is protected and was not deleted");
        return Ok(Fate::Skipped);
    }
    for tries in 1.. {
        let live = match cluster.get(id, &entry.v).await {
            Ok(live) => live,
            Err(error) if error.is_absent() => return Ok(Fate::Deleted(None)),
            Err(error) => return Err(failed("query", &error)),
        };
        if !options.owner.owns(&live) || Rules::of(&options.owner).is_kept(&live) {
            return Ok(Fate::Skipped);
        }
        let text = |field: &str| {
            live.metadata()
                .and_then(|m| m.get(field)?.as_str())
                .map(ToOwned::to_owned)
        };
        let delete = DeleteOptions {
            propagation: Propagation::Background,
            uid: text("uid"),
            resource_version: text("resourceVersion").filter(|_| tries < TRIES),
        };
        match cluster.delete(id, &entry.v, &delete).await {
            Ok(()) => return Ok(Fate::Deleted(Some(Fingerprint::of(&live, "")))),
            Err(error) if error.is_absent() => return Ok(Fate::Deleted(None)),
            Err(ClusterError::Conflict { .. }) if tries < TRIES => {}
            Err(error) => return Err(failed("delete", &error)),
        }
    }
    Ok(Fate::Skipped)
}

/// Whether an object that a prune deleted is gone; one of the same name that was made since is another object. An
/// object that cannot be read counts as there.
pub async fn is_gone(cluster: &Cluster, deleted: &Change) -> bool {
    match cluster.get_metadata(&deleted.id, &deleted.version).await {
        Err(error) => error.is_absent(),
        Ok(live) => {
            let now = Fingerprint::of(&live, "");
            deleted.fingerprint.is_some_and(|then| !then.is_same_object(&now))
        }
    }
}
