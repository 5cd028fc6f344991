//! Decides what one object needs: reads it, applies it with dry-run, compares. Writes nothing.

use serde_json::Value;
use sluice_cluster::{Cluster, ClusterError, Fingerprint, PatchOptions};
use sluice_model::{Object, ObjectId};

use crate::change::{Action, Change};
use crate::drift::drifted;
use crate::error::ObjectError;
use crate::immutable::is_immutable;
use crate::options::{ApplyOptions, Owner};
use crate::ownership::takeover;
use crate::rules::Rules;

/// What an object needs.
pub(crate) enum Step {
    /// Nothing; what became of it is known.
    Done(Box<Change>),
    /// To be applied, after the patch that takes fields over, if any.
    Write {
        /// What that will have done.
        action: Action,
        /// A JSON patch.
        takeover: Option<Value>,
    },
    /// To be deleted and created again.
    Recreate {
        /// Of the object that stands.
        uid: String,
    },
}

pub(crate) struct Planned {
    pub(crate) object: Object,
    pub(crate) step: Step,
    /// Whose object it is until the step is done, when it is another's.
    pub(crate) other: Option<Owner>,
}

/// How often an object is read again that somebody else changed between the reading and the dry-run.
const MAX_MOVES: usize = 3;

pub(crate) async fn plan(
    cluster: &Cluster,
    object: Object,
    options: &ApplyOptions,
) -> Result<Planned, ObjectError> {
    for _ in 0..MAX_MOVES {
        let (planned, has_moved) = look(cluster, object.clone(), options).await?;
        if !has_moved {
            return Ok(planned);
        }
    }
    Ok(look(cluster, object, options).await?.0)
}

/// Compares an object with what stands. The second value: what was compared are two states, so that a difference may be
/// another writer's work (a controller's, say) and none of ours.
async fn look(
    cluster: &Cluster,
    object: Object,
    options: &ApplyOptions,
) -> Result<(Planned, bool), ObjectError> {
    let id = object.id();
    let live = match cluster.get(&id, object.version()).await {
        Ok(live) => Some(live),
        Err(error) if error.is_absent() => None,
        Err(error) => return Err(ObjectError::Query { id, error }),
    };
    if let Some(change) = skip(&object, live.as_ref(), options) {
        let planned = Planned {
            object,
            step: Step::Done(Box::new(change)),
            other: None,
        };
        return Ok((planned, false));
    }
    if let Some(reason) = options.protected.refuses(&id) {
        let reason = reason.to_owned();
        return Err(ObjectError::Protected { id, reason });
    }
    let other = live.as_ref().and_then(|live| options.owner.other_on(live));
    match cluster.apply(&object, &patch_options(options, true)).await {
        Ok(merged) => {
            if let Some(reason) = options.protected.refuses_change(live.as_ref(), &merged) {
                return Err(ObjectError::Protected { id, reason });
            }
            let (object, step) = compare(object, live.as_ref(), &merged, options);
            let has_moved = matches!(step, Step::Write { .. })
                && live.is_some_and(|live| resource_version(&live) != resource_version(&merged));
            Ok((Planned { object, step, other }, has_moved))
        }
        Err(error) => {
            let step = refused(&object, live.as_ref(), error, options)?;
            Ok((Planned { object, step, other }, false))
        }
    }
}

/// Of the state in the store; a dry-run answers with that of the state it started from.
fn resource_version(object: &Object) -> Option<&str> {
    object.metadata()?.get("resourceVersion")?.as_str()
}

pub(crate) fn patch_options(options: &ApplyOptions, dry_run: bool) -> PatchOptions {
    PatchOptions {
        field_manager: options.field_manager.clone(),
        force: true,
        dry_run,
    }
}

/// A skipped object is named as the server names it, so that the inventory entry stays the same.
pub(crate) fn skip(object: &Object, live: Option<&Object>, options: &ApplyOptions) -> Option<Change> {
    let rules = Rules::of(&options.owner);
    let excluded = rules.is_excluded(object) || live.is_some_and(|live| rules.is_excluded(live));
    let stands = live.is_some() && rules.is_only_created(object);
    (excluded || stands).then(|| Change {
        id: live.unwrap_or(object).id(),
        version: object.version().to_owned(),
        action: Action::Skipped,
        fingerprint: live.map(|live| Fingerprint::of(live, &options.field_manager)),
        verdict: None,
        expires: false,
        taken_from: None,
    })
}

fn compare(object: Object, live: Option<&Object>, merged: &Object, options: &ApplyOptions) -> (Object, Step) {
    let Some(live) = live else {
        let step = Step::Write {
            action: Action::Created,
            takeover: None,
        };
        return (object, step);
    };
    let rules = Rules::of(&options.owner);
    let merge = rules.is_merged(&object) || rules.is_merged(live);
    let takeover = if merge {
        None
    } else {
        takeover(live, &options.field_manager, &options.taken_over())
    };
    let differs = match options.ignore.without(live, merged) {
        Some((live, merged)) => drifted(&live, &merged),
        None => drifted(live, merged),
    };
    if takeover.is_none() && !differs {
        let step = Step::Done(Box::new(change(live, &object, Action::Unchanged, options)));
        return (object, step);
    }
    let object = options
        .ignore
        .payload(object, live, merged, &options.field_manager);
    let step = Step::Write {
        action: Action::Configured,
        takeover,
    };
    (object, step)
}

pub(crate) fn refused(
    object: &Object,
    live: Option<&Object>,
    error: ClusterError,
    options: &ApplyOptions,
) -> Result<Step, ObjectError> {
    let rules = Rules::of(&options.owner);
    let forced = options.force || rules.is_forced(object) || live.is_some_and(|live| rules.is_forced(live));
    match live.and_then(uid) {
        Some(uid) if forced && is_immutable(&error) => Ok(Step::Recreate { uid }),
        _ => Err(ObjectError::DryRun {
            id: object.id(),
            error,
        }),
    }
}

fn uid(live: &Object) -> Option<String> {
    live.metadata()?.get("uid")?.as_str().map(ToOwned::to_owned)
}

/// What became of an object that the server has as `now`.
pub(crate) fn change(now: &Object, object: &Object, action: Action, options: &ApplyOptions) -> Change {
    Change {
        id: server_id(now, object),
        version: object.version().to_owned(),
        action,
        fingerprint: Some(Fingerprint::of(now, &options.field_manager)),
        verdict: Some((options.verdict)(now)),
        expires: object.kind() == "Job"
            && object.group() == "batch"
            && object
                .0
                .get("spec")
                .is_some_and(|spec| spec["ttlSecondsAfterFinished"].is_i64()),
        taken_from: None,
    }
}

/// Group and kind as they were asked for; a conversion may answer in other words.
fn server_id(now: &Object, object: &Object) -> ObjectId {
    ObjectId {
        namespace: now.namespace().into(),
        name: now.name().into(),
        ..object.id()
    }
}
