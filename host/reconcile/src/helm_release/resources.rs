//! The objects of a release in their cluster: server-side apply with Helm's ownership metadata, deletion of what is still
//! the release's, and the waits between.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_apply::{Action, ApplyOptions, IgnoreRules, Intent, IntentError, Owner, Protected, apply};
use sluice_cluster::{ClusterError, DeleteOptions, Propagation};
use sluice_health::{CustomRules, verdict};
use sluice_model::{Inventory, Object, ObjectId};
use sluice_release::{Deletion, ResourceError, Resources};

use super::inventory::settle;
use super::render::HOOK;
use super::spec::Identity;
use super::wait::Waits;
use super::{GROUP, MANAGER};
use crate::key::ObjectKey;

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const HELM: &str = "Helm";
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// Field manager of the helm command, whose fields are taken over with its releases.
const HELM_MANAGER: &str = "helm";

/// The objects of one release, with the tenant's identity.
pub(super) struct ReleaseResources {
    pub(super) waits: Waits,
    pub(super) identity: Identity,
    pub(super) key: ObjectKey,
    pub(super) rules: Arc<dyn CustomRules>,
    pub(super) protected: Protected,
    /// Fields that are left as they are.
    pub(super) ignore: IgnoreRules,
    /// Objects of others may be taken over.
    pub(super) take_ownership: bool,
    /// Objects whose immutable fields change are made anew.
    pub(super) force: bool,
    pub(super) concurrency: usize,
    pub(super) override_managers: Vec<String>,
}

/// The record of a release is written before its objects: it is the intent.
struct Recorded;

#[async_trait]
impl Intent for Recorded {
    async fn record(&self, _: &Inventory) -> Result<(), IntentError> {
        Ok(())
    }
}

/// Sets what marks an object of a release.
fn mark(object: &mut Object, identity: &Identity) {
    object.set_label(MANAGED_BY, HELM);
    object.set_annotation(RELEASE_NAME, &identity.name);
    object.set_annotation(RELEASE_NAMESPACE, &identity.namespace);
}

