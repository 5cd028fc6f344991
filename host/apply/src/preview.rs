//! What an apply would do, object by object, by server-side dry-run. Writes nothing.

use std::collections::HashSet;

use futures::StreamExt as _;
use futures::stream;
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::{Inventory, InventoryEntry, Object, ObjectId};

use crate::change::Action;
use crate::drift::drifted;
use crate::error::ObjectError;
use crate::normalize::normalize;
use crate::options::{ApplyOptions, PruneOptions};
use crate::order::{self, rank};
use crate::plan::{Step, patch_options, refused, skip};
use crate::rules::Rules;
use crate::scope;

/// What would become of one object.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Which object, as the server names it where it exists.
    pub id: ObjectId,
    /// API version it would be applied with, without the group.
    pub version: String,
    /// Created, configured, unchanged or skipped.
    pub action: Action,
    /// It would be deleted and created again, as an immutable field changes.
    pub recreated: bool,
    /// As it stands, without the fields that `spec.ignore` leaves out; none when it does not exist.
    pub live: Option<Object>,
    /// As it would stand, without these fields; none when the server did not say.
    pub merged: Option<Object>,
}

/// The previews of all objects.
#[derive(Debug, Default)]
pub struct Previews {
    /// In apply order.
    pub objects: Vec<Preview>,
    /// Objects that could not be looked at. Secret values are masked.
    pub errors: Vec<ObjectError>,
}

impl Previews {
    /// The inventory that the apply would leave.
    pub fn inventory(&self) -> Inventory {
        let entry = |preview: &Preview| InventoryEntry {
            id: preview.id.to_string(),
            v: preview.version.clone(),
        };
        Inventory {
            entries: self.objects.iter().map(entry).collect(),
        }
    }
}

/// Names and kinds that the objects themselves bring: what needs them cannot be dry-run before they exist.
struct Brought {
    namespaces: HashSet<String>,
    kinds: HashSet<scope::Kind>,
}

impl Brought {
    fn by(objects: &[Object]) -> Self {
        let namespaces = objects
            .iter()
            .filter(|object| object.kind() == "Namespace" && object.group().is_empty());
        Self {
            namespaces: namespaces.map(|object| object.name().to_owned()).collect(),
            kinds: scope::defined(objects).into_keys().collect(),
        }
    }

    /// Whether an object is refused only because something of the same build is not there yet.
    fn explain(&self, object: &Object, error: &ClusterError) -> bool {
        match error {
            ClusterError::NoMatch { .. } => self
                .kinds
                .contains(&(object.group().to_owned(), object.kind().to_owned())),
            ClusterError::NotFound { .. } => self.namespaces.contains(object.namespace()),
            _ => false,
        }
    }
}

/// Looks at every object with the cluster's identity: one read and one dry-run each. `progress` is told how many are
/// done after each.
pub async fn preview(
    cluster: &Cluster,
    objects: Vec<Object>,
    options: &ApplyOptions,
    progress: &(dyn Fn(usize) + Sync),
) -> Previews {
    let mut previews = Previews::default();
    let mut objects = match normalize(objects, options) {
        Ok(objects) => objects,
        Err(errors) => {
            previews.errors = errors;
            return previews;
        }
    };
    if let Err(errors) = scope::settle(cluster, &mut objects, options).await {
        previews.errors = errors;
        return previews;
    }
    let brought = Brought::by(&objects);
    let stages = order::stages(objects, &options.custom_stage_kinds);
    let objects = stages.into_iter().flat_map(|stage| stage.objects);
    let looks: Vec<_> = objects
        .map(|object| look(cluster, object, options, &brought))
        .collect();
    let mut looks = stream::iter(looks).buffered(options.concurrency.max(1));
    let mut done = 0;
    while let Some(look) = looks.next().await {
        done += 1;
        progress(done);
        match look {
            Ok(preview) => previews.objects.push(preview),
            Err(error) => previews.errors.push(error),
        }
    }
    previews
}

async fn look(
    cluster: &Cluster,
    object: Object,
    options: &ApplyOptions,
    brought: &Brought,
) -> Result<Preview, ObjectError> {
    let id = object.id();
    let live = match cluster.get(&id, object.version()).await {
        Ok(live) => Some(live),
        Err(error) if error.is_absent() => None,
        Err(error) => return Err(ObjectError::Query { id, error }),
    };
    let told = |action, recreated, live, merged| Preview {
        id: id.clone(),
        version: object.version().to_owned(),
        action,
        recreated,
        live,
        merged,
    };
    if let Some(change) = skip(&object, live.as_ref(), options) {
        return Ok(Preview {
            id: change.id,
            ..told(Action::Skipped, false, live, None)
        });
    }
    match (cluster.apply(&object, &patch_options(options, true)).await, live) {
        (Ok(merged), None) => Ok(told(Action::Created, false, None, Some(merged))),
        (Ok(merged), Some(live)) => {
            let (live, merged) = options.ignore.without(&live, &merged).unwrap_or((live, merged));
            let action = if drifted(&live, &merged) {
                Action::Configured
            } else {
                Action::Unchanged
            };
            Ok(told(action, false, Some(live), Some(merged)))
        }
        (Err(error), None) if brought.explain(&object, &error) => {
            Ok(told(Action::Created, false, None, None))
        }
        (Err(error), live) => match refused(&object, live.as_ref(), error, options)? {
            Step::Recreate { .. } => Ok(told(Action::Configured, true, live, None)),
            Step::Done(_) | Step::Write { .. } => Ok(told(Action::Configured, false, live, None)),
        },
    }
}

/// What a prune would delete, in its order: objects that are gone already are left out, those that are kept or someone
/// else's are marked as skipped.
///
/// # Errors
/// The first object that cannot be read.
pub async fn preview_prune(
    cluster: &Cluster,
    stale: &[InventoryEntry],
    options: &PruneOptions,
) -> Result<Vec<Preview>, ObjectError> {
    let mut targets: Vec<(ObjectId, &InventoryEntry)> = stale
        .iter()
        .filter_map(|entry| Some((entry.id.parse().ok()?, entry)))
        .collect();
    targets.sort_by_cached_key(|(id, _)| std::cmp::Reverse(rank(id)));
    let mut previews = Vec::new();
    for (id, entry) in targets {
        let live = match cluster.get(&id, &entry.v).await {
            Ok(live) => live,
            Err(error) if error.is_absent() => continue,
            Err(error) => return Err(ObjectError::Query { id, error }),
        };
        let stays = !options.owner.owns(&live) || Rules::of(&options.owner).is_kept(&live);
        previews.push(Preview {
            id,
            version: entry.v.clone(),
            action: if stays { Action::Skipped } else { Action::Deleted },
            recreated: false,
            live: Some(live),
            merged: None,
        });
    }
    Ok(previews)
}
