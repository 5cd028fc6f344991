//! Deletion of a HelmRelease: its release is uninstalled, its HelmChart deleted, then the finalizer goes.

use std::sync::Arc;

use sluice_api::HelmRelease;
use sluice_api::annotation::FINALIZER;
use sluice_cluster::kube::{self, ResourceExt as _};
use sluice_model::condition::types;

use super::pass::Pass;
use super::spec::Timing;
use super::{MANAGER, Shared, tenant};
use crate::feature::DEFAULT_TO_RETRY;
use crate::key::ObjectKey;
use crate::remote::RemoteError;
use crate::status::set_finalizer;
use crate::tenant::{Place, PlaceError};
use crate::worker::Outcome;

impl Shared {
    /// Takes down what the object made, and lets it go. A suspended object leaves everything.
    pub(super) async fn finalize(self: Arc<Self>, key: &ObjectKey, object: Arc<HelmRelease>) -> Outcome {
        if !object.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            self.memory.forget(key);
            return Outcome::Settled;
        }
        if object.spec.suspend == Some(true) {
            return self.let_go(key, &object).await;
        }
        let mut pass = Pass::new(self.clone(), object, key.clone());
        if pass.progress.status.storage_namespace.is_none() {
            return pass.delete_chart_and_go().await;
        }
        let place = match self.place(key, &pass.object).await {
            Ok(place) => place,
            Err(PlaceError::Remote(error @ RemoteError::NotFound { .. })) => {
                tracing::error!(error = %error, "skipping Helm release uninstallation");
                return pass.delete_chart_and_go().await;
            }
            Err(error) => {
                let text = format!("failed to build REST client getter to uninstall release: {error}");
                return pass.end_deletion_failed(&text).await;
            }
        };
        if self
            .engine
            .is_tenant_gone(&place, &tenant(key, &pass.object))
            .await
        {
            tracing::error!("skipping Helm release uninstallation: the account to impersonate is gone");
            return pass.delete_chart_and_go().await;
        }
        self.spawn(key, |cancel| async move {
            match pass.take_away(&place, cancel).await {
                Ok(()) => pass.delete_chart_and_go().await,
                Err(outcome) => outcome,
            }
        })
    }

    async fn let_go(&self, key: &ObjectKey, object: &HelmRelease) -> Outcome {
        // status was written meanwhile: the version that is known now counts
        let known = self.engine.stores.helm_releases.get(key);
        let object = known.as_deref().unwrap_or(object);
        match set_finalizer(&self.api(key), object, MANAGER, false).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Outcome::Backoff(format!("failed to remove the finalizer: {error}")),
        }
        self.memory.forget(key);
        Outcome::Gone
    }
}

impl Pass {
    async fn take_away(
        &mut self,
        place: &Place,
        cancel: tokio::sync::watch::Receiver<super::wait::Trigger>,
    ) -> Result<(), Outcome> {
        let retry = self.shared.engine.options.features.is_on(DEFAULT_TO_RETRY);
        let timing = Timing::of(&self.object.spec, retry);
        let timing = match timing {
            Ok(timing) => timing,
            Err(error) => return Err(self.end_deletion_failed(&error.to_string()).await),
        };
        let taken = self.uninstall(place, &timing, cancel).await;
        if taken.is_ok() {
            self.progress.status.history.clear();
            self.progress.status.storage_namespace = None;
        }
        let written = self.write().await;
        taken.and(written).map_err(Outcome::Backoff)
    }

    async fn delete_chart_and_go(self) -> Outcome {
        if let Some(chart) = &self.progress.status.helm_chart
            && let Err(failure) = self.shared.delete_chart(&self.object, chart).await
        {
            return Outcome::Backoff(failure.message);
        }
        self.shared.let_go(&self.key, &self.object).await
    }

    async fn end_deletion_failed(&mut self, text: &str) -> Outcome {
        self.progress
            .conditions()
            .mark_false(types::READY, "UninstallFailed", text);
        match self.write().await {
            Ok(()) => Outcome::Backoff(text.to_owned()),
            Err(error) => Outcome::Backoff(error),
        }
    }
}