/// What is missing in an object for it to be the release's, in Helm's words.
fn foreign(live: &Object, identity: &Identity) -> Option<String> {
    let check = |what: &str, key: &str, is: Option<&str>, wanted: &str| match is {
        Some(is) if is == wanted => None,
        Some(is) => Some(format!(
            "{what} validation error: key {key:?} must equal {wanted:?}: current value is {is:?}"
        )),
        None => Some(format!(
            "{what} validation error: missing key {key:?}: must be set to {wanted:?}"
        )),
    };
    let annotation = |key: &str| live.annotation(key);
    let errors: Vec<String> = [
        check("label", MANAGED_BY, live.label(MANAGED_BY), HELM),
        check(
            "annotation",
            RELEASE_NAME,
            annotation(RELEASE_NAME),
            &identity.name,
        ),
        check(
            "annotation",
            RELEASE_NAMESPACE,
            annotation(RELEASE_NAMESPACE),
            &identity.namespace,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

/// A chart may name an object twice, and Helm applies the one over the other: the last one stands.
fn without_repeats(objects: Vec<Object>) -> Vec<Object> {
    let last: HashMap<ObjectId, usize> = objects.iter().map(Object::id).zip(0..).collect();
    let kept = objects.into_iter().enumerate();
    let kept = kept.filter(|(at, object)| last.get(&object.id()) == Some(at));
    kept.map(|(_, object)| object).collect()
}

/// The options of every apply of the objects of a release.
pub(super) fn options(key: &ObjectKey, identity: &Identity) -> ApplyOptions {
    let owner = Owner {
        group_prefix: GROUP.into(),
        name: key.name.clone(),
        namespace: key.namespace.clone(),
    };
    let mut options = ApplyOptions::new(MANAGER, owner, verdict);
    options.override_managers = vec![HELM_MANAGER.into()];
    options.default_namespace = Some(identity.namespace.clone());
    options
}

/// The objects as they are applied: hooks are not part of the release and carry no mark of it.
pub(super) fn marked(objects: &[Object], identity: &Identity) -> Vec<Object> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        if object.annotation(HOOK).is_none() {
            mark(object, identity);
        }
    }
    objects
}

impl ReleaseResources {
    /// The options of every apply.
    pub(super) fn options(&self) -> ApplyOptions {
        let mut options = options(&self.key, &self.identity);
        options.force = self.force;
        options.concurrency = self.concurrency;
        options
            .override_managers
            .extend(self.override_managers.iter().cloned());
        options.protected = self.protected.clone();
        options.ignore = self.ignore.clone();
        options
    }

    /// The objects as they are applied: hooks are not part of the release and carry no mark of it.
    pub(super) fn marked(&self, objects: &[Object]) -> Vec<Object> {
        marked(objects, &self.identity)
    }

    async fn settled(&self, objects: &[Object]) -> Vec<Object> {
        let mut objects = objects.to_vec();
        for object in &mut objects {
            settle(&self.waits.place.cluster, object, &self.identity.namespace).await;
        }
        objects
    }

    async fn refuses_takeover(&self, object: &Object) -> Option<String> {
        match self.waits.place.cluster.get_metadata(&object.id(), object.version()).await {
            Ok(live) => foreign(&live, &self.identity).map(|why| {
                format!(
                    "{} exists and cannot be imported into the current release: invalid ownership metadata; {why}",
                    object.id().subject()
                )
            }),
            Err(error) if error.is_absent() => None,
            Err(error) => Some(format!(
                "could not get information about the resource {}: {error}",
                object.id().subject()
            )),
        }
    }

    async fn remove(&self, object: &Object, how: Deletion) -> Result<(), String> {
        let id = object.id();
        let failed = |error: ClusterError| format!("{} delete failed: {error}", id.subject());
        if let Some(reason) = self.protected.refuses(&id) {
            return Err(format!("{} is protected: {reason}", id.subject()));
        }
        let cluster = &self.waits.place.cluster;
        let live = match cluster.get_metadata(&id, object.version()).await {
            Ok(live) => live,
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if object.annotation(HOOK).is_none() && foreign(&live, &self.identity).is_some() {
            tracing::warn!(
                object = id.subject(),
                "is not deleted: it belongs to another release"
            );
            return Ok(());
        }
        let uid = live
            .metadata()
            .and_then(|it| it.get("uid")?.as_str().map(ToOwned::to_owned));
        let options = DeleteOptions {
            propagation: match how {
                Deletion::Background => Propagation::Background,
                Deletion::Foreground => Propagation::Foreground,
                Deletion::Orphan => Propagation::Orphan,
            },
            uid,
            resource_version: None,
        };
        match cluster.delete(&id, object.version(), &options).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_absent() => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Applies objects as they are given, and tells which did not exist before.
    async fn apply_all(&self, objects: Vec<Object>) -> (Vec<ObjectId>, Result<(), ResourceError>) {
        let options = self.options();
        let (changes, result) = match apply(&self.waits.place.cluster, objects, &options, &Recorded).await {
            Ok(applied) => (applied.changes, Ok(())),
            Err(error) => {
                let text = error.message();
                (error.changes, Err(ResourceError(text)))
            }
        };
        let created = changes
            .changes
            .into_iter()
            .filter(|change| change.action == Action::Created);
        (created.map(|change| change.id).collect(), result)
    }
}

#[async_trait]
impl Resources for ReleaseResources {
    async fn admit(&self, objects: &[Object]) -> Result<(), ResourceError> {
        if self.take_ownership {
            return Ok(());
        }
        let mut errors = Vec::new();
        for object in self.settled(objects).await {
            errors.extend(self.refuses_takeover(&object).await);
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(ResourceError(format!(
            "unable to continue: {}",
            errors.join("\n")
        )))
    }

    async fn apply(&self, objects: &[Object]) -> (Vec<Object>, Result<(), ResourceError>) {
        let marked = without_repeats(self.settled(&self.marked(objects)).await);
        let (ids, result) = self.apply_all(marked.clone()).await;
        let created = marked.into_iter().filter(|object| ids.contains(&object.id()));
        (created.collect(), result)
    }

    async fn delete(&self, objects: &[Object], how: Deletion) -> Result<(), ResourceError> {
        let mut errors = Vec::new();
        // what was applied last may need what was applied first
        for object in self.settled(objects).await.iter().rev() {
            errors.extend(self.remove(object, how).await.err());
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(ResourceError(errors.join("\n")))
    }

    async fn wait(&self, objects: &[Object], jobs: bool, timeout: Duration) -> Result<(), ResourceError> {
        let objects = self.settled(objects).await;
        self.waits
            .health(&objects, jobs, timeout, self.rules.clone())
            .await
    }

    async fn finish(&self, object: &Object, timeout: Duration) -> Result<(), ResourceError> {
        for object in self.settled(std::slice::from_ref(object)).await {
            self.waits.end(&object, timeout).await?;
        }
        Ok(())
    }

    async fn wait_gone(&self, objects: &[Object], timeout: Duration) -> Result<(), ResourceError> {
        let objects = self.settled(objects).await;
        self.waits.gone(&objects, timeout).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn identity() -> Identity {
        Identity {
            name: "web".into(),
            namespace: "prod".into(),
            storage: "prod".into(),
        }
    }

    #[test]
    fn an_object_is_the_releases_by_helms_metadata() {
        let mut object = Object::from_value(json!({"kind": "A", "metadata": {"name": "a"}})).expect("a map");
        let missing = foreign(&object, &identity()).expect("not the release's");
        assert!(
            missing.contains("missing key \"meta.helm.sh/release-name\": must be set to \"web\""),
            "{missing}"
        );
        mark(&mut object, &identity());
        assert_eq!(foreign(&object, &identity()), None);
        object.set_annotation(RELEASE_NAME, "other");
        let other = foreign(&object, &identity()).expect("another's");
        assert!(
            other.contains("must equal \"web\": current value is \"other\""),
            "{other}"
        );
    }
}
