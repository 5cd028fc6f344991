//! Installs a release.

use super::{ActionError, Actions, Draft, Ended, set};
use crate::record::{Info, Release, Status};

impl Actions<'_> {
    /// Makes the first revision, or the next one after an uninstalled or failed release whose record was kept.
    pub async fn install(&self, draft: Draft) -> Ended {
        self.try_install(draft).await.unwrap_or_else(Ended::nothing)
    }

    async fn try_install(&self, draft: Draft) -> Result<Ended, ActionError> {
        let history = self.records.history(&draft.name).await?;
        if history
            .first()
            .is_some_and(|latest| latest.info.status.is_pending())
        {
            return Err(ActionError::Pending { name: draft.name });
        }
        self.resources.admit(&draft.objects).await?;
        let now = self.now();
        let mut release = self.drafted(
            &draft,
            Info {
                first_deployed: now.clone(),
                last_deployed: now,
                ..Info::default()
            },
        );
        release.version = history.first().map_or(1, |latest| latest.version + 1);
        set(
            &mut release,
            Status::PendingInstall,
            "Initial install underway".to_owned(),
        );
        self.begin(&release, &history).await?;
        let done = self.put_up(&mut release, &draft).await;
        let ended = self.end(release, &history, done, ("Install complete", "Release"));
        Ok(ended.await)
    }

    async fn put_up(&self, release: &mut Release, draft: &Draft) -> Result<(), ActionError> {
        self.hooks(release, "pre-install").await?;
        self.resources.apply(&draft.objects).await.1?;
        self.wait(&draft.objects).await?;
        self.hooks(release, "post-install").await
    }

    pub(super) fn drafted(&self, draft: &Draft, mut info: Info) -> Release {
        info.notes.clone_from(&draft.notes);
        Release {
            name: draft.name.clone(),
            namespace: draft.namespace.clone(),
            chart: draft.chart.clone(),
            config: draft.config.clone(),
            manifest: draft.manifest.clone(),
            hooks: draft.hooks.clone(),
            apply_method: "ssa".to_owned(),
            info,
            ..Release::default()
        }
    }
}
