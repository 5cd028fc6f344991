//! The watch hub: one metadata watch for each kind of which someone tracks an object, as signals to the owners.
//!
//! Owners track objects under an [`Interest`] and take coalesced [`Change`]s from their [`Subscription`]. The first
//! tracked object of a kind starts its watch, the last one ends it. The hub watches with the cluster's own identity
//! and hands out signals only; objects are read with the owner's identity ([`Hub::read`]).

mod damper;
pub mod fingerprint;
mod full;
mod kind;
mod mailbox;
mod selection;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use parking_lot::Mutex;
use serde_json::Value;
use sluice_model::{Object, ObjectId};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use crate::client::Cluster;
use crate::error::ClusterError;
use fingerprint::Fingerprint;
use full::Full;
use kind::{Key, Kind, Tracking};
use mailbox::Mailbox;
pub use mailbox::{Change, Interest, Signal};
pub use selection::Selection;

const VERIFYING: usize = 4;

/// An object to track.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// Which object.
    pub id: ObjectId,
    /// Version of its API; any served version of the kind will do.
    pub version: String,
    /// What the owner saw or wrote last: nothing up to that version is told. Without it, the state that the watch
    /// finds first is told ([`Interest::Any`]) or taken as right ([`Interest::Drift`]).
    pub expected: Option<Fingerprint>,
}

/// Group and kind.
type Name = (String, String);

struct Watch {
    kind: Arc<Mutex<Kind>>,
    version: String,
    full: Option<Full>,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Inner {
    cluster: Cluster,
    watches: Mutex<HashMap<Name, Watch>>,
    verifying: Arc<Semaphore>,
}

/// The watch hub of one cluster. Cloning is cheap; it lives within a tokio runtime.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

impl Hub {
    /// A hub that watches with this identity.
    pub fn new(cluster: Cluster) -> Self {
        let verifying = Arc::new(Semaphore::new(VERIFYING));
        Self {
            inner: Arc::new(Inner {
                cluster,
                watches: Mutex::default(),
                verifying,
            }),
        }
    }

    /// Tracks objects for an owner until the subscription is dropped. `manager` is the field manager with which the
    /// owner applies; `owner` names it in logs.
    pub fn track(
        &self,
        owner: impl Into<String>,
        interest: Interest,
        manager: &str,
        objects: Vec<Tracked>,
    ) -> Subscription {
        let mailbox = Mailbox::new(owner.into(), interest, manager.to_owned());
        let subscription = Subscription {
            hub: self.clone(),
            mailbox,
            tracked: Mutex::default(),
        };
        subscription.replace(objects);
        subscription
    }

    /// Watches what a label selector finds in a namespace.
    pub fn select(&self, group: &str, kind: &str, namespace: &str, selector: &str) -> Selection {
        Selection::start(self.inner.cluster.clone(), group, kind, namespace, selector)
    }

    /// Reads an object in full with the owner's identity. Where many objects of its kind are awaited and the owner is
    /// the hub's identity, the answer may come from the full watch, at least as new as `at_least`.
    ///
    /// # Errors
    /// As [`Cluster::get`].
    pub async fn read(
        &self,
        owner: &Cluster,
        id: &ObjectId,
        version: &str,
        at_least: u64,
    ) -> Result<Arc<Object>, ClusterError> {
        if owner.identity() == self.inner.cluster.identity()
            && let Some(object) = self.cached(id, at_least)
        {
            return Ok(object);
        }
        owner.get(id, version).await.map(Arc::new)
    }

    fn cached(&self, id: &ObjectId, at_least: u64) -> Option<Arc<Object>> {
        let watches = self.inner.watches.lock();
        watches.get(&name_of(id))?.full.as_ref()?.get(id, at_least)
    }

    /// Whether both are clones of one hub.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// How many kinds are watched now.
    pub fn watched_kinds(&self) -> usize {
        self.inner.watches.lock().len()
    }

    fn add(&self, mailbox: &Arc<Mailbox>, object: &Tracked) {
        let mut watches = self.inner.watches.lock();
        let watch = watches
            .entry(name_of(&object.id))
            .or_insert_with(|| self.start(object));
        let tracking = {
            let mut kind = watch.kind.lock();
            kind.track(key_of(&object.id), mailbox, object.expected)
        };
        self.adjust(watch);
        let kind = watch.kind.clone();
        drop(watches);
        if tracking == Tracking::Verify {
            self.verify(kind, object.id.clone(), object.version.clone());
        }
    }

