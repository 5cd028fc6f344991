//! Upgrades a release, and what a rollback shares with that: replace the objects of one revision by another's.

use std::collections::HashSet;

use sluice_model::Object;

use super::{ActionError, Actions, Draft, Ended, missing, set};
use crate::manifest::{ManifestError, gone, read_manifest};
use crate::port::Deletion;
use crate::record::{Info, Release, Status};

impl Actions<'_> {
    /// Makes the next revision.
    pub async fn upgrade(&self, draft: Draft) -> Ended {
        self.try_upgrade(draft).await.unwrap_or_else(Ended::nothing)
    }

    async fn try_upgrade(&self, draft: Draft) -> Result<Ended, ActionError> {
        let history = self.records.history(&draft.name).await?;
        let Some(latest) = history.first() else {
            return Err(missing(&draft.name, 0));
        };
        if latest.info.status.is_pending() {
            return Err(ActionError::Pending { name: draft.name });
        }
        self.resources.admit(&draft.objects).await?;
        let standing = standing(&history, latest).clone();
        let info = Info {
            first_deployed: standing.info.first_deployed.clone(),
            last_deployed: self.now(),
            ..Info::default()
        };
        let mut release = self.drafted(&draft, info);
        release.version = latest.version + 1;
        release.labels.clone_from(&latest.labels);
        set(
            &mut release,
            Status::PendingUpgrade,
            "Preparing upgrade".to_owned(),
        );
        self.begin(&release, &history).await?;
        let done = self
            .replace(
                &history,
                &mut release,
                &draft.objects,
                ("pre-upgrade", "post-upgrade"),
            )
            .await;
        let ended = self.end(release, &history, done, ("Upgrade complete", "Upgrade"));
        Ok(ended.await)
    }

    pub(super) async fn replace(
        &self,
        history: &[Release],
        release: &mut Release,
        objects: &[Object],
        (before, after): (&'static str, &'static str),
    ) -> Result<(), ActionError> {
        let old = standing_objects(history)?;
        self.hooks(release, before).await?;
        let (created, applied) = self.resources.apply(objects).await;
        let changed = async {
            applied?;
            let gone = gone(&old, objects, &release.namespace);
            self.resources.delete(&gone, Deletion::Background).await?;
            self.wait(objects).await
        };
        if let Err(error) = changed.await {
            self.clean_up(&created).await;
            return Err(error.into());
        }
        let done = self.hooks(release, after).await;
        if done.is_err() {
            self.clean_up(&created).await;
        }
        done
    }

    async fn clean_up(&self, created: &[Object]) {
        if !self.settings.cleanup_on_fail || created.is_empty() {
            return;
        }
        if let Err(error) = self.resources.delete(created, Deletion::Background).await {
            tracing::warn!(error = %error, "failed to delete what a failed action created");
        }
    }
}

/// What may stand in the cluster: the objects of the deployed revision and of every attempt since. Helm looks at the
/// deployed one alone, and forgets what an attempt that was cut off had created.
fn standing_objects(history: &[Release]) -> Result<Vec<Object>, ManifestError> {
    let Some(latest) = history.first() else {
        return Ok(Vec::new());
    };
    let since = standing(history, latest).version;
    let mut objects = Vec::new();
    for release in history.iter().filter(|release| release.version >= since) {
        objects.extend(read_manifest(&release.manifest)?);
    }
    let mut seen = HashSet::new();
    objects.retain(|object| seen.insert(object.id()));
    Ok(objects)
}

/// The revision whose objects stand: the deployed one, else the latest.
fn standing<'a>(history: &'a [Release], latest: &'a Release) -> &'a Release {
    history
        .iter()
        .find(|release| release.info.status == Status::Deployed)
        .unwrap_or(latest)
}
