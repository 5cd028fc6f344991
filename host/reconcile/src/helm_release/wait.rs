//! The waits of an action, fed by watches: for health, for the end of a hook, for what was deleted to be gone. A newer
//! request ends a wait for health.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sluice_cluster::{Interest, Tracked};
use sluice_health::{CustomRules, HealthWatch, Target};
use sluice_model::{Health, Object, ObjectId, Verdict};
use sluice_release::ResourceError;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::tenant::Place;

/// What asked for the end of a wait; none as long as nothing did.
pub(super) type Trigger = Option<String>;

/// Waits for things in one place.
pub(super) struct Waits {
    pub(super) place: Place,
    /// Names the watches in logs.
    pub(super) owner: String,
    pub(super) cancel: watch::Receiver<Trigger>,
}

/// A hook has ended when its Pod has.
struct HookRules;

impl CustomRules for HookRules {
    fn cover(&self, group: &str, kind: &str) -> bool {
        group.is_empty() && kind == "Pod"
    }

    fn verdict(&self, object: &Object) -> Option<Verdict> {
        if !self.cover(object.group(), object.kind()) {
            return None;
        }
        let phase = object.0.get("status").and_then(|status| status["phase"].as_str());
        Some(match phase {
            Some("Succeeded") => Verdict::new(Health::Current, "Pod has completed successfully"),
            Some("Failed") => Verdict::new(Health::Failed, "Pod has failed"),
            _ => Verdict::new(Health::InProgress, "Pod has not ended"),
        })
    }
}

fn is_kind(object: &Object, group: &str, kind: &str) -> bool {
    object.group() == group && object.kind() == kind
}

/// Whether the health of an object is waited for: not of what is paused, and of Jobs only when that is asked for.
fn is_awaited(object: &Object, jobs: bool) -> bool {
    let is_paused = || {
        object
            .0
            .get("spec")
            .is_some_and(|spec| spec["paused"] == Value::Bool(true))
    };
    let is_paused = is_kind(object, "apps", "Deployment") && is_paused();
    !is_paused && (jobs || !is_kind(object, "batch", "Job"))
}

impl Waits {
    /// Waits until objects are healthy.
    pub(super) async fn health(
        &self,
        objects: &[Object],
        jobs: bool,
        timeout: Duration,
        rules: Arc<dyn CustomRules>,
    ) -> Result<(), ResourceError> {
        let awaited = objects.iter().filter(|object| is_awaited(object, jobs));
        let targets: Vec<Target> = awaited
            .map(|object| Target::new(object.id(), object.version()))
            .collect();
        if targets.is_empty() {
            return Ok(());
        }
        let mut cancel = self.cancel.clone();
        tokio::select! {
            healthy = self.follow(targets, timeout, rules) => healthy,
            trigger = canceled(&mut cancel) => Err(ResourceError(format!("wait canceled: new reconciliation triggered by {trigger}"))),
        }
    }

    /// Waits until a Job or a Pod has run to its end; anything else has when it exists.
    pub(super) async fn end(&self, object: &Object, timeout: Duration) -> Result<(), ResourceError> {
        if !is_kind(object, "batch", "Job") && !is_kind(object, "", "Pod") {
            return Ok(());
        }
        let target = Target::new(object.id(), object.version());
        self.follow(vec![target], timeout, Arc::new(HookRules)).await
    }

    async fn follow(
        &self,
        targets: Vec<Target>,
        timeout: Duration,
        rules: Arc<dyn CustomRules>,
    ) -> Result<(), ResourceError> {
        let Place { cluster, hub, .. } = &self.place;
        let mut watch = HealthWatch::start_with(cluster, hub, &self.owner, targets, rules);
        match tokio::time::timeout(timeout, watch.settled(true)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ResourceError(error.to_string())),
            Err(_) => Err(ResourceError(watch.summary().timeout().to_string())),
        }
    }

    /// Waits until objects, named as the server names them, are gone.
    pub(super) async fn gone(&self, objects: &[Object], timeout: Duration) -> Result<(), ResourceError> {
        let deadline = Instant::now() + timeout;
        let mut left: Vec<(ObjectId, String)> = objects
            .iter()
            .map(|object| (object.id(), object.version().to_owned()))
            .collect();
        let tracked = left.iter().map(|(id, version)| Tracked {
            id: id.clone(),
            version: version.clone(),
            expected: None,
        });
        let watch = self
            .place
            .hub
            .track(self.owner.clone(), Interest::Any, "", tracked.collect());
        loop {
            let mut still = Vec::new();
            for (id, version) in left {
                if !self.is_absent(&id, &version).await {
                    still.push((id, version));
                }
            }
            left = still;
            if left.is_empty() {
                return Ok(());
            }
            if tokio::time::timeout_at(deadline, watch.changes()).await.is_err() {
                let names: Vec<String> = left.iter().map(|(id, _)| id.subject()).collect();
                return Err(ResourceError(format!(
                    "timeout waiting for deletion of: [{}]",
                    names.join(", ")
                )));
            }
        }
    }

    async fn is_absent(&self, id: &ObjectId, version: &str) -> bool {
        let found = self.place.cluster.get_metadata(id, version).await;
        found.is_err_and(|error| error.is_absent())
    }
}

/// Waits until something asks for the end, and gives its words.
async fn canceled(cancel: &mut watch::Receiver<Trigger>) -> String {
    if cancel.wait_for(Option::is_some).await.is_err() {
        // nobody is left who could ask
        std::future::pending::<()>().await;
    }
    cancel.borrow().clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_of_a_pod_is_its_own_and_a_job_is_judged_as_ever() {
        let object = |value: Value| Object::from_value(value).expect("a map");
        let pod = |phase: &str| {
            let pod = object(json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": phase}}));
            HookRules.verdict(&pod).map(|verdict| verdict.health)
        };
        assert_eq!(pod("Succeeded"), Some(Health::Current));
        assert_eq!(
            (pod("Failed"), pod("Running")),
            (Some(Health::Failed), Some(Health::InProgress))
        );
        assert_eq!(
            HookRules.verdict(&object(json!({"apiVersion": "batch/v1", "kind": "Job"}))),
            None
        );
    }

    #[test]
    fn paused_deployments_and_unasked_jobs_are_not_waited_for() {
        let object = |value: Value| Object::from_value(value).expect("a map");
        let job = object(json!({"apiVersion": "batch/v1", "kind": "Job"}));
        assert!(is_awaited(&job, true) && !is_awaited(&job, false));
        let paused = object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"paused": true}}));
        assert!(!is_awaited(&paused, true));
        assert!(is_awaited(
            &object(json!({"apiVersion": "apps/v1", "kind": "Deployment"})),
            false
        ));
    }
}
