//! Runs the hooks of an event, one after the other, and deletes them by their policies.

use sluice_model::Object;

use super::{ActionError, Actions};
use crate::manifest::read_manifest;
use crate::port::{Deletion, ResourceError};
use crate::record::{Hook, HookRun, Release};

/// The policy of a hook that names none.
const BEFORE: &str = "before-hook-creation";
const SUCCEEDED: &str = "hook-succeeded";
const FAILED: &str = "hook-failed";

impl Actions<'_> {
    /// Runs the hooks of an event; what became of each is in the release, and stored before a hook starts.
    pub(super) async fn hooks(&self, release: &mut Release, event: &'static str) -> Result<(), ActionError> {
        if !self.settings.hooks {
            return Ok(());
        }
        self.chosen_hooks(release, event, &|_| true).await
    }

    /// As [`Actions::hooks`], of those that `chosen` takes.
    pub(super) async fn chosen_hooks(
        &self,
        release: &mut Release,
        event: &'static str,
        chosen: &(dyn Fn(&Hook) -> bool + Sync),
    ) -> Result<(), ActionError> {
        let mut order: Vec<usize> = (0..release.hooks.len())
            .filter(|at| {
                release.hooks[*at].events.iter().any(|it| it == event) && chosen(&release.hooks[*at])
            })
            .collect();
        order.sort_by_key(|at| (release.hooks[*at].weight, release.hooks[*at].name.clone()));
        for (done, at) in order.iter().enumerate() {
            if let Err(error) = self.run(release, *at).await {
                self.delete_by(&release.hooks[*at], FAILED)
                    .await
                    .unwrap_or_else(|error| warn(&error));
                for before in &order[..done] {
                    self.delete_by(&release.hooks[*before], SUCCEEDED)
                        .await
                        .unwrap_or_else(|error| warn(&error));
                }
                return Err(failed(&release.hooks[*at], event, error));
            }
        }
        for at in order.iter().rev() {
            let hook = &release.hooks[*at];
            self.delete_by(hook, SUCCEEDED)
                .await
                .map_err(|error| failed(hook, event, error))?;
        }
        Ok(())
    }

    async fn run(&self, release: &mut Release, at: usize) -> Result<(), ResourceError> {
        let hook = &mut release.hooks[at];
        if hook.delete_policies.is_empty() {
            hook.delete_policies.push(BEFORE.to_owned());
        }
        self.delete_by(&release.hooks[at], BEFORE).await?;
        let objects = objects(&release.hooks[at])?;
        release.hooks[at].last_run = HookRun {
            started_at: self.now(),
            phase: "Running".into(),
            ..HookRun::default()
        };
        self.update(release)
            .await
            .map_err(|error| ResourceError(error.to_string()))?;
        let ended = self.start_and_finish(&objects).await;
        let run = &mut release.hooks[at].last_run;
        run.completed_at = self.now();
        run.phase = if ended.is_ok() { "Succeeded" } else { "Failed" }.to_owned();
        ended
    }

    async fn start_and_finish(&self, objects: &[Object]) -> Result<(), ResourceError> {
        self.resources.apply(objects).await.1?;
        for object in objects {
            self.resources.finish(object, self.settings.timeout).await?;
        }
        Ok(())
    }

    /// Definitions are never deleted: everything of their kind would go with them.
    async fn delete_by(&self, hook: &Hook, policy: &str) -> Result<(), ResourceError> {
        if hook.kind == "CustomResourceDefinition" || !hook.delete_policies.iter().any(|it| it == policy) {
            return Ok(());
        }
        let objects = objects(hook)?;
        self.resources.delete(&objects, Deletion::Background).await?;
        self.resources.wait_gone(&objects, self.settings.timeout).await
    }
}

fn objects(hook: &Hook) -> Result<Vec<Object>, ResourceError> {
    read_manifest(&hook.manifest).map_err(|error| ResourceError(error.to_string()))
}

fn failed(hook: &Hook, event: &'static str, error: ResourceError) -> ActionError {
    ActionError::Hook {
        event,
        kind: hook.kind.clone(),
        name: hook.name.clone(),
        error,
    }
}

fn warn(error: &ResourceError) {
    tracing::warn!(error = %error, "failed to delete a hook");
}
