//! The owner's side of the hub: changes wait here, one per object, until they are taken.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use parking_lot::Mutex;
use sluice_model::ObjectId;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::damper::Damper;

/// What happened to a tracked object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// It has a new version, or is there at all.
    Changed,
    /// Another manager changed or took what we applied, or it was recreated.
    Moved,
    /// It is gone.
    Deleted,
}

/// One object's latest change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which object.
    pub id: ObjectId,
    /// What happened.
    pub signal: Signal,
    /// The version that was seen; 0 when it is not known.
    pub resource_version: u64,
}

/// Which signals an owner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// [`Signal::Changed`] and [`Signal::Deleted`]: every new version, for health.
    Any,
    /// [`Signal::Moved`] and [`Signal::Deleted`]: only what needs correcting.
    Drift,
    /// [`Signal::Changed`] and [`Signal::Deleted`] of an object that is read, not applied: a referenced Secret. What the
    /// watch finds first is taken as what was read, unless the owner tells the version. Never a reason to watch a kind
    /// in full.
    Version,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) owner: String,
    pub(crate) interest: Interest,
    pub(crate) manager: String,
    changes: Mutex<IndexMap<ObjectId, (Signal, u64)>>,
    filled: Notify,
    damper: Mutex<Damper>,
}

impl Mailbox {
    pub(crate) fn new(owner: String, interest: Interest, manager: String) -> Arc<Self> {
        Arc::new(Self {
            owner,
            interest,
            manager,
            changes: Mutex::default(),
            filled: Notify::new(),
            damper: Mutex::default(),
        })
    }

    /// Leaves a change. What the owner would correct is held back when the object keeps being fought over.
    pub(crate) fn put(self: &Arc<Self>, id: ObjectId, signal: Signal, resource_version: u64) {
        let hold = match self.interest {
            Interest::Any | Interest::Version => Duration::ZERO,
            Interest::Drift => self.damper.lock().hold(&id, Instant::now()),
        };
        if hold.is_zero() {
            self.leave(id, signal, resource_version);
            return;
        }
        tracing::warn!(owner = self.owner, object = %id.subject(), ?hold, "object keeps being changed by others");
        let mailbox = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(hold).await;
            if let Some(mailbox) = mailbox.upgrade() {
                mailbox.leave(id, signal, resource_version);
            }
        });
    }

    fn leave(&self, id: ObjectId, signal: Signal, resource_version: u64) {
        self.changes.lock().insert(id, (signal, resource_version));
        self.filled.notify_one();
    }

    pub(crate) fn forget(&self, id: &ObjectId) {
        self.changes.lock().shift_remove(id);
    }

    pub(crate) fn take(&self) -> Vec<Change> {
        let taken = std::mem::take(&mut *self.changes.lock());
        let change = |(id, (signal, resource_version))| Change {
            id,
            signal,
            resource_version,
        };
        taken.into_iter().map(change).collect()
    }

    pub(crate) async fn wait(&self) -> Vec<Change> {
        loop {
            let changes = self.take();
            if !changes.is_empty() {
                return changes;
            }
            self.filled.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ObjectId {
        ObjectId {
            namespace: "a".into(),
            name: name.into(),
            group: String::new(),
            kind: "ConfigMap".into(),
        }
    }

    #[tokio::test]
    async fn changes_of_one_object_coalesce() {
        let mailbox = Mailbox::new("o".into(), Interest::Any, "m".into());
        mailbox.put(id("x"), Signal::Changed, 1);
        mailbox.put(id("y"), Signal::Changed, 2);
        mailbox.put(id("x"), Signal::Deleted, 3);
        let changes = mailbox.wait().await;
        assert_eq!(changes.len(), 2);
        assert_eq!(
            (changes[0].signal, changes[0].resource_version),
            (Signal::Deleted, 3)
        );
        assert!(mailbox.take().is_empty());
    }
}
