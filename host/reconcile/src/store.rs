//! The shared informer of one kind: its objects in memory, kept by one list and watch.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use futures::{StreamExt, TryStreamExt};
use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use sluice_cluster::kube::core::DeserializeGuard;
use sluice_cluster::kube::runtime::WatchStreamExt;
use sluice_cluster::kube::runtime::watcher::{self, Event};
use sluice_cluster::kube::{Api, Resource, ResourceExt};
use tokio::sync::watch;

use crate::key::ObjectKey;

/// What a kind must be to be kept in a store.
pub trait Kind:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}
impl<K> Kind for K where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

/// Is told of every change of a store, in order.
pub trait Observer<K>: Send + Sync {
    /// An object appeared (`old` is none), changed, or went away (`new` is none).
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<K>>, new: Option<&Arc<K>>);
    /// An object does not fit its type; only this object is affected (K1, CVE-2022-39272).
    fn invalid(&self, key: &ObjectKey, error: &str) {
        tracing::error!(
            name = key.name,
            namespace = key.namespace,
            error,
            "object does not parse"
        );
    }
}

/// The objects of one kind.
pub struct Store<K> {
    objects: RwLock<HashMap<ObjectKey, Arc<K>>>,
    observer: OnceLock<Arc<dyn Observer<K>>>,
    synced: watch::Sender<bool>,
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        Self {
            objects: RwLock::default(),
            observer: OnceLock::new(),
            synced: watch::Sender::new(false),
        }
    }
}

impl<K: Kind> Store<K> {
    /// An object by its key.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        self.objects.read().get(key).cloned()
    }

    /// All objects, in no order.
    pub fn list(&self) -> Vec<Arc<K>> {
        self.objects.read().values().cloned().collect()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.read().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for the first complete list.
    pub async fn synced(&self) {
        let mut receiver = self.synced.subscribe();
        // the sender lives as long as this store, so that this cannot fail
        let _ = receiver.wait_for(|synced| *synced).await;
    }

    /// Nothing is listed: the kind is not served.
    pub fn skip(&self) {
        self.synced.send_replace(true);
    }

    /// Names who is told of changes; only the first call counts.
    pub fn observe(&self, observer: Arc<dyn Observer<K>>) {
        let _ = self.observer.set(observer);
    }

    /// Takes in what a write returned, so that the next reader does not see the state before it. The observer is
    /// told: the answer may hold a newer spec than the one that was read.
    pub fn learn(&self, object: K) -> Arc<K> {
        let object = Arc::new(object);
        let key = ObjectKey::of(object.as_ref());
        if let Some(old) = self.insert(key.clone(), object.clone()) {
            self.tell(&key, old.as_ref(), Some(&object));
        }
        object
    }

    fn tell(&self, key: &ObjectKey, old: Option<&Arc<K>>, new: Option<&Arc<K>>) {
        if let Some(observer) = self.observer.get() {
            observer.changed(key, old, new);
        }
    }

    /// Puts an object in unless a newer one is there; gives the object it replaced.
    fn insert(&self, key: ObjectKey, object: Arc<K>) -> Option<Option<Arc<K>>> {
        let mut objects = self.objects.write();
        if let Some(known) = objects.get(&key)
            && is_older(object.as_ref(), known.as_ref())
        {
            return None;
        }
        Some(objects.insert(key, object))
    }

    /// Lists and watches until the task is dropped.
    pub async fn run(&self, api: Api<DeserializeGuard<K>>, config: watcher::Config) {
        let mut seen: Option<HashSet<ObjectKey>> = None;
        let mut events = watcher::watcher(api, config).default_backoff().boxed();
        loop {
            match events.try_next().await {
                Ok(Some(event)) => self.handle(event, &mut seen),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(kind = %K::kind(&()), error = %error, "watch failed, trying again");
                }
            }
        }
    }

    fn handle(&self, event: Event<DeserializeGuard<K>>, seen: &mut Option<HashSet<ObjectKey>>) {
        match event {
            Event::Init => *seen = Some(HashSet::new()),
            Event::InitApply(object) => {
                if let Some(seen) = seen {
                    seen.insert(ObjectKey::of(&object));
                }
                self.apply(object);
            }
            Event::InitDone => {
                self.drop_unseen(&seen.take().unwrap_or_default());
                self.synced.send_replace(true);
            }
            Event::Apply(object) => self.apply(object),
            Event::Delete(object) => self.delete(&ObjectKey::of(&object)),
        }
    }

    fn apply(&self, object: DeserializeGuard<K>) {
        let key = ObjectKey::of(&object);
        match object.0 {
            Ok(object) => {
                let object = Arc::new(object);
                if let Some(old) = self.insert(key.clone(), object.clone()) {
                    self.tell(&key, old.as_ref(), Some(&object));
                }
            }
            Err(invalid) => {
                if let Some(observer) = self.observer.get() {
                    observer.invalid(&key, &invalid.error);
                }
            }
        }
    }

    fn delete(&self, key: &ObjectKey) {
        let old = self.objects.write().remove(key);
        if old.is_some() {
            self.tell(key, old.as_ref(), None);
        }
    }

    fn drop_unseen(&self, seen: &HashSet<ObjectKey>) {
        let gone: Vec<ObjectKey> = self
            .objects
            .read()
            .keys()
            .filter(|key| !seen.contains(key))
            .cloned()
            .collect();
        for key in gone {
            self.delete(&key);
        }
    }
}

