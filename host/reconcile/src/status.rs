//! Writes status: only what changed, in one patch, with Flux's field owners.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sluice_api::annotation::FINALIZER;
use sluice_api::condition::{self, Condition};
use sluice_api::{
    GitRepositoryStatus, HelmChartStatus, HelmReleaseStatus, HelmRepositoryStatus, KustomizationStatus,
    PluginStatus,
};
use sluice_cluster::kube::api::{Api, Patch, PatchParams};
use sluice_cluster::kube::{self, ResourceExt as _};

use crate::metrics::Metrics;
use crate::store::{Kind, Store};

/// The JSON merge patch (RFC 7396) that turns `old` into `new`; none when they are equal.
pub fn merge_diff(old: &Value, new: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return (old != new).then(|| new.clone());
    };
    let mut patch = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(known) => {
                if let Some(change) = merge_diff(known, value) {
                    patch.insert(key.clone(), change);
                }
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Writes the difference of two statuses; none when there is none.
///
/// # Errors
/// The API server's.
pub async fn patch<K, S>(
    api: &Api<K>,
    name: &str,
    manager: &str,
    (old, new): (&S, &S),
    metrics: &Metrics,
) -> Result<Option<K>, kube::Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
    S: Serialize,
{
    let to_json = |status: &S| serde_json::to_value(status).map_err(kube::Error::SerdeError);
    let Some(change) = merge_diff(&to_json(old)?, &to_json(new)?) else {
        return Ok(None);
    };
    let body = json!({ "status": change });
    let params = PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
    };
    let written = api.patch_status(name, &params, &Patch::Merge(&body)).await?;
    metrics.status_written(&K::kind(&()));
    Ok(Some(written))
}

/// A status with conditions.
pub trait Conditioned: Serialize + Clone {
    /// They, to read.
    fn conditions(&self) -> &[Condition];
    /// They, to change.
    fn conditions_mut(&mut self) -> &mut Vec<Condition>;
}

macro_rules! conditioned {
    ($($status:ty),*) => {$(
        impl Conditioned for $status {
            fn conditions(&self) -> &[Condition] {
                &self.conditions
            }
            fn conditions_mut(&mut self) -> &mut Vec<Condition> {
                &mut self.conditions
            }
        }
    )*};
}
conditioned!(
    GitRepositoryStatus,
    HelmRepositoryStatus,
    HelmChartStatus,
    KustomizationStatus,
    HelmReleaseStatus,
    PluginStatus
);

/// `status` with the times of `written` where a condition says what was written before: a state that came and went
/// within a pass was seen by nobody, and is no transition.
fn steady<S: Conditioned>(status: &S, written: &S) -> S {
    let mut steady = status.clone();
    for condition in steady.conditions_mut() {
        let before = condition::find(written.conditions(), &condition.type_);
        if let Some(before) = before.filter(|before| {
            (&before.status, &before.reason, &before.message)
                == (&condition.status, &condition.reason, &condition.message)
        }) {
            condition.last_transition_time = before.last_transition_time.clone();
        }
    }
    steady
}

/// Writes the status of one object during one pass, each time only what is new since the last write.
pub struct Writer<K: Kind, S> {
    /// Where the object is written.
    pub api: Api<K>,
    /// Its name.
    pub name: String,
    /// Field manager.
    pub manager: &'static str,
    /// The status as the API server has it.
    pub written: S,
    /// Learns what was written.
    pub store: Arc<Store<K>>,
    /// Counts the writes.
    pub metrics: Metrics,
}

impl<K: Kind, S: Conditioned> Writer<K, S> {
    /// Writes what changed. An object that is gone has no status to write.
    ///
    /// # Errors
    /// The API server's.
    pub async fn write(&mut self, status: &S) -> Result<(), kube::Error> {
        let status = steady(status, &self.written);
        match patch(
            &self.api,
            &self.name,
            self.manager,
            (&self.written, &status),
            &self.metrics,
        )
        .await
        {
            Ok(Some(object)) => {
                self.store.learn(object);
            }
            Ok(None) => {}
            Err(kube::Error::Api(response)) if response.code == 404 => {}
            Err(error) => return Err(error),
        }
        self.written = status;
        Ok(())
    }

    /// Does the work, and writes `status` meanwhile when the work lasts longer than `after`: a phase that is over at
    /// once is not worth a write.
    pub async fn while_slow<T>(&mut self, work: impl Future<Output = T>, after: Duration, status: &S) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(after) => {}
        }
        let (result, written) = tokio::join!(work, self.write(status));
        if let Err(error) = written {
            tracing::warn!(error = %error, "failed to write progress");
        }
        result
    }
}

/// Conflicts with other writers of the same object that are answered by reading it again.
const MAX_CONFLICTS: usize = 8;

/// Adds or removes our finalizer, and nothing else. Another writer's change in between is read and kept (K2).
///
/// # Errors
/// The API server's; a conflict when the object is another one by now, or changes all the time.
pub async fn set_finalizer<K>(
    api: &Api<K>,
    object: &K,
    manager: &str,
    present: bool,
) -> Result<K, kube::Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let mut current = object.clone();
    for _ in 0..MAX_CONFLICTS {
        match put_finalizer(api, &current, manager, present).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {
                current = api.get(&object.name_any()).await?;
                let is_other = current.meta().uid != object.meta().uid;
                if is_other || (present && current.meta().deletion_timestamp.is_some()) {
                    return Err(kube::Error::Api(status));
                }
            }
            result => return result,
        }
    }
    put_finalizer(api, &current, manager, present).await
}

async fn put_finalizer<K>(api: &Api<K>, object: &K, manager: &str, present: bool) -> Result<K, kube::Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let meta = object.meta();
    let mut finalizers = meta.finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    if present {
        finalizers.push(FINALIZER.to_owned());
    }
    let body = json!({ "metadata": {
        "finalizers": finalizers, "resourceVersion": meta.resource_version, "uid": meta.uid } });
    let params = PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
    };
    api.patch(&object.name_any(), &params, &Patch::Merge(&body)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_nobody_saw_is_no_transition() {
        let status = |message: &str, second: u8| -> KustomizationStatus {
            let time = format!("2026-01-01T00:00:0{second}Z");
            serde_json::from_value(
                json!({"conditions": [{"type": "Ready", "status": "True", "reason": "R",
                "message": message, "lastTransitionTime": time}]}),
            )
            .expect("a status")
        };
        assert_eq!(steady(&status("a", 2), &status("a", 1)), status("a", 1));
        assert_eq!(steady(&status("b", 2), &status("a", 1)), status("b", 2));
        assert_eq!(
            steady(&status("a", 2), &KustomizationStatus::default()),
            status("a", 2)
        );
    }

    #[test]
    fn a_patch_holds_only_what_changed_and_removes_what_is_gone() {
        let old = json!({"a": 1, "b": {"c": 2, "d": 3}, "list": [1, 2], "gone": true});
        let new = json!({"a": 1, "b": {"c": 2, "d": 4}, "list": [1], "new": {}});
        let patch = merge_diff(&old, &new);
        assert_eq!(
            patch,
            Some(json!({"b": {"d": 4}, "list": [1], "new": {}, "gone": null}))
        );
        assert_eq!(merge_diff(&new, &new), None);
    }
}
