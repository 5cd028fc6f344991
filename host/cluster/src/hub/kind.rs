//! What the hub knows of one kind, and which owners an event concerns. No I/O.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sluice_model::ObjectId;

use super::fingerprint::{Fingerprint, version};
use super::mailbox::{Interest, Mailbox, Signal};

/// Namespace and name.
pub(super) type Key = (Box<str>, Box<str>);

struct Listener {
    mailbox: Arc<Mailbox>,
    /// Nothing up to this version is news.
    known: u64,
    expected: Option<Fingerprint>,
    /// Whether `known` says how things stand, also when it is 0 because there is no such object.
    settled: bool,
}

/// Tells what a newly tracked object needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tracking {
    /// The watch will tell.
    Watched,
    /// The watch may have told before anyone listened: read the metadata once.
    Verify,
}

/// The tracked objects of one kind with who wants to know of them.
#[derive(Default)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) kind: String,
    listeners: HashMap<Key, Vec<Listener>>,
    /// The latest version of every object of the kind, tracked or not, by the hash of its key.
    seen: HashMap<u64, u64>,
    listing: Option<HashMap<u64, u64>>,
    synced: bool,
    awaited: usize,
    /// A full watch tells of changes, so that the metadata watch need not.
    pub(super) full: bool,
}

impl Kind {
    pub(super) fn new(group: &str, kind: &str) -> Self {
        Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    fn id(&self, key: &Key) -> ObjectId {
        ObjectId {
            namespace: key.0.to_string(),
            name: key.1.to_string(),
            group: self.group.clone(),
            kind: self.kind.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// How many owners wait for every version of an object, over all objects.
    pub(super) fn awaited(&self) -> usize {
        self.awaited
    }

    pub(super) fn is_awaited(&self, key: &Key) -> bool {
        let listeners = self.listeners.get(key).map_or(&[][..], Vec::as_slice);
        listeners
            .iter()
            .any(|listener| listener.mailbox.interest == Interest::Any)
    }

    pub(super) fn track(
        &mut self,
        key: Key,
        mailbox: &Arc<Mailbox>,
        expected: Option<Fingerprint>,
    ) -> Tracking {
        let known = expected.map_or(0, |print| print.resource_version);
        let id = self.id(&key);
        let last = self.seen.get(&hash(&key)).copied();
        let listeners = self.listeners.entry(key).or_default();
        let same = listeners
            .iter_mut()
            .find(|listener| Arc::ptr_eq(&listener.mailbox, mailbox));
        if let Some(listener) = same {
            listener.expect(expected);
            return Tracking::Watched;
        }
        listeners.push(Listener {
            mailbox: mailbox.clone(),
            known,
            expected,
            settled: expected.is_some(),
        });
        self.awaited += usize::from(mailbox.interest == Interest::Any);
        if mailbox.interest == Interest::Version {
            if let (true, Some(listener)) = (self.synced, listeners.last_mut())
                && let Some((signal, seen)) = listener.catch_up(last.unwrap_or(0))
            {
                mailbox.put(id, signal, seen);
            }
            return Tracking::Watched;
        }
        if !self.synced || last.is_some_and(|last| last <= known) {
            return Tracking::Watched;
        }
        match mailbox.interest {
            Interest::Any => {
                mailbox.put(id, Signal::Changed, last.unwrap_or(0));
                Tracking::Watched
            }
            Interest::Drift | Interest::Version => Tracking::Verify,
        }
    }

    pub(super) fn untrack(&mut self, key: &Key, mailbox: &Arc<Mailbox>) {
        if let Some(listeners) = self.listeners.get_mut(key) {
            let before = listeners.len();
            listeners.retain(|listener| !Arc::ptr_eq(&listener.mailbox, mailbox));
            if mailbox.interest == Interest::Any {
                self.awaited -= before - listeners.len();
            }
            if listeners.is_empty() {
                self.listeners.remove(key);
            }
        }
    }

    pub(super) fn start_listing(&mut self) {
        self.listing = Some(HashMap::new());
    }

    /// The list is complete: what it did not hold is gone.
    pub(super) fn finish_listing(&mut self) {
        let Some(listed) = self.listing.take() else { return };
        self.seen = listed;
        self.synced = true;
        let gone = self
            .listeners
            .keys()
            .filter(|key| !self.seen.contains_key(&hash(key)));
        let gone: Vec<Key> = gone.cloned().collect();
        for key in gone {
            self.tell_deleted(&key, 0);
        }
        for listener in self.listeners.values_mut().flatten() {
            listener.settled = true;
        }
    }

    pub(super) fn applied(&mut self, metadata: &ObjectMeta) {
        let key = key_of(metadata);
        let seen = version(metadata.resource_version.as_deref().unwrap_or_default());
        self.listing
            .as_mut()
            .unwrap_or(&mut self.seen)
            .insert(hash(&key), seen);
        self.tell_applied(&key, metadata);
    }

    pub(super) fn tell_applied(&mut self, key: &Key, metadata: &ObjectMeta) {
        let id = self.id(key);
        let quiet = self.full;
        for listener in self.listeners.get_mut(key).into_iter().flatten() {
            let told = match listener.mailbox.interest {
                Interest::Any if quiet => None,
                Interest::Any => {
                    listener.any(version(metadata.resource_version.as_deref().unwrap_or_default()))
                }
                Interest::Drift => listener.drift(metadata),
                Interest::Version => {
                    listener.version(version(metadata.resource_version.as_deref().unwrap_or_default()))
                }
            };
            if let Some((signal, seen)) = told {
                listener.mailbox.put(id.clone(), signal, seen);
            }
        }
    }

    /// A new version came over the full watch.
    pub(super) fn changed(&mut self, key: &Key, seen: u64) {
        let id = self.id(key);
        for listener in self.listeners.get_mut(key).into_iter().flatten() {
            if listener.mailbox.interest == Interest::Any
                && let Some((signal, seen)) = listener.any(seen)
            {
                listener.mailbox.put(id.clone(), signal, seen);
            }
        }
    }

    pub(super) fn deleted(&mut self, metadata: &ObjectMeta) {
        let key = key_of(metadata);
        self.listing
            .as_mut()
            .unwrap_or(&mut self.seen)
            .remove(&hash(&key));
        self.tell_deleted(
            &key,
            version(metadata.resource_version.as_deref().unwrap_or_default()),
        );
    }

    pub(super) fn tell_deleted(&mut self, key: &Key, seen: u64) {
        let id = self.id(key);
        for listener in self.listeners.get_mut(key).into_iter().flatten() {
            if seen != 0 && seen < listener.known {
                continue;
            }
            if listener.mailbox.interest == Interest::Version {
                let was_there = std::mem::take(&mut listener.known) != 0;
                listener.settled = true;
                if !was_there {
                    continue;
                }
            }
            listener.mailbox.put(id.clone(), Signal::Deleted, seen);
        }
    }

    /// The kind is served no more: all its objects are gone.
    pub(super) fn vanish(&mut self) {
        self.listing = None;
        self.synced = false;
        self.seen.clear();
        let keys: Vec<Key> = self.listeners.keys().cloned().collect();
        for key in keys {
            self.tell_deleted(&key, 0);
        }
    }

    /// The watch has stopped: late trackers cannot rely on it, and whoever waits is told to look again.
    pub(super) fn nudge(&mut self) {
        self.synced = false;
        self.look_again();
    }

    /// Tells whoever waits for an object to look at it again.
    pub(super) fn look_again(&mut self) {
        let keys: Vec<Key> = self.listeners.keys().cloned().collect();
        for key in keys {
            let id = self.id(&key);
            for listener in self.listeners.get(&key).into_iter().flatten() {
                if listener.mailbox.interest == Interest::Any {
                    listener.mailbox.put(id.clone(), Signal::Changed, 0);
                }
            }
        }
    }
}

impl Listener {
    /// What the owner has just written or read, unless the watch knows a later version.
    fn expect(&mut self, print: Option<Fingerprint>) {
        let Some(print) = print.filter(|print| print.resource_version >= self.known) else {
            return;
        };
        self.known = print.resource_version;
        self.expected = Some(print);
        self.settled = true;
    }

    fn any(&mut self, seen: u64) -> Option<(Signal, u64)> {
        if seen != 0 && seen <= self.known {
            return None;
        }
        self.known = seen;
        Some((Signal::Changed, seen))
    }

    /// The first state is the one that was read; later ones are told.
    fn version(&mut self, seen: u64) -> Option<(Signal, u64)> {
        if seen != 0 && seen <= self.known {
            return None;
        }
        self.known = seen;
        std::mem::replace(&mut self.settled, true).then_some((Signal::Changed, seen))
    }

    /// The watch knows the latest version already; 0 for none.
    fn catch_up(&mut self, last: u64) -> Option<(Signal, u64)> {
        let (known, settled) = (self.known, std::mem::replace(&mut self.settled, true));
        self.known = if last == 0 { 0 } else { last.max(known) };
        match (settled, last) {
            (false, _) => None,
            (true, 0) => (known != 0).then_some((Signal::Deleted, 0)),
            (true, last) => (last > known).then_some((Signal::Changed, last)),
        }
    }

    fn drift(&mut self, metadata: &ObjectMeta) -> Option<(Signal, u64)> {
        let now = Fingerprint::of_metadata(metadata, &self.mailbox.manager);
        let seen = now.resource_version;
        let Some(expected) = self.expected else {
            self.expected = Some(now);
            return None;
        };
        if seen != 0 && seen <= expected.resource_version {
            return None;
        }
        self.expected = Some(now);
        self.known = seen;
        expected.moved_in(&now).then_some((Signal::Moved, seen))
    }
}

fn key_of(metadata: &ObjectMeta) -> Key {
    (
        metadata.namespace.as_deref().unwrap_or_default().into(),
        metadata.name.as_deref().unwrap_or_default().into(),
    )
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
