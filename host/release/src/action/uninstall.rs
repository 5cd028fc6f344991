//! Uninstalls a release.

use super::{ActionError, Actions, Ended, missing, set};
use crate::manifest::{is_kept, read_manifest};
use crate::record::{Release, Status};

impl Actions<'_> {
    /// Deletes what the latest revision made, and its record unless that is to be kept. What cannot be deleted keeps
    /// the record, so that the next attempt knows of it.
    pub async fn uninstall(&self, name: &str) -> Ended {
        self.try_uninstall(name).await.unwrap_or_else(Ended::nothing)
    }

    async fn try_uninstall(&self, name: &str) -> Result<Ended, ActionError> {
        let history = self.records.history(name).await?;
        let Some(mut release) = history.first().cloned() else {
            return Err(missing(name, 0));
        };
        if release.info.status != Status::Uninstalled {
            release.info.deleted = self.now();
            set(
                &mut release,
                Status::Uninstalling,
                "Deletion in progress (or silently failed)".to_owned(),
            );
            if let Err(error) = self.take_down(&mut release).await {
                let stored = self.update(&release).await;
                return Ok(Ended {
                    release: stored.is_ok().then_some(release),
                    result: Err(error),
                });
            }
            set(
                &mut release,
                Status::Uninstalled,
                "Uninstallation complete".to_owned(),
            );
        }
        let stored = if self.settings.keep_history {
            self.keep(&release, &history).await
        } else {
            self.purge(&history).await
        };
        Ok(Ended {
            release: Some(release),
            result: stored,
        })
    }

    async fn take_down(&self, release: &mut Release) -> Result<(), ActionError> {
        self.update(release).await?;
        self.hooks(release, "pre-delete").await?;
        let mut objects = read_manifest(&release.manifest)?;
        objects.retain(|object| !is_kept(object));
        self.resources.delete(&objects, self.settings.deletion).await?;
        if self.settings.wait {
            self.resources.wait_gone(&objects, self.settings.timeout).await?;
        }
        self.hooks(release, "post-delete").await
    }

    async fn keep(&self, release: &Release, history: &[Release]) -> Result<(), ActionError> {
        self.supersede(history, release.version).await?;
        Ok(self.update(release).await?)
    }

    /// The oldest first: a purge that is cut off leaves the latest, which says what is going on.
    async fn purge(&self, history: &[Release]) -> Result<(), ActionError> {
        for release in history.iter().rev() {
            self.records.delete(release).await?;
        }
        Ok(())
    }
}
