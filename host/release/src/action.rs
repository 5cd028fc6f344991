//! What Helm does to a release. An action is an async function that runs outside the queue's workers; it stores what it
//! is about to do before it does it, so that a process that is killed leaves a pending revision and never a lost one.

mod hook;
mod install;
mod rollback;
mod test;
#[cfg(test)]
mod tests;
mod uninstall;
mod unlock;
mod upgrade;

use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sluice_model::Object;
use thiserror::Error;

pub use self::test::{TestFilter, is_chosen};
use crate::error::StorageError;
use crate::manifest::ManifestError;
use crate::port::{Deletion, Records, ResourceError, Resources};
use crate::record::{Hook, Release, Status};
use crate::storage::surplus;

/// Revisions that are deleted at once: a release that nobody pruned has thousands.
const DELETED_AT_ONCE: usize = 16;

/// How an action is carried out.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest wait of each of its waits.
    pub timeout: Duration,
    /// Wait for the health of what was applied.
    pub wait: bool,
    /// Wait for Jobs too.
    pub wait_for_jobs: bool,
    /// Run hooks.
    pub hooks: bool,
    /// Delete what a failed upgrade or rollback created.
    pub cleanup_on_fail: bool,
    /// Revisions that are kept; 0 keeps all.
    pub max_history: usize,
    /// Keep the record of an uninstalled release.
    pub keep_history: bool,
    /// How objects are deleted when a release is uninstalled.
    pub deletion: Deletion,
}

/// A rendered release that is to be.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Name of the release.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart as Helm stores it.
    pub chart: Value,
    /// The values over the chart's own.
    pub config: Map<String, Value>,
    /// The rendered text without hooks.
    pub manifest: String,
    /// The objects of that text.
    pub objects: Vec<Object>,
    /// Its hooks.
    pub hooks: Vec<Hook>,
    /// The rendered NOTES.txt.
    pub notes: String,
}

/// Why an action failed.
#[derive(Debug, Error)]
pub enum ActionError {
    /// The storage.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The objects.
    #[error(transparent)]
    Resources(#[from] ResourceError),
    /// A hook.
    #[error("{event} hook {kind}/{name} failed: {error}")]
    Hook {
        /// The event.
        event: &'static str,
        /// Kind of the object.
        kind: String,
        /// Its name.
        name: String,
        /// What went wrong.
        error: ResourceError,
    },
    /// There is nothing to act on.
    #[error("release {name:?} has no revision{}", if *.version == 0 { String::new() } else { format!(" {version}") })]
    Missing {
        /// Name of the release.
        name: String,
        /// The revision that is wanted; 0 for any.
        version: u32,
    },
    /// An action of another client is under way, or was cut off.
    #[error("another operation (install/upgrade/rollback) is in progress on release {name:?}")]
    Pending {
        /// Name of the release.
        name: String,
    },
}

/// How an action ended. A failure that is recorded in a revision counts as an attempt, others are tried again.
#[derive(Debug)]
pub struct Ended {
    /// The revision that it made or changed last, as it is stored; none when nothing was written.
    pub release: Option<Release>,
    /// Whether it succeeded.
    pub result: Result<(), ActionError>,
}

/// Carries out actions on the releases of one object.
pub struct Actions<'a> {
    /// Stored revisions.
    pub records: &'a dyn Records,
    /// Objects in the cluster.
    pub resources: &'a dyn Resources,
    /// The time.
    pub clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// How.
    pub settings: Settings,
}

impl Actions<'_> {
    fn now(&self) -> String {
        (self.clock)().to_string()
    }

    async fn create(&self, release: &Release) -> Result<(), StorageError> {
        self.records.create(release, (self.clock)().as_second()).await
    }

    async fn update(&self, release: &Release) -> Result<(), StorageError> {
        self.records.update(release, (self.clock)().as_second()).await
    }

    /// Stores a new revision, after the oldest ones made room for it.
    async fn begin(&self, release: &Release, history: &[Release]) -> Result<(), StorageError> {
        let surplus = stream::iter(surplus(history, self.settings.max_history)).map(Ok);
        surplus
            .try_for_each_concurrent(DELETED_AT_ONCE, |old| self.records.delete(old))
            .await?;
        self.create(release).await
    }

    /// Stores how the action on a revision ended; a success leaves no other one deployed.
    async fn end(
        &self,
        mut release: Release,
        history: &[Release],
        mut done: Result<(), ActionError>,
        (complete, verb): (&str, &str),
    ) -> Ended {
        if done.is_ok() {
            done = self.supersede(history, release.version).await.map_err(Into::into);
        }
        match &done {
            Ok(()) => set(&mut release, Status::Deployed, complete.to_owned()),
            Err(error) => {
                let text = format!("{verb} {:?} failed: {error}", release.name);
                set(&mut release, Status::Failed, text);
            }
        }
        let stored = self.update(&release).await;
        Ended {
            release: Some(release),
            result: done.and(stored.map_err(Into::into)),
        }
    }

    /// The revisions before become superseded, so that one is deployed at most.
    async fn supersede(&self, history: &[Release], before: u32) -> Result<(), StorageError> {
        for old in history
            .iter()
            .filter(|old| old.version < before && old.info.status == Status::Deployed)
        {
            let mut old = old.clone();
            old.info.status = Status::Superseded;
            self.update(&old).await?;
        }
        Ok(())
    }

    async fn wait(&self, objects: &[Object]) -> Result<(), ResourceError> {
        if !self.settings.wait {
            return Ok(());
        }
        self.resources
            .wait(objects, self.settings.wait_for_jobs, self.settings.timeout)
            .await
    }
}

fn set(release: &mut Release, status: Status, description: String) {
    release.info.status = status;
    release.info.description = description;
}

fn missing(name: &str, version: u32) -> ActionError {
    ActionError::Missing {
        name: name.to_owned(),
        version,
    }
}

impl Ended {
    /// It failed before anything was written.
    fn nothing(error: ActionError) -> Self {
        Self {
            release: None,
            result: Err(error),
        }
    }
}
