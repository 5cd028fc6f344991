//! Notifiers that are plugins of the sandbox.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_model::event::Event;
use sluice_model::port::Bindings;
use sluice_sandbox::{
    Call, CallError, CallObject, Failure, GuestError, Limits, Plugin, PluginSource, PluginStore, World,
};

use crate::port::{Notifier, NotifierCall, NotifierCatalog, NotifyError};

/// Name of the one endpoint that a notifier has.
const TARGET: &str = "target";

/// Decides whether objects of a namespace may use a plugin: `(plugin, namespace)`.
pub type Allows = dyn Fn(&str, &str) -> bool + Send + Sync;
/// Gives the limits of a plugin's calls by its name.
pub type LimitsOf = dyn Fn(&str) -> Limits + Send + Sync;

/// The notifiers of a [`PluginStore`].
pub struct SandboxCatalog {
    store: PluginStore,
    allows: Arc<Allows>,
    limits: Arc<LimitsOf>,
}

impl SandboxCatalog {
    /// A catalog; `allows` and `limits` answer from the Plugin objects.
    pub fn new(store: PluginStore, allows: Arc<Allows>, limits: Arc<LimitsOf>) -> Self {
        Self {
            store,
            allows,
            limits,
        }
    }
}

impl NotifierCatalog for SandboxCatalog {
    fn find(&self, type_: &str, namespace: &str) -> Result<Arc<dyn Notifier>, String> {
        let mut refused = None;
        let mut plugins = self.store.list();
        // what an operator installed comes before the defaults
        plugins.sort_by_key(|info| matches!(info.source, PluginSource::Builtin));
        for info in plugins {
            let serves =
                info.worlds.contains(&World::Notifier) && info.types.iter().any(|name| name == type_);
            if !serves {
                continue;
            }
            if !(self.allows)(&info.name, namespace) {
                refused = Some(info.name);
                continue;
            }
            if let Some(plugin) = self.store.get(&info.name) {
                return Ok(Arc::new(SandboxNotifier {
                    plugin,
                    limits: (self.limits)(&info.name),
                }));
            }
        }
        Err(match refused {
            Some(name) => {
                format!("plugin '{name}' serves type '{type_}', but not for namespace '{namespace}'")
            }
            None => format!("no plugin serves type '{type_}'"),
        })
    }
}

/// One notifier plugin with its limits.
pub struct SandboxNotifier {
    plugin: Arc<Plugin>,
    limits: Limits,
}

#[async_trait]
impl Notifier for SandboxNotifier {
    async fn notify(&self, call: NotifierCall, event: &Event) -> Result<(), NotifyError> {
        let object = CallObject {
            kind: "Provider".into(),
            namespace: call.namespace.clone(),
            name: call.name.clone(),
        };
        let limits = Limits {
            wall: self.limits.wall.min(call.timeout),
            ..self.limits
        };
        let bindings = Bindings {
            http: vec![(TARGET.to_owned(), call.target.clone())],
            ..Bindings::default()
        };
        let call_of_plugin = Call::new(object, limits).with_bindings(bindings);
        self.plugin
            .notify(&call_of_plugin, &call.config, event)
            .await
            .map_err(|error| notify_error(&error))
    }
}

fn notify_error(error: &CallError) -> NotifyError {
    match &error.failure {
        Failure::Guest(GuestError::Transient { after_ms, .. }) => NotifyError::Transient {
            message: error.to_string(),
            after: after_ms.map(Duration::from_millis),
        },
        Failure::Host(_) => NotifyError::Transient {
            message: error.to_string(),
            after: None,
        },
        _ => NotifyError::Failed(error.to_string()),
    }
}
