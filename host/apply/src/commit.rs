//! Carries out what was planned for one object.

use std::time::Duration;

use serde_json::Value;
use sluice_cluster::{Cluster, ClusterError, DeleteOptions};
use sluice_model::Object;

use crate::change::{Action, Change};
use crate::error::ObjectError;
use crate::options::ApplyOptions;
use crate::ownership::takeover;
use crate::plan::{Planned, Step, change, patch_options};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often the takeover of fields is tried when others keep changing the object.
const TAKEOVERS: usize = 5;

pub(crate) async fn commit(
    cluster: &Cluster,
    planned: Planned,
    options: &ApplyOptions,
) -> Result<Change, ObjectError> {
    let Planned { object, step, other } = planned;
    let action = match step {
        Step::Done(change) => return Ok(*change),
        Step::Write { action, takeover } => {
            if let Some(patch) = takeover {
                take_over(cluster, &object, patch, options).await?;
            }
            action
        }
        Step::Recreate { uid } => {
            remove(cluster, &object, uid, options).await?;
            Action::Created
        }
    };
    match cluster.apply(&object, &patch_options(options, false)).await {
        Ok(now) => Ok(Change {
            taken_from: other,
            ..change(&now, &object, action, options)
        }),
        Err(error) => Err(ObjectError::Apply {
            id: object.id(),
            error,
        }),
    }
}

/// Patches managedFields, and again from a fresh read when the object was changed in between.
async fn take_over(
    cluster: &Cluster,
    object: &Object,
    mut patch: Value,
    options: &ApplyOptions,
) -> Result<(), ObjectError> {
    let id = object.id();
    let fail = |error| ObjectError::Cleanup {
        id: object.id(),
        error,
    };
    for tries in 1.. {
        match cluster
            .json_patch(&id, object.version(), &patch, &patch_options(options, false))
            .await
        {
            Ok(_) => return Ok(()),
            Err(ClusterError::NotFound { .. }) => return Ok(()),
            Err(ClusterError::Conflict { .. } | ClusterError::Invalid { .. }) if tries < TAKEOVERS => {}
            Err(error) => return Err(fail(error)),
        }
        let live = match cluster.get(&id, object.version()).await {
            Ok(live) => live,
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => return Err(fail(error)),
        };
        match takeover(&live, &options.field_manager, &options.taken_over()) {
            Some(again) => patch = again,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Deletes the object with this uid and waits until it is gone.
async fn remove(
    cluster: &Cluster,
    object: &Object,
    uid: String,
    options: &ApplyOptions,
) -> Result<(), ObjectError> {
    let id = object.id();
    let delete = DeleteOptions {
        uid: Some(uid.clone()),
        ..DeleteOptions::default()
    };
    match cluster.delete(&id, object.version(), &delete).await {
        Ok(()) => {}
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => return Err(ObjectError::Recreate { id, error }),
    }
    let gone = async {
        let mut pause = FIRST_PAUSE;
        loop {
            match cluster.get_metadata(&id, object.version()).await {
                Ok(live)
                    if live.metadata().and_then(|m| m.get("uid")).and_then(Value::as_str) == Some(&uid) => {}
                Ok(_) => return Ok(()),
                Err(error) if error.is_absent() => return Ok(()),
                Err(error) => {
                    return Err(ObjectError::Recreate {
                        id: id.clone(),
                        error,
                    });
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    };
    let seconds = options.wait_timeout.as_secs();
    match tokio::time::timeout(options.wait_timeout, gone).await {
        Ok(gone) => gone,
        Err(_) => Err(ObjectError::NotGone {
            id: object.id(),
            seconds,
        }),
    }
}
