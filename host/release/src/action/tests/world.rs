//! Stored revisions and objects in memory, which can end at any operation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use sluice_model::Object;

use super::NAME;
use crate::action::{Actions, Settings};
use crate::error::StorageError;
use crate::port::{Deletion, Records, ResourceError, Resources};
use crate::record::Release;

/// Stored revisions, objects, and how many operations are left before the process ends.
#[derive(Default)]
pub(super) struct World {
    pub(super) revisions: Mutex<BTreeMap<u32, Release>>,
    objects: Mutex<BTreeMap<String, Object>>,
    pub(super) refused: Mutex<Vec<String>>,
    pub(super) log: Mutex<Vec<String>>,
    pub(super) left: AtomicUsize,
}

impl World {
    pub(super) fn new() -> Self {
        let world = Self::default();
        world.left.store(usize::MAX, Ordering::SeqCst);
        world
    }

    /// Counts an operation; after the last one nothing has an effect any more.
    fn step(&self, what: String) -> bool {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            return false;
        }
        if left != usize::MAX {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        self.log.lock().push(what);
        true
    }

    pub(super) fn statuses(&self) -> Vec<(u32, &'static str)> {
        self.revisions
            .lock()
            .values()
            .map(|it| (it.version, it.info.status.as_str()))
            .collect()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.objects.lock().keys().cloned().collect()
    }

    pub(super) fn actions(&self) -> Actions<'_> {
        let settings = Settings {
            timeout: Duration::from_secs(1),
            wait: true,
            wait_for_jobs: false,
            hooks: true,
            cleanup_on_fail: false,
            max_history: 5,
            keep_history: false,
            deletion: Deletion::Background,
        };
        Actions {
            records: self,
            resources: self,
            clock: &|| Timestamp::UNIX_EPOCH,
            settings,
        }
    }
}

fn killed() -> StorageError {
    StorageError::Encode {
        release: NAME.into(),
        reason: "the process was killed".into(),
    }
}

#[async_trait]
impl Records for World {
    async fn history(&self, _: &str) -> Result<Vec<Release>, StorageError> {
        if !self.step("history".into()) {
            return Err(killed());
        }
        Ok(self.revisions.lock().values().rev().cloned().collect())
    }

    async fn create(&self, release: &Release, _: i64) -> Result<(), StorageError> {
        if !self.step(format!(
            "create v{} {}",
            release.version,
            release.info.status.as_str()
        )) {
            return Err(killed());
        }
        let mut revisions = self.revisions.lock();
        if revisions.contains_key(&release.version) {
            return Err(StorageError::Exists { release: NAME.into() });
        }
        revisions.insert(release.version, release.clone());
        Ok(())
    }

    async fn update(&self, release: &Release, _: i64) -> Result<(), StorageError> {
        if !self.step(format!(
            "update v{} {}",
            release.version,
            release.info.status.as_str()
        )) {
            return Err(killed());
        }
        self.revisions.lock().insert(release.version, release.clone());
        Ok(())
    }

    async fn delete(&self, release: &Release) -> Result<(), StorageError> {
        if !self.step(format!("delete v{}", release.version)) {
            return Err(killed());
        }
        self.revisions.lock().remove(&release.version);
        Ok(())
    }
}

#[async_trait]
impl Resources for World {
    async fn admit(&self, _: &[Object]) -> Result<(), ResourceError> {
        Ok(())
    }

    async fn apply(&self, objects: &[Object]) -> (Vec<Object>, Result<(), ResourceError>) {
        let mut created = Vec::new();
        for object in objects {
            if !self.step(format!("apply {}", object.name())) {
                return (created, Err(ResourceError("killed".into())));
            }
            if self.refused.lock().iter().any(|name| name == object.name()) {
                let error = ResourceError(format!("{} is refused", object.name()));
                return (created, Err(error));
            }
            let mut objects = self.objects.lock();
            if objects.insert(object.name().to_owned(), object.clone()).is_none() {
                created.push(object.clone());
            }
        }
        (created, Ok(()))
    }

    async fn delete(&self, objects: &[Object], _: Deletion) -> Result<(), ResourceError> {
        for object in objects {
            if !self.step(format!("remove {}", object.name())) {
                return Err(ResourceError("killed".into()));
            }
            self.objects.lock().remove(object.name());
        }
        Ok(())
    }

    async fn wait(&self, _: &[Object], _: bool, _: Duration) -> Result<(), ResourceError> {
        if self.step("wait".into()) {
            Ok(())
        } else {
            Err(ResourceError("killed".into()))
        }
    }

    async fn finish(&self, object: &Object, _: Duration) -> Result<(), ResourceError> {
        if !self.step(format!("finish {}", object.name())) {
            return Err(ResourceError("killed".into()));
        }
        match self
            .refused
            .lock()
            .iter()
            .any(|name| *name == format!("run:{}", object.name()))
        {
            true => Err(ResourceError(format!("{} has failed", object.name()))),
            false => Ok(()),
        }
    }

    async fn wait_gone(&self, _: &[Object], _: Duration) -> Result<(), ResourceError> {
        if self.step("wait gone".into()) {
            Ok(())
        } else {
            Err(ResourceError("killed".into()))
        }
    }
}
