//! Rolls a release back: a new revision with the chart, values and objects of an old one.

use serde_json::json;

use super::{ActionError, Actions, Ended};
use crate::manifest::read_manifest;
use crate::record::{Info, Release, Status};

impl Actions<'_> {
    /// Makes a new revision of an old one.
    pub async fn rollback(&self, name: &str, version: u32) -> Ended {
        let history = match self.records.history(name).await {
            Ok(history) => history,
            Err(error) => return Ended::nothing(error),
        };
        let target = history.iter().find(|release| release.version == version);
        let (Some(latest), Some(target)) = (history.first(), target) else {
            return Ended::nothing(ActionError::Missing {
                name: name.to_owned(),
                version,
            });
        };
        let objects = match read_manifest(&target.manifest) {
            Ok(objects) => objects,
            Err(error) => return Ended::nothing(error),
        };
        let mut release = self.rolled_back(latest, target);
        if let Err(error) = self.begin(&release, &history).await {
            return Ended::nothing(error);
        }
        let mut done = self
            .replace(
                &history,
                &mut release,
                &objects,
                ("pre-rollback", "post-rollback"),
            )
            .await;
        let before = if done.is_ok() { release.version } else { 0 };
        done = done.and(self.supersede(&history, before).await.map_err(Into::into));
        let complete = format!("Rollback to {version}");
        self.end(release, done, &complete, "Rollback").await
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