/// Whether `new` is an earlier state than `known` of the same object. Resource versions of one object compare as
/// numbers (Kubernetes 1.35, KEP-5504); what is no number is taken as newer.
fn is_older<K: ResourceExt>(new: &K, known: &K) -> bool {
    let version = |object: &K| {
        object
            .resource_version()
            .and_then(|text| text.parse::<u64>().ok())
    };
    new.uid() == known.uid()
        && matches!((version(new), version(known)), (Some(new), Some(known)) if new < known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use sluice_cluster::k8s_openapi::api::core::v1::ConfigMap;

    #[derive(Default)]
    struct Log(Mutex<Vec<String>>);

    impl Observer<ConfigMap> for Log {
        fn changed(&self, key: &ObjectKey, old: Option<&Arc<ConfigMap>>, new: Option<&Arc<ConfigMap>>) {
            let what = match (old, new) {
                (None, _) => "new",
                (_, None) => "gone",
                _ => "changed",
            };
            self.0.lock().push(format!("{key} {what}"));
        }
    }

    fn object(name: &str, version: &str) -> DeserializeGuard<ConfigMap> {
        let mut object = ConfigMap::default();
        object.metadata.namespace = Some("ns".into());
        object.metadata.name = Some(name.into());
        object.metadata.resource_version = Some(version.into());
        DeserializeGuard(Ok(object))
    }

    #[test]
    fn a_relist_drops_what_is_gone_and_an_old_state_does_not_replace_a_newer() {
        let (store, log, mut seen) = (Store::default(), Arc::new(Log::default()), None);
        store.observe(log.clone());
        let mut handle = |event| store.handle(event, &mut seen);
        handle(Event::Init);
        handle(Event::InitApply(object("a", "5")));
        handle(Event::InitApply(object("b", "6")));
        handle(Event::InitDone);
        handle(Event::Apply(object("a", "9")));
        handle(Event::Apply(object("a", "7")));
        handle(Event::Init);
        handle(Event::InitApply(object("a", "9")));
        handle(Event::InitDone);
        assert_eq!(
            *log.0.lock(),
            [
                "ns/a new",
                "ns/b new",
                "ns/a changed",
                "ns/a changed",
                "ns/b gone"
            ]
        );
        let kept = store.get(&ObjectKey::new("ns", "a")).expect("kept");
        assert_eq!(kept.resource_version().as_deref(), Some("9"));
    }
}
