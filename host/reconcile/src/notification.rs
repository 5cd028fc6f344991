//! What routing and dispatch of events need, from the informers and the plugin store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::{Alert, Plugin, Provider};
use sluice_cluster::Cluster;
use sluice_event::{Recorder, Subject};
use sluice_model::event::{ObjectReference, Severity};
use sluice_model::{ObjectId, SecretData};
use sluice_notify::sandboxed::SandboxCatalog;
use sluice_notify::{AlertReporter, NotifyStore};
use sluice_sandbox::{Limits, PluginStore};

use crate::key::ObjectKey;
use crate::plugin::gate;
use crate::secret;
use crate::store::Store;

/// Alerts and Providers of the informers; Secrets and labels of the cluster.
pub struct Objects {
    /// Informer.
    pub alerts: Arc<Store<Alert>>,
    /// Informer.
    pub providers: Arc<Store<Provider>>,
    /// With our own identity.
    pub cluster: Cluster,
}

#[async_trait]
impl NotifyStore for Objects {
    fn alerts(&self) -> Vec<Arc<Alert>> {
        self.alerts.list()
    }

    fn provider(&self, namespace: &str, name: &str) -> Option<Arc<Provider>> {
        self.providers.get(&ObjectKey::new(namespace, name))
    }

    async fn secret(&self, namespace: &str, name: &str) -> Result<SecretData, String> {
        let read = secret::read(&self.cluster, namespace, ("the provider", Some(name))).await;
        match read {
            Ok(data) => Ok(data.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn labels(&self, object: &ObjectReference) -> Result<BTreeMap<String, String>, String> {
        let (group, version) = object
            .api_version
            .rsplit_once('/')
            .unwrap_or(("", &object.api_version));
        let id = ObjectId {
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            group: group.to_owned(),
            kind: object.kind.clone(),
        };
        let read = self
            .cluster
            .get_metadata(&id, version)
            .await
            .map_err(|error| error.to_string())?;
        let labels = read
            .metadata()
            .and_then(|metadata| metadata.get("labels"))
            .cloned()
            .unwrap_or_default();
        serde_json::from_value::<Option<_>>(labels)
            .map(Option::unwrap_or_default)
            .map_err(|error| error.to_string())
    }
}

/// Warns on Alerts, in the cluster only: what a notification could not tell must not become a notification.
pub struct Warnings(pub Recorder);

impl AlertReporter for Warnings {
    fn warn(
        &self,
        alert: &Alert,
        reason: &'static str,
        message: &str,
        annotations: IndexMap<String, String>,
    ) {
        self.0
            .record(&Subject::of(alert), Severity::Error, reason, message, annotations);
    }
}

/// Notifier plugins, as far as their Plugin objects allow them, within the limits that these set.
pub fn notifiers(plugins: PluginStore, objects: Arc<Store<Plugin>>) -> SandboxCatalog {
    let known = objects.clone();
    SandboxCatalog::new(
        plugins,
        Arc::new(move |plugin, namespace| gate::allows(&known, plugin, namespace)),
        Arc::new(move |plugin| gate::limits(&objects, plugin, Limits::NOTIFY)),
    )
}
