//! Delivers an event to one Alert's Provider.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use parking_lot::Mutex;
use sluice_api::{Alert, Provider};
use sluice_model::event::Event;
use sluice_transport::Transport;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::gate;
use crate::metadata::combine;
use crate::port::{AlertReporter, NotifierCall, NotifierCatalog, NotifyError, NotifyStore};
use crate::target::{PrepareError, Prepared, prepare};

/// Deliveries at one time, in all and for one namespace: a slow endpoint holds up its own namespace only.
const TOTAL: usize = 64;
const PER_NAMESPACE: usize = 8;
/// Deliveries of one namespace that run or wait.
const PENDING_PER_NAMESPACE: usize = 256;
/// Waits between attempts (Flux: from 2 s, doubling, within the Provider's timeout).
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 5;
const MAX_MESSAGE: usize = 1024;
const DISPATCH_FAILED: &str = "NotificationDispatchFailed";
const CONFLICT: &str = "metadata key conflicts: more than one place sets the same key, see the annotations";

/// Why an event did not reach an Alert's Provider.
#[derive(Debug, thiserror::Error)]
enum DispatchError {
    #[error("failed to read provider '{namespace}/{name}': not found")]
    ProviderNotFound { namespace: String, name: String },
    #[error("failed to initialize notifier for provider '{provider}': {source}")]
    Prepare { provider: String, source: PrepareError },
    #[error("failed to initialize notifier for provider '{provider}': {reason}")]
    Notifier { provider: String, reason: String },
    #[error("{0}")]
    Send(String),
}

/// Delivers events; shared by all routing.
pub struct Dispatcher {
    store: Arc<dyn NotifyStore>,
    catalog: Arc<dyn NotifierCatalog>,
    reporter: Arc<dyn AlertReporter>,
    transport: Arc<Transport>,
    total: Arc<Semaphore>,
    namespaces: Mutex<HashMap<String, Arc<Lane>>>,
    deliveries: TaskTracker,
}

struct Lane {
    running: Arc<Semaphore>,
    pending: Arc<Semaphore>,
}

impl Dispatcher {
    /// A dispatcher.
    pub fn new(
        store: Arc<dyn NotifyStore>,
        catalog: Arc<dyn NotifierCatalog>,
        reporter: Arc<dyn AlertReporter>,
        transport: Arc<Transport>,
    ) -> Self {
        let total = Arc::new(Semaphore::new(TOTAL));
        Self {
            store,
            catalog,
            reporter,
            transport,
            total,
            namespaces: Mutex::default(),
            deliveries: TaskTracker::new(),
        }
    }

    /// Starts the delivery of an event to an Alert; failures become Warning events on the Alert.
    pub fn start(self: &Arc<Self>, event: &Arc<Event>, alert: &Arc<Alert>) {
        let namespace = alert.metadata.namespace.clone().unwrap_or_default();
        let lane = self.lane(&namespace);
        let Ok(pending) = lane.pending.clone().try_acquire_owned() else {
            return self.report(
                alert,
                event,
                "too many notifications of this namespace are waiting",
            );
        };
        let (this, event, alert) = (self.clone(), event.clone(), alert.clone());
        self.deliveries.spawn(async move {
            let Some(_permits) = this.permits(&lane).await else {
                return;
            };
            if let Err(error) = this.dispatch(&event, &alert).await {
                this.report(&alert, &event, &error.to_string());
            }
            drop(pending);
        });
    }

    /// Waits until what was started has ended; each delivery ends within its Provider's timeout.
    pub async fn finish(&self) {
        self.deliveries.close();
        self.deliveries.wait().await;
    }

