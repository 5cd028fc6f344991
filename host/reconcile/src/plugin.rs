//! Plugin: installs a component from a registry or the defaults, by digest, and keeps the last good one.

pub mod gate;
mod install;
mod kept;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::condition::Conditions;
use sluice_api::{Plugin, PluginStatus};
use sluice_cluster::kube::{Api, ResourceExt as _};
use sluice_event::{Recorder, Subject};
use sluice_model::Severity;
use sluice_model::condition::{reasons, types};

use self::install::{InstallError, Installed};
pub use self::kept::KeptComponents;
use crate::engine::Engine;
use crate::interval::jittered;
use crate::key::ObjectKey;
use crate::queue::Work;
use crate::request;
use crate::status::Writer;
use crate::worker::{Outcome, Reconciler};

const MANAGER: &str = "sluice-plugin-controller";
/// How often a tag is looked up again when the spec says nothing.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(600);

/// The reconciler of Plugin.
pub struct PluginReconciler {
    engine: Arc<Engine>,
    recorder: Recorder,
}

impl PluginReconciler {
    /// A reconciler.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            recorder: engine.recorder.named(MANAGER),
            engine,
        }
    }

    /// Installs everything that is known now, before the first object is rendered.
    pub async fn install_all(&self) {
        for plugin in self.engine.stores.plugins.list() {
            let key = ObjectKey::of(plugin.as_ref());
            if let Outcome::Backoff(error) = self.install(&key, &plugin).await {
                tracing::error!(name = key.name, error, "plugin is not installed");
            }
        }
    }

    fn writer(&self, object: &Plugin) -> Writer<Plugin, PluginStatus> {
        Writer {
            api: Api::all(self.engine.cluster.client()),
            name: object.name_any(),
            manager: MANAGER,
            written: object.status.clone().unwrap_or_default(),
            store: self.engine.stores.plugins.clone(),
            metrics: self.engine.metrics.clone(),
        }
    }

    async fn install(&self, key: &ObjectKey, object: &Plugin) -> Outcome {
        let interval = match object.spec.interval.as_ref().map(sluice_api::GoDuration::get) {
            None => DEFAULT_INTERVAL,
            Some(Ok(interval)) => interval,
            Some(Err(error)) => {
                let error = InstallError::Spec {
                    field: "spec.interval",
                    problem: error.to_string(),
                };
                return self.end(object, Err(error), DEFAULT_INTERVAL).await;
            }
        };
        let installed = install::install(&self.engine, key, object).await;
        self.end(object, installed, interval).await
    }

    async fn end(
        &self,
        object: &Plugin,
        result: Result<Installed, InstallError>,
        interval: Duration,
    ) -> Outcome {
        let mut status = object.status.clone().unwrap_or_default();
        let before = status.digest.clone();
        let outcome = match &result {
            Ok(installed) => {
                installed.describe(&mut status);
                Outcome::Next(jittered(interval, self.engine.options.jitter_percent))
            }
            Err(error) if error.is_stalling() => Outcome::Settled,
            Err(error) => {
                if matches!(error, InstallError::Revoked { .. }) {
                    forget(&mut status);
                }
                Outcome::Backoff(error.to_string())
            }
        };
        set_conditions(
            &mut status,
            object.metadata.generation.unwrap_or_default(),
            &result,
        );
        if let Some(asked) = request::requested_at(object) {
            status.last_handled_reconcile_at = Some(asked);
        }
        self.tell(object, &result, before.as_deref() != status.digest.as_deref());
        match self.writer(object).write(&status).await {
            Ok(()) => outcome,
            Err(error) => Outcome::Backoff(error.to_string()),
        }
    }

    fn tell(&self, object: &Plugin, result: &Result<Installed, InstallError>, changed: bool) {
        let subject = Subject::of(object);
        match result {
            Ok(installed) if changed => {
                let message = installed.message();
                self.recorder.record(
                    &subject,
                    Severity::Info,
                    reasons::SUCCEEDED,
                    &message,
                    IndexMap::new(),
                );
            }
            Ok(_) => {}
            Err(error) => {
                let message = error.to_string();
                self.recorder.record(
                    &subject,
                    Severity::Error,
                    error.reason(),
                    &message,
                    IndexMap::new(),
                );
            }
        }
    }
}

/// Nothing runs any more.
fn forget(status: &mut PluginStatus) {
    *status = PluginStatus {
        conditions: std::mem::take(&mut status.conditions),
        last_handled_reconcile_at: status.last_handled_reconcile_at.take(),
        observed_generation: status.observed_generation,
        ..PluginStatus::default()
    };
}

/// A failed update leaves what runs running, and says so.
fn set_conditions(status: &mut PluginStatus, generation: i64, result: &Result<Installed, InstallError>) {
    if result.is_ok() || result.as_ref().is_err_and(InstallError::is_stalling) {
        status.observed_generation = Some(generation);
    }
    let mut conditions = Conditions::new(&mut status.conditions, generation);
    match result {
        Ok(installed) => {
            conditions.delete(types::RECONCILING);
            conditions.delete(types::STALLED);
            conditions.mark_true(types::READY, reasons::SUCCEEDED, &installed.message());
        }
        Err(error) => {
            let message = error.to_string();
            if error.is_stalling() {
                conditions.mark_stalled(error.reason(), &message);
            } else {
                conditions.mark_reconciling(reasons::PROGRESSING_WITH_RETRY, &message);
            }
            conditions.mark_false(types::READY, error.reason(), &message);
        }
    }
}

#[async_trait]
impl Reconciler for PluginReconciler {
    fn kind(&self) -> &'static str {
        "Plugin"
    }

    fn group(&self) -> &'static str {
        "sluice.dev"
    }

    async fn reconcile(&self, work: &Work) -> Outcome {
        let Some(object) = self.engine.stores.plugins.get(&work.key) else {
            self.engine.plugins.remove(&work.key.name);
            return Outcome::Gone;
        };
        if object.spec.suspend == Some(true) {
            return Outcome::Settled;
        }
        self.install(&work.key, &object).await
    }
}
