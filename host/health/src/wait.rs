//! Follows the health of a set of objects by signals: reads an object when the hub says that it changed.
//!
//! A [`HealthWatch`] runs in a task of its own; whoever owns it looks at its [`Summary`] when told of a change, and
//! sets the deadline. Nothing is polled, and nobody needs to wait.

mod follow;
mod summary;

use std::sync::Arc;

use sluice_cluster::{Cluster, Fingerprint, Hub};
use sluice_model::{ObjectId, Verdict};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::error::HealthError;
use crate::rules::{BuiltIn, CustomRules};
use follow::Follow;
pub use summary::{Finding, Summary};

/// An object whose health is awaited.
#[derive(Debug, Clone)]
pub struct Target {
    /// Which object.
    pub id: ObjectId,
    /// Version of its API; empty for the preferred one.
    pub version: String,
    /// What an apply has just seen: spares the first read.
    pub seen: Option<(Fingerprint, Verdict)>,
    /// A Job that vanishes by itself when it is done: its absence is success.
    pub expires: bool,
}

impl Target {
    /// An object of which nothing is known yet.
    pub fn new(id: ObjectId, version: impl Into<String>) -> Self {
        Self {
            id,
            version: version.into(),
            seen: None,
            expires: false,
        }
    }
}

/// The health of a set of objects, kept up to date until it is dropped.
pub struct HealthWatch {
    summary: watch::Receiver<Arc<Summary>>,
    task: AbortHandle,
}

impl Drop for HealthWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl HealthWatch {
    /// Follows the objects with the built-in rules. Objects are read with `cluster`'s identity; `owner` names the
    /// watch in logs.
    pub fn start(cluster: &Cluster, hub: &Hub, owner: &str, targets: Vec<Target>) -> Self {
        Self::start_with(cluster, hub, owner, targets, Arc::new(BuiltIn))
    }

    /// The same with rules that come before the built-in ones.
    pub fn start_with(
        cluster: &Cluster,
        hub: &Hub,
        owner: &str,
        targets: Vec<Target>,
        rules: Arc<dyn CustomRules>,
    ) -> Self {
        let follow = Follow::new(cluster.clone(), hub.clone(), owner, targets, rules);
        let (told, summary) = watch::channel(Arc::new(follow.summary()));
        let task = tokio::spawn(follow.run(told)).abort_handle();
        Self { summary, task }
    }

    /// The health as it is known now.
    pub fn summary(&self) -> Arc<Summary> {
        self.summary.borrow().clone()
    }

    /// Waits until the summary has changed since it was last looked at by this call.
    pub async fn changed(&mut self) -> Arc<Summary> {
        let _ = self.summary.changed().await;
        self.summary.borrow_and_update().clone()
    }

    /// Waits until all objects are Current, or nothing more is to be expected (see [`Summary::outcome`]). The caller
    /// sets the deadline; when it is over, [`Summary::timeout`] has the error.
    ///
    /// # Errors
    /// Objects have failed.
    pub async fn settled(&mut self, fail_fast: bool) -> Result<(), HealthError> {
        loop {
            if let Some(outcome) = self.summary.borrow_and_update().outcome(fail_fast) {
                return outcome;
            }
            if self.summary.changed().await.is_err() {
                return Err(self.summary().timeout());
            }
        }
    }
}
