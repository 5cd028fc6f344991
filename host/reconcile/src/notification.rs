//! What routing and dispatch of events need, from the informers and the plugin store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::{Alert, Provider};
use sluice_cluster::Cluster;
use sluice_event::{Recorder, Subject};
use sluice_model::event::{Event, ObjectReference, Severity};
use sluice_model::port::Bindings;
use sluice_model::{ObjectId, SecretData};
use sluice_notify::{AlertReporter, Notifier, NotifierCall, NotifierCatalog, NotifyError, NotifyStore};
use sluice_sandbox::{Call, CallError, CallObject, Failure, GuestError, Limits, Plugin, PluginStore, World};

use crate::key::ObjectKey;
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

/// Notifier plugins by the types they serve.
pub struct Notifiers(pub PluginStore);

impl NotifierCatalog for Notifiers {
    fn find(&self, type_: &str, _namespace: &str) -> Result<Arc<dyn Notifier>, String> {
        let plugin = self.0.serving(World::Notifier, type_);
        let plugin = plugin.ok_or_else(|| format!("no installed plugin serves the type {type_:?}"))?;
        Ok(Arc::new(PluginNotifier(plugin)))
    }
}

struct PluginNotifier(Arc<Plugin>);

#[async_trait]
impl Notifier for PluginNotifier {
    async fn notify(&self, call: NotifierCall, event: &Event) -> Result<(), NotifyError> {
        let bindings = Bindings {
            http: vec![("target".to_owned(), call.target)],
            ..Bindings::default()
        };
        let made = Call {
            object: CallObject {
                kind: "Provider".into(),
                namespace: call.namespace,
                name: call.name,
            },
            limits: Limits {
                wall: call.timeout,
                ..Limits::NOTIFY
            },
            bindings,
        };
        self.0
            .notify(&made, &call.config, event)
            .await
            .map_err(|error| why(&error))
    }
}

fn why(error: &CallError) -> NotifyError {
    match &error.failure {
        Failure::Guest(GuestError::Transient { message, after_ms }) => NotifyError::Transient {
            message: message.clone(),
            after: after_ms.map(std::time::Duration::from_millis),
        },
        Failure::Guest(guest) => NotifyError::Failed(guest.to_string()),
        _ => NotifyError::Failed(error.to_string()),
    }
}
