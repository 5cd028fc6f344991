//! Watches the metadata of Secrets: who refers to one that changed becomes due.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use sluice_cluster::k8s_openapi::api::core::v1::Secret;
use sluice_cluster::kube::core::PartialObjectMeta;
use sluice_cluster::kube::runtime::WatchStreamExt;
use sluice_cluster::kube::runtime::watcher::{self, Event};
use sluice_cluster::kube::{Api, ResourceExt};

use crate::engine::Engine;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::queue::Reason;

/// The versions of what was seen; what the first list holds is not news.
#[derive(Default)]
struct Versions {
    known: HashMap<ObjectKey, String>,
    listed: Option<HashMap<ObjectKey, String>>,
    is_complete: bool,
}

impl Versions {
    /// The objects that an event says changed.
    fn learn(&mut self, event: Event<PartialObjectMeta<Secret>>) -> Vec<ObjectKey> {
        match event {
            Event::Init => {
                self.listed = Some(HashMap::new());
                Vec::new()
            }
            Event::InitApply(object) => {
                if let Some(listed) = &mut self.listed {
                    listed.insert(ObjectKey::of(&object), version(&object));
                }
                Vec::new()
            }
            Event::InitDone => self.replace(),
            Event::Apply(object) => {
                let (key, version) = (ObjectKey::of(&object), version(&object));
                let old = self.known.insert(key.clone(), version.clone());
                if old.as_ref() == Some(&version) {
                    Vec::new()
                } else {
                    vec![key]
                }
            }
            Event::Delete(object) => {
                let key = ObjectKey::of(&object);
                self.known.remove(&key);
                vec![key]
            }
        }
    }

    fn replace(&mut self) -> Vec<ObjectKey> {
        let listed = self.listed.take().unwrap_or_default();
        let before = std::mem::replace(&mut self.known, listed);
        if !std::mem::replace(&mut self.is_complete, true) {
            return Vec::new();
        }
        let mut changed: Vec<ObjectKey> = before
            .keys()
            .chain(self.known.keys())
            .filter(|key| before.get(key) != self.known.get(key))
            .cloned()
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }
}

fn version(object: &PartialObjectMeta<Secret>) -> String {
    object.resource_version().unwrap_or_default()
}

/// Watches until the task is dropped.
pub(crate) async fn watch_secrets(engine: Arc<Engine>) {
    let client = engine.cluster.client();
    let api: Api<PartialObjectMeta<Secret>> = match &engine.options.watch_namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let mut events = watcher::watcher(api, watcher::Config::default())
        .default_backoff()
        .boxed();
    let mut versions = Versions::default();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => versions.learn(event).iter().for_each(|key| wake(&engine, key)),
            Ok(None) => return,
            Err(error) => tracing::warn!(error = %error, "watch of Secrets failed, trying again"),
        }
    }
}

fn wake(engine: &Engine, key: &ObjectKey) {
    for user in engine.references.users(&Target::new("Secret", key.clone())) {
        engine.queues.kustomizations.add(user, Reason::Reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_cluster::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use sluice_cluster::kube::core::PartialObjectMetaExt as _;

    fn secret(name: &str, version: &str) -> PartialObjectMeta<Secret> {
        ObjectMeta {
            namespace: Some("a".into()),
            name: Some(name.into()),
            resource_version: Some(version.into()),
            ..ObjectMeta::default()
        }
        .into_response_partial()
    }

    #[test]
    fn only_changes_after_the_first_list_are_news() {
        let mut versions = Versions::default();
        let mut names = |event| {
            let changed = versions.learn(event);
            changed.into_iter().map(|key| key.name).collect::<Vec<_>>()
        };
        for event in [
            Event::Init,
            Event::InitApply(secret("x", "1")),
            Event::InitApply(secret("y", "2")),
        ] {
            assert!(names(event).is_empty());
        }
        assert!(names(Event::InitDone).is_empty());
        assert!(names(Event::Apply(secret("x", "1"))).is_empty());
        assert_eq!(names(Event::Apply(secret("x", "3"))), ["x"]);
        assert_eq!(names(Event::Apply(secret("new", "4"))), ["new"]);
        assert_eq!(names(Event::Delete(secret("new", "5"))), ["new"]);
        // the watch broke: the next list tells what was missed
        for event in [
            Event::Init,
            Event::InitApply(secret("x", "6")),
            Event::InitApply(secret("z", "7")),
        ] {
            assert!(names(event).is_empty());
        }
        assert_eq!(names(Event::InitDone), ["x", "y", "z"]);
    }
}
