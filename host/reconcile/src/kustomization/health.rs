//! Waiting for the health of applied objects without parking a worker: the wait is a value that a later pass looks
//! at again when a watch says that something moved.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sluice_api::Kustomization;
use sluice_apply::Change;
use sluice_cluster::kube::ResourceExt as _;
use sluice_health::{HealthError, HealthWatch, Summary, Target};
use sluice_model::{Digest, ObjectId};
use tokio::task::AbortHandle;

use super::tell::Revisions;
use crate::key::ObjectKey;
use crate::queue::{Queue, Reason};

/// What a pass applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Revision of the source.
    pub revision: String,
    /// Revision of the source's own origin, where it tells one.
    pub origin_revision: Option<String>,
    /// Generation of the spec.
    pub generation: i64,
    /// Digest of the final objects.
    pub digest: Digest,
    /// Whether the pass changed the cluster.
    pub changed: bool,
    /// Whether its objects were healthy before.
    pub was_healthy: bool,
    /// Whether another revision was applied before.
    pub is_new_revision: bool,
}

impl Attempt {
    /// Whether a passed check is worth an event: after one that did not pass, or for what a new revision changed.
    pub fn tells_of_health(&self) -> bool {
        !self.was_healthy || (self.is_new_revision && self.changed)
    }
}

impl Attempt {
    /// For events.
    pub fn revisions(&self) -> Revisions {
        Revisions {
            revision: self.revision.clone(),
            origin: self.origin_revision.clone(),
        }
    }
}

/// A Kustomization whose objects are applied and not yet known to be healthy.
pub struct Waiting {
    /// What was applied.
    pub attempt: Attempt,
    /// When the pass began.
    pub started: Instant,
    latest: Arc<Mutex<Arc<Summary>>>,
    deadline: tokio::time::Instant,
    fail_fast: bool,
    waker: AbortHandle,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waker.abort();
    }
}

impl Waiting {
    /// Starts to wait: the object becomes due when the health of its objects is decided (with
    /// `fail_fast` by the first that failed), and at the deadline.
    pub fn start(
        watch: HealthWatch,
        (attempt, started): (Attempt, Instant),
        (timeout, fail_fast): (Duration, bool),
        (queue, key): (Arc<Queue>, ObjectKey),
    ) -> Self {
        let latest = Arc::new(Mutex::new(watch.summary()));
        let deadline = tokio::time::Instant::now() + timeout;
        let until = (deadline, fail_fast);
        let waker = tokio::spawn(wake(watch, latest.clone(), until, (queue, key))).abort_handle();
        Self {
            attempt,
            started,
            latest,
            deadline,
            fail_fast,
            waker,
        }
    }

    /// What the wait came to; none while it goes on.
    pub fn outcome(&self) -> Option<Result<(), HealthError>> {
        let summary = self.latest.lock().clone();
        let over = || (tokio::time::Instant::now() >= self.deadline).then(|| Err(summary.timeout()));
        summary.outcome(self.fail_fast).or_else(over)
    }
}

async fn wake(
    mut watch: HealthWatch,
    latest: Arc<Mutex<Arc<Summary>>>,
    (deadline, fail_fast): (tokio::time::Instant, bool),
    (queue, key): (Arc<Queue>, ObjectKey),
) {
    loop {
        tokio::select! {
            summary = watch.changed() => {
                let decided = summary.outcome(fail_fast).is_some();
                *latest.lock() = summary;
                if decided {
                    queue.add(key.clone(), Reason::Health);
                }
            }
            () = tokio::time::sleep_until(deadline) => {
                queue.add(key, Reason::Health);
                return;
            }
        }
    }
}

/// Whether the spec asks for health at all.
pub fn is_asked_for(object: &Kustomization) -> bool {
    object.spec.wait == Some(true) || !object.spec.health_checks.is_empty()
}

