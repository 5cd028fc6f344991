//! The full watch of a kind of which many objects are awaited: one stream instead of many reads.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt as _;
use kube::Api;
use kube::core::DynamicObject;
use kube::runtime::watcher::{self, watcher};
use parking_lot::Mutex;
use sluice_model::{Object, ObjectId};
use tokio::task::AbortHandle;

use super::fingerprint::version;
use super::kind::{Key, Kind};
use super::watch::{self, Pause};
use crate::client::Cluster;

/// From this many awaited objects of a kind on, they are watched in full.
pub(super) const START: usize = 32;
/// Down to this many the full watch is kept.
pub(super) const STOP: usize = 8;

type Objects = Mutex<HashMap<Key, (u64, Arc<Object>)>>;

/// Awaited objects as the full watch saw them last. Dropping it ends the watch.
pub(super) struct Full {
    objects: Arc<Objects>,
    task: AbortHandle,
}

impl Drop for Full {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Full {
    pub(super) fn start(cluster: Cluster, kind: Arc<Mutex<Kind>>, version: String) -> Self {
        let objects = Arc::<Objects>::default();
        let task = tokio::spawn(run(cluster, kind, version, objects.clone())).abort_handle();
        Self { objects, task }
    }

    /// The object, when a version at least as new as asked for was seen.
    pub(super) fn get(&self, id: &ObjectId, at_least: u64) -> Option<Arc<Object>> {
        let key: Key = (id.namespace.as_str().into(), id.name.as_str().into());
        let objects = self.objects.lock();
        objects
            .get(&key)
            .filter(|(seen, _)| *seen >= at_least.max(1))
            .map(|(_, object)| object.clone())
    }
}

async fn run(cluster: Cluster, kind: Arc<Mutex<Kind>>, version: String, objects: Arc<Objects>) {
    let (group, name) = {
        let kind = kind.lock();
        (kind.group.clone(), kind.kind.clone())
    };
    let mut pause = Pause::default();
    loop {
        if let Ok(resource) = watch::resolve(&cluster, &group, &version, &name).await {
            let api = Api::<DynamicObject>::all_with(cluster.client(), &resource.api_resource());
            let mut events = std::pin::pin!(watcher(api, watcher::Config::default()));
            while let Some(event) = events.next().await {
                match event {
                    Ok(event) => {
                        pause.reset();
                        take(&kind, &objects, event);
                    }
                    Err(error) => {
                        lose(&kind, &objects);
                        if watch::ended(error).is_some() {
                            break;
                        }
                        tokio::time::sleep(pause.next()).await;
                    }
                }
            }
        }
        tokio::time::sleep(pause.next()).await;
    }
}

/// Without the full watch the metadata watch tells again; what it kept quiet about meanwhile is looked at once.
fn lose(kind: &Mutex<Kind>, objects: &Objects) {
    objects.lock().clear();
    let mut kind = kind.lock();
    if std::mem::take(&mut kind.full) {
        kind.look_again();
    }
}

fn take(kind: &Mutex<Kind>, objects: &Objects, event: watcher::Event<DynamicObject>) {
    match event {
        watcher::Event::Init => objects.lock().clear(),
        watcher::Event::InitApply(object) | watcher::Event::Apply(object) => keep(kind, objects, object),
        watcher::Event::InitDone => kind.lock().full = true,
        watcher::Event::Delete(object) => {
            objects.lock().remove(&key(&object));
        }
    }
}

fn keep(kind: &Mutex<Kind>, objects: &Objects, mut object: DynamicObject) {
    let key = key(&object);
    let mut kind = kind.lock();
    if !kind.is_awaited(&key) {
        objects.lock().remove(&key);
        return;
    }
    object.metadata.managed_fields = None;
    let seen = version(object.metadata.resource_version.as_deref().unwrap_or_default());
    let Some(value) = serde_json::to_value(object).ok().and_then(Object::from_value) else {
        return;
    };
    objects.lock().insert(key.clone(), (seen, Arc::new(value)));
    kind.changed(&key, seen);
}

fn key(object: &DynamicObject) -> Key {
    let metadata = &object.metadata;
    (
        metadata.namespace.as_deref().unwrap_or_default().into(),
        metadata.name.as_deref().unwrap_or_default().into(),
    )
}