    async fn permits(&self, lane: &Lane) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let own = lane.running.clone().acquire_owned().await.ok()?;
        Some((own, self.total.clone().acquire_owned().await.ok()?))
    }

    fn lane(&self, namespace: &str) -> Arc<Lane> {
        let mut namespaces = self.namespaces.lock();
        // A lane that nobody uses holds nothing worth keeping.
        namespaces.retain(|_, lane| lane.pending.available_permits() < PENDING_PER_NAMESPACE);
        let lane = namespaces.entry(namespace.to_owned()).or_insert_with(|| {
            Arc::new(Lane {
                running: Arc::new(Semaphore::new(PER_NAMESPACE)),
                pending: Arc::new(Semaphore::new(PENDING_PER_NAMESPACE)),
            })
        });
        lane.clone()
    }

    async fn dispatch(&self, event: &Event, alert: &Alert) -> Result<(), DispatchError> {
        let namespace = alert.metadata.namespace.as_deref().unwrap_or_default();
        let name = &alert.spec.provider_ref.name;
        let provider =
            self.store
                .provider(namespace, name)
                .ok_or_else(|| DispatchError::ProviderNotFound {
                    namespace: namespace.to_owned(),
                    name: name.clone(),
                })?;
        if provider.spec.suspend == Some(true) || !gate::passes(event, &provider.spec.type_) {
            return Ok(());
        }
        let event = self.complete(event, alert);
        let prepared = prepare(self.store.as_ref(), &provider, alert)
            .await
            .map_err(|source| DispatchError::Prepare {
                provider: name.clone(),
                source,
            })?;
        self.send(&provider, &prepared, &event)
            .await
            .map_err(|error| DispatchError::Send(prepared.mask.text(&error.to_string())))
    }

    /// The event with the metadata that is sent.
    fn complete(&self, event: &Event, alert: &Alert) -> Event {
        let combined = combine(event, alert);
        if !combined.conflicts.is_empty() {
            self.reporter
                .warn(alert, "MetadataAppendFailed", CONFLICT, combined.conflicts);
        }
        Event {
            metadata: combined.metadata,
            ..event.clone()
        }
    }

    async fn send(
        &self,
        provider: &Provider,
        prepared: &Prepared,
        event: &Event,
    ) -> Result<(), DispatchError> {
        let name = provider.metadata.name.clone().unwrap_or_default();
        let namespace = provider.metadata.namespace.clone().unwrap_or_default();
        let fail = |reason: String| DispatchError::Notifier {
            provider: name.clone(),
            reason,
        };
        let notifier = self
            .catalog
            .find(&provider.spec.type_, &namespace)
            .map_err(fail)?;
        let target = self
            .transport
            .http(&prepared.target)
            .map_err(|error| fail(error.to_string()))?;
        let call = NotifierCall {
            namespace,
            name: name.clone(),
            config: prepared.config.clone(),
            target,
            timeout: prepared.timeout,
        };
        let mut last = String::new();
        let attempts = attempts(notifier.as_ref(), &call, event, &mut last);
        match tokio::time::timeout(prepared.timeout, attempts).await {
            Ok(result) => result.map_err(|error| DispatchError::Send(error.to_string())),
            Err(_) if last.is_empty() => Err(DispatchError::Send(format!(
                "timed out after {:?}",
                prepared.timeout
            ))),
            Err(_) => Err(DispatchError::Send(format!(
                "{last} (gave up after {:?})",
                prepared.timeout
            ))),
        }
    }

    fn report(&self, alert: &Alert, event: &Event, problem: &str) {
        let object = &event.involved_object;
        let end = problem.floor_char_boundary(MAX_MESSAGE);
        let message = format!(
            "failed to send notification for {}/{}/{}: {}",
            object.kind,
            object.namespace,
            object.name,
            problem.get(..end).unwrap_or_default()
        );
        self.reporter
            .warn(alert, DISPATCH_FAILED, &message, IndexMap::new());
    }

    /// Tells that an Alert was refused an event.
    pub(crate) fn report_denied(&self, alert: &Alert, event: &Event) {
        let problem =
            "access denied to the object of another namespace: cross-namespace references are blocked";
        self.report(alert, event, problem);
    }
}

/// Calls the notifier until it delivers or fails for good; `last` holds the failure that is waited for.
async fn attempts(
    notifier: &dyn crate::port::Notifier,
    call: &NotifierCall,
    event: &Event,
    last: &mut String,
) -> Result<(), NotifyError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..ATTEMPTS {
        match notifier.notify(call.clone(), event).await {
            Err(NotifyError::Transient { message, after }) => {
                *last = message;
                tokio::time::sleep(wait.max(after.unwrap_or_default())).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            result => return result,
        }
    }
    notifier.notify(call.clone(), event).await
}