/// The objects whose health counts: all applied ones with `wait`, else those of `healthChecks`; none when there are
/// none. The Kustomization itself is never waited for, nor is what was skipped.
pub fn targets(object: &Kustomization, applied: &[Change]) -> Option<Vec<Target>> {
    let own = ObjectId {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        group: super::GROUP.into(),
        kind: "Kustomization".into(),
    };
    let targets: Vec<Target> = if object.spec.wait == Some(true) {
        applied.iter().filter_map(applied_target).collect()
    } else {
        object.spec.health_checks.iter().map(named_target).collect()
    };
    let is_any = !targets.is_empty();
    is_any.then(|| targets.into_iter().filter(|target| target.id != own).collect())
}

fn applied_target(change: &Change) -> Option<Target> {
    if change.action == sluice_apply::Action::Skipped {
        return None;
    }
    let seen = change.fingerprint.zip(change.verdict.clone());
    Some(Target {
        id: change.id.clone(),
        version: change.version.clone(),
        seen,
        expires: change.expires,
    })
}

fn named_target(check: &sluice_api::reference::NamespacedObjectKindReference) -> Target {
    let api_version = check
        .api_version
        .as_deref()
        .filter(|text| !text.is_empty())
        .unwrap_or("apps/v1");
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let id = ObjectId {
        namespace: check.namespace.clone().unwrap_or_default(),
        name: check.name.clone(),
        group: group.to_owned(),
        kind: check.kind.clone(),
    };
    Target::new(id, version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A Kustomization with `wait`.
    fn waiting() -> Kustomization {
        serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "app", "namespace": "ns"},
            "spec": {"interval": "1m", "prune": true, "wait": true,
                "sourceRef": {"kind": "GitRepository", "name": "r"}}
        }))
        .expect("a Kustomization")
    }

    #[test]
    fn health_checks_default_to_apps_and_never_name_the_object_itself() {
        let object: Kustomization = serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "app", "namespace": "ns"},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "r"},
                "healthChecks": [
                    {"kind": "Deployment", "name": "web", "namespace": "prod"},
                    {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "app", "namespace": "ns"}
                ]}
        }))
        .expect("a Kustomization");
        assert!(is_asked_for(&object));
        let ids: Vec<String> = targets(&object, &[])
            .expect("some")
            .into_iter()
            .map(|target| target.id.to_string())
            .collect();
        assert_eq!(ids, ["prod_web_apps_Deployment"]);
    }

    /// Section 7, item 19: the event of a passed check comes after a failure, for the first check, and for what a new
    /// revision changed; a corrected drift or an unchanged revision tells nothing.
    #[test]
    fn a_passed_check_is_told_once() {
        let tells = |was_healthy, is_new_revision, changed| {
            Attempt {
                revision: "main@sha1:1".into(),
                origin_revision: None,
                generation: 1,
                digest: Digest::of(b""),
                changed,
                was_healthy,
                is_new_revision,
            }
            .tells_of_health()
        };
        assert!(tells(false, false, false));
        assert!(tells(true, true, true));
        assert!(!tells(true, true, false));
        assert!(!tells(true, false, true));
    }

    /// Section 7, item 20 (Flux's `WaitIgnoresSkipped`): what an annotation keeps from being applied is not waited for.
    #[test]
    fn skipped_objects_are_not_waited_for() {
        let object = waiting();
        let change = |name: &str, action| Change {
            id: ObjectId {
                namespace: "ns".into(),
                name: name.into(),
                group: String::new(),
                kind: "ConfigMap".into(),
            },
            version: "v1".into(),
            action,
            fingerprint: None,
            verdict: None,
            expires: false,
            taken_from: None,
        };
        let applied = [
            change("skipped", sluice_apply::Action::Skipped),
            change("waited-for", sluice_apply::Action::Unchanged),
        ];
        let names: Vec<String> = targets(&object, &applied)
            .expect("one")
            .into_iter()
            .map(|target| target.id.name)
            .collect();
        assert_eq!(names, ["waited-for"]);
        assert!(targets(&object, &applied[..1]).is_none());
    }

    /// With nothing applied there is nothing to check, and no condition that says so.
    #[test]
    fn an_empty_set_is_not_checked() {
        let object = waiting();
        assert!(is_asked_for(&object) && targets(&object, &[]).is_none());
    }
}
