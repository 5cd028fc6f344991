//! Takes events in, and finds the Alerts that want them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use sluice_api::Alert;
use sluice_model::event::{Event, Severity};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::dedup::Window;
use crate::dispatch::Dispatcher;
use crate::go_regex::RegexCache;
use crate::matching::{SourceMatch, labels_match, match_message, match_sources, may_reference};
use crate::metadata::{clean, drop_token};
use crate::port::{AlertReporter, NotifyStore};

/// How events are routed.
#[derive(Debug, Clone)]
pub struct RouterOptions {
    /// Equal events within it are sent once (`--rate-limit-interval`).
    pub window: Duration,
    /// Alerts get events of their own namespace only (`--no-cross-namespace-refs`).
    pub no_cross_namespace_refs: bool,
    /// Events that may wait for routing.
    pub queue: usize,
}

impl Default for RouterOptions {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(300),
            no_cross_namespace_refs: false,
            queue: 4096,
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It will be routed.
    Accepted,
    /// An equal one came within the window.
    Duplicate,
    /// Too many are waiting; it may come again.
    Overloaded,
}

/// The entry of the notification server. Clones are cheap.
#[derive(Clone)]
pub struct Router {
    window: Arc<Window>,
    queue: mpsc::Sender<Event>,
}

impl Router {
    /// A router and its task, which runs until `stop` (or until all clones are gone) and then routes what
    /// is queued and waits for the deliveries.
    pub fn new(
        store: Arc<dyn NotifyStore>,
        reporter: Arc<dyn AlertReporter>,
        dispatcher: Arc<Dispatcher>,
        options: &RouterOptions,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (queue, events) = mpsc::channel(options.queue);
        let routing = Routing {
            store,
            reporter,
            dispatcher,
            regexes: RegexCache::default(),
            no_cross_namespace_refs: options.no_cross_namespace_refs,
        };
        (
            Self {
                window: Arc::new(Window::new(options.window)),
                queue,
            },
            routing.run(events, stop),
        )
    }

    /// Takes an event in; never blocks.
    pub fn accept(&self, mut event: Event) -> Admission {
        if event.severity == Severity::Trace {
            return Admission::Accepted;
        }
        let Ok(slot) = self.queue.try_reserve() else {
            return Admission::Overloaded;
        };
        clean(&mut event);
        if !self.window.admit(&event) {
            return Admission::Duplicate;
        }
        drop_token(&mut event);
        slot.send(event);
        Admission::Accepted
    }
}

struct Routing {
    store: Arc<dyn NotifyStore>,
    reporter: Arc<dyn AlertReporter>,
    dispatcher: Arc<Dispatcher>,
    regexes: RegexCache,
    no_cross_namespace_refs: bool,
}

impl Routing {
    async fn run(self, mut events: mpsc::Receiver<Event>, stop: CancellationToken) {
        loop {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                () = stop.cancelled(), if !events.is_closed() => { events.close(); continue }
            };
            let Some(event) = event else { break };
            self.route(Arc::new(event)).await;
        }
        self.dispatcher.finish().await;
    }

    async fn route(&self, event: Arc<Event>) {
        for alert in self.store.alerts() {
            if self.wants(&alert, &event).await {
                if may_reference(&event, &alert, self.no_cross_namespace_refs) {
                    self.dispatcher.start(&event, &alert);
                } else {
                    self.dispatcher.report_denied(&alert, &event);
                }
            }
        }
    }

    async fn wants(&self, alert: &Alert, event: &Event) -> bool {
        if alert.spec.suspend == Some(true) {
            return false;
        }
        let from_source = match match_sources(event, alert) {
            SourceMatch::No => false,
            SourceMatch::Yes => true,
            SourceMatch::WithLabels(wanted) => self.has_labels(alert, event, &wanted).await,
        };
        if !from_source {
            return false;
        }
        let (passes, problems) = match_message(&self.regexes, &event.message, alert);
        for problem in problems {
            self.reporter
                .warn(alert, problem.reason, &problem.message, IndexMap::new());
        }
        passes
    }

    async fn has_labels(&self, alert: &Alert, event: &Event, wanted: &[BTreeMap<String, String>]) -> bool {
        match self.store.labels(&event.involved_object).await {
            Ok(labels) => labels_match(wanted, &labels),
            Err(reason) => {
                let object = &event.involved_object;
                let message = format!(
                    "failed to get source object {}/{}/{}: {reason}",
                    object.kind, object.namespace, object.name
                );
                self.reporter
                    .warn(alert, "SourceFetchFailed", &message, IndexMap::new());
                false
            }
        }
    }
}

#[cfg(test)]
#[path = "router_tests.rs"]
pub(crate) mod tests;