    fn start(&self, object: &Tracked) -> Watch {
        let kind = Arc::new(Mutex::new(Kind::new(&object.id.group, &object.id.kind)));
        let run = watch::run(self.inner.cluster.clone(), kind.clone(), object.version.clone());
        Watch {
            kind,
            version: object.version.clone(),
            full: None,
            task: tokio::spawn(run).abort_handle(),
        }
    }

    /// Starts or ends the full watch of a kind as its awaited objects grow or shrink.
    fn adjust(&self, watch: &mut Watch) {
        let awaited = watch.kind.lock().awaited();
        if watch.full.is_none() && awaited >= full::START {
            watch.full = Some(Full::start(
                self.inner.cluster.clone(),
                watch.kind.clone(),
                watch.version.clone(),
            ));
        } else if watch.full.is_some() && awaited <= full::STOP {
            watch.full = None;
            let mut kind = watch.kind.lock();
            kind.full = false;
            kind.look_again();
        }
    }

    fn remove(&self, mailbox: &Arc<Mailbox>, id: &ObjectId) {
        let mut watches = self.inner.watches.lock();
        let name = name_of(id);
        let Some(watch) = watches.get_mut(&name) else {
            return;
        };
        let empty = {
            let mut kind = watch.kind.lock();
            kind.untrack(&key_of(id), mailbox);
            kind.is_empty()
        };
        if empty {
            watches.remove(&name);
        } else {
            self.adjust(watch);
        }
    }

    /// Reads an object's metadata once and tells it as if the watch had.
    fn verify(&self, kind: Arc<Mutex<Kind>>, id: ObjectId, version: String) {
        let (cluster, permits) = (self.inner.cluster.clone(), self.inner.verifying.clone());
        tokio::spawn(async move {
            let Ok(_permit) = permits.acquire_owned().await else {
                return;
            };
            let read = cluster.get_metadata(&id, &version).await;
            let key = key_of(&id);
            match read {
                Ok(object) => {
                    if let Some(metadata) = metadata_of(&object) {
                        kind.lock().tell_applied(&key, &metadata);
                    }
                }
                Err(error) if error.is_absent() => kind.lock().tell_deleted(&key, 0),
                Err(error) => tracing::debug!(object = %id.subject(), %error, "failed to read metadata"),
            }
        });
    }
}

fn metadata_of(object: &Object) -> Option<ObjectMeta> {
    serde_json::from_value(Value::Object(object.metadata()?.clone())).ok()
}

fn name_of(id: &ObjectId) -> Name {
    (id.group.clone(), id.kind.clone())
}

fn key_of(id: &ObjectId) -> Key {
    (id.namespace.as_str().into(), id.name.as_str().into())
}

/// The objects that an owner tracks, and the changes that wait for it. Dropping it ends the tracking.
pub struct Subscription {
    hub: Hub,
    mailbox: Arc<Mailbox>,
    tracked: Mutex<HashSet<ObjectId>>,
}

impl Subscription {
    /// The hub that it belongs to.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Waits for changes and takes them, one for each object.
    pub async fn changes(&self) -> Vec<Change> {
        self.mailbox.wait().await
    }

    /// Takes the changes that wait now.
    pub fn take(&self) -> Vec<Change> {
        self.mailbox.take()
    }

    /// Tracks exactly these objects from now on. For an object that is tracked already, a given `expected` replaces
    /// the old one: call it after an apply with the fingerprints that the apply gave.
    #[allow(clippy::needless_pass_by_value, reason = "callers make the list for this")]
    pub fn replace(&self, objects: Vec<Tracked>) {
        let mut tracked = self.tracked.lock();
        let wanted: HashSet<ObjectId> = objects.iter().map(|object| object.id.clone()).collect();
        for id in tracked.difference(&wanted) {
            self.hub.remove(&self.mailbox, id);
            self.mailbox.forget(id);
        }
        for object in &objects {
            self.hub.add(&self.mailbox, object);
        }
        tracing::trace!(owner = self.mailbox.owner, objects = objects.len(), "tracking");
        *tracked = wanted;
    }

    /// Tracks these objects as well.
    pub fn add(&self, objects: Vec<Tracked>) {
        let mut tracked = self.tracked.lock();
        for object in objects {
            self.hub.add(&self.mailbox, &object);
            tracked.insert(object.id);
        }
    }

    /// Tracks these objects no more.
    pub fn remove(&self, ids: &[ObjectId]) {
        let mut tracked = self.tracked.lock();
        for id in ids {
            if tracked.remove(id) {
                self.hub.remove(&self.mailbox, id);
                self.mailbox.forget(id);
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for id in self.tracked.get_mut().iter() {
            self.hub.remove(&self.mailbox, id);
        }
    }
}
