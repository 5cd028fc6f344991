//! Ends an action that its client did not end.

use super::{ActionError, Actions, set};
use crate::record::{Release, Status};

impl Actions<'_> {
    /// Marks a pending revision as failed, so that the next action can begin (H13).
    ///
    /// # Errors
    /// The storage refuses.
    pub async fn unlock(&self, mut pending: Release) -> Result<Release, ActionError> {
        let text = format!(
            "Release unlocked from stale '{}' state",
            pending.info.status.as_str()
        );
        set(&mut pending, Status::Failed, text);
        self.update(&pending).await?;
        Ok(pending)
    }
}
