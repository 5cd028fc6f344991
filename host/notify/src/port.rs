//! What routing and dispatch need from the outside: objects, plugins, and a place to report failures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_api::{Alert, Provider};
use sluice_model::event::{Event, ObjectReference};
use sluice_model::port::HttpEndpoint;
use sluice_model::secret::SecretData;

/// Reads the objects that notifications need; informers answer the first two from memory.
#[async_trait]
pub trait NotifyStore: Send + Sync {
    /// All Alerts.
    fn alerts(&self) -> Vec<Arc<Alert>>;

    /// A Provider.
    fn provider(&self, namespace: &str, name: &str) -> Option<Arc<Provider>>;

    /// A Secret's data.
    ///
    /// # Errors
    /// Why it cannot be read, naming it and no value of it.
    async fn secret(&self, namespace: &str, name: &str) -> Result<SecretData, String>;

    /// The labels of an object as they are now.
    ///
    /// # Errors
    /// Why they cannot be read.
    async fn labels(&self, object: &ObjectReference) -> Result<BTreeMap<String, String>, String>;
}

/// Tells the user about an Alert that does not work, by a Warning event on it. The events must reach the cluster only,
/// not the notification server.
pub trait AlertReporter: Send + Sync {
    /// Writes a Warning event.
    fn warn(&self, alert: &Alert, reason: &'static str, message: &str, annotations: IndexMap<String, String>);
}

/// Finds the plugin that serves a type of Provider.
pub trait NotifierCatalog: Send + Sync {
    /// The notifier of a type that objects of the namespace may use.
    ///
    /// # Errors
    /// There is none, or it is not ready; in words for the user.
    fn find(&self, type_: &str, namespace: &str) -> Result<Arc<dyn Notifier>, String>;
}

/// One call of a notifier.
#[derive(Clone)]
pub struct NotifierCall {
    /// Namespace of the Provider.
    pub namespace: String,
    /// Name of the Provider.
    pub name: String,
    /// JSON for the plugin; no credentials in it.
    pub config: String,
    /// The binding `target`: the Provider's address with its credentials.
    pub target: Arc<dyn HttpEndpoint>,
    /// How long the call may take.
    pub timeout: Duration,
}

/// A notifier plugin.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Delivers an event.
    async fn notify(&self, call: NotifierCall, event: &Event) -> Result<(), NotifyError>;
}

/// Why a notifier did not deliver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// May work later.
    #[error("{message}")]
    Transient {
        /// What failed.
        message: String,
        /// Least wait before trying again.
        after: Option<Duration>,
    },
    /// Will not work.
    #[error("{0}")]
    Failed(String),
}
