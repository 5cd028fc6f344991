//! Rolls a release back: a new revision with the chart, values and objects of an old one.

use serde_json::json;

use super::{ActionError, Actions, Ended, missing};
use crate::manifest::read_manifest;
use crate::record::{Info, Release, Status};

impl Actions<'_> {
    /// Makes a new revision of an old one.
    pub async fn rollback(&self, name: &str, version: u32) -> Ended {
        self.try_rollback(name, version)
            .await
            .unwrap_or_else(Ended::nothing)
    }

    async fn try_rollback(&self, name: &str, version: u32) -> Result<Ended, ActionError> {
        let history = self.records.history(name).await?;
        let target = history.iter().find(|release| release.version == version);
        let (Some(latest), Some(target)) = (history.first(), target) else {
            return Err(missing(name, version));
        };
        let objects = read_manifest(&target.manifest)?;
        let mut release = self.rolled_back(latest, target);
        self.begin(&release, &history).await?;
        let done = self
            .replace(
                &history,
                &mut release,
                &objects,
                ("pre-rollback", "post-rollback"),
            )
            .await;
        let complete = format!("Rollback to {version}");
        let ended = self.end(release, &history, done, (&complete, "Rollback"));
        Ok(ended.await)
    }

    fn rolled_back(&self, latest: &Release, target: &Release) -> Release {
        let mut info = Info {
            first_deployed: latest.info.first_deployed.clone(),
            last_deployed: self.now(),
            status: Status::PendingRollback,
            description: format!("Rollback to {}", target.version),
            notes: target.info.notes.clone(),
            ..Info::default()
        };
        info.more
            .insert("rollback_revision".into(), json!(target.version));
        Release {
            info,
            version: latest.version + 1,
            ..target.clone()
        }
    }
}
