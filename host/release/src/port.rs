//! What an action needs of the world: the stored revisions, and the objects in the cluster.

use std::time::Duration;

use async_trait::async_trait;
use sluice_model::Object;
use thiserror::Error;

use crate::error::StorageError;
use crate::record::Release;

/// The stored revisions of releases.
#[async_trait]
pub trait Records: Send + Sync {
    /// All revisions of a release, the latest first. A Secret that cannot be read is an error: what it holds may be
    /// the release that stands in the cluster.
    ///
    /// # Errors
    /// The API server refuses, or a Secret is no release.
    async fn history(&self, name: &str) -> Result<Vec<Release>, StorageError>;

    /// Stores a new revision; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StorageError::Exists`] when another client made this revision meanwhile, or the API server refuses.
    async fn create(&self, release: &Release, now: i64) -> Result<(), StorageError>;

    /// Replaces a stored revision.
    ///
    /// # Errors
    /// The API server refuses.
    async fn update(&self, release: &Release, now: i64) -> Result<(), StorageError>;

    /// Deletes a stored revision; one that is gone is fine.
    ///
    /// # Errors
    /// The API server refuses.
    async fn delete(&self, release: &Release) -> Result<(), StorageError>;
}

/// Why objects could not be brought to where they were wanted; the text names them and holds no Secret's value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ResourceError(pub String);

/// How objects are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// The garbage collector deletes dependents afterwards.
    #[default]
    Background,
    /// Dependents first.
    Foreground,
    /// Dependents stay.
    Orphan,
}

/// The objects of a release, with the tenant's identity.
#[async_trait]
pub trait Resources: Send + Sync {
    /// Looks before anything is stored whether objects may be applied: what belongs to another release may not be taken
    /// over where that is forbidden.
    ///
    /// # Errors
    /// All objects that may not.
    async fn admit(&self, objects: &[Object]) -> Result<(), ResourceError>;

    /// Applies objects in their order, and gives those that did not exist before, also when others were refused.
    async fn apply(&self, objects: &[Object]) -> (Vec<Object>, Result<(), ResourceError>);

    /// Deletes objects; those that are gone are fine.
    ///
    /// # Errors
    /// All objects that were not deleted.
    async fn delete(&self, objects: &[Object], how: Deletion) -> Result<(), ResourceError>;

    /// Waits until objects are healthy; with `jobs`, until Jobs are done.
    ///
    /// # Errors
    /// They failed, or the time is over.
    async fn wait(&self, objects: &[Object], jobs: bool, timeout: Duration) -> Result<(), ResourceError>;

    /// Waits until a Job or a Pod has run to its end; others have when they exist.
    ///
    /// # Errors
    /// It failed, or the time is over.
    async fn finish(&self, object: &Object, timeout: Duration) -> Result<(), ResourceError>;

    /// Waits until objects are gone.
    ///
    /// # Errors
    /// The time is over.
    async fn wait_gone(&self, objects: &[Object], timeout: Duration) -> Result<(), ResourceError>;
}
