//! Writes events to the cluster as core/v1 Events.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sluice_cluster::k8s_openapi::api::core::v1::{Event as CoreEvent, EventSource, ObjectReference};
use sluice_cluster::k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use sluice_cluster::kube::api::{Patch, PatchParams, PostParams};
use sluice_cluster::kube::{Api, Client, Error};
use sluice_model::event::{Event, Severity};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::correlate::{Correlator, Decision, Series};

/// Where Events of cluster-scoped objects are written, as client-go does.
const DEFAULT_NAMESPACE: &str = "default";
const ATTEMPTS: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Writes what comes in until the queue ends, or is empty after `stop`.
pub(crate) async fn run(client: Client, mut events: mpsc::Receiver<Event>, stop: CancellationToken) {
    let mut correlator = Correlator::new();
    loop {
        let event = tokio::select! {
            biased;
            event = events.recv() => event,
            () = stop.cancelled(), if !events.is_closed() => { events.close(); continue }
        };
        let Some(event) = event else { return };
        publish(&client, &mut correlator, &event).await;
    }
}

async fn publish(client: &Client, correlator: &mut Correlator, event: &Event) {
    let type_ = event_type(event.severity);
    let mut result = match correlator.decide(event, type_, Timestamp::now()) {
        Decision::Drop => return,
        Decision::Create(series) => create(client, event, type_, &series).await,
        Decision::Repeat(series) => repeat(client, event, &series).await,
    };
    if matches!(&result, Err(error) if is_not_found(error)) {
        // The Event that was counted up has expired.
        correlator.forget(event, type_);
        if let Decision::Create(series) = correlator.decide(event, type_, Timestamp::now()) {
            result = create(client, event, type_, &series).await;
        }
    }
    if let Err(error) = result {
        correlator.forget(event, type_);
        let object = &event.involved_object;
        tracing::warn!(
            kind = %object.kind, namespace = %object.namespace, name = %object.name, reason = %event.reason, %error,
            "failed to write an event to the cluster",
        );
    }
}

/// A trace is a normal Event; only the notification server does not see it.
fn event_type(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Warning",
        Severity::Info | Severity::Trace => "Normal",
    }
}

async fn create(client: &Client, event: &Event, type_: &str, series: &Series) -> Result<(), Error> {
    let api: Api<CoreEvent> = Api::namespaced(client.clone(), namespace(event));
    let body = core_event(event, type_, series);
    retried(|| async { api.create(&PostParams::default(), &body).await.map(drop) }).await
}

async fn repeat(client: &Client, event: &Event, series: &Series) -> Result<(), Error> {
    let api: Api<CoreEvent> = Api::namespaced(client.clone(), namespace(event));
    let patch = Patch::Merge(json!({ "count": series.count, "lastTimestamp": Time(series.last) }));
    retried(|| async {
        api.patch(&series.name, &PatchParams::default(), &patch)
            .await
            .map(drop)
    })
    .await
}

/// Tries again what may work later: no answer, or one of the server's own faults.
async fn retried<F: Future<Output = Result<(), Error>>>(mut call: impl FnMut() -> F) -> Result<(), Error> {
    let mut wait = FIRST_WAIT;
    for _ in 1..ATTEMPTS {
        match call().await {
            Err(Error::Api(status)) if status.code < 500 && status.code != 429 => {
                return Err(Error::Api(status));
            }
            Err(_) => tokio::time::sleep(wait).await,
            Ok(()) => return Ok(()),
        }
        wait *= 2;
    }
    call().await
}

fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Api(status) if status.code == 404)
}

fn namespace(event: &Event) -> &str {
    match event.involved_object.namespace.as_str() {
        "" => DEFAULT_NAMESPACE,
        namespace => namespace,
    }
}

fn core_event(event: &Event, type_: &str, series: &Series) -> CoreEvent {
    let object = &event.involved_object;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let annotations = event
        .metadata
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    CoreEvent {
        metadata: ObjectMeta {
            name: Some(series.name.clone()),
            namespace: Some(namespace(event).to_owned()),
            annotations: Some(annotations).filter(|_| !event.metadata.is_empty()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: text(&object.api_version),
            kind: text(&object.kind),
            namespace: text(&object.namespace),
            name: text(&object.name),
            uid: text(&object.uid),
            resource_version: text(&object.resource_version),
            ..ObjectReference::default()
        },
        reason: text(&event.reason),
        message: text(&event.message),
        type_: Some(type_.to_owned()),
        count: Some(series.count),
        first_timestamp: Some(Time(series.first)),
        last_timestamp: Some(Time(series.last)),
        source: Some(EventSource {
            component: text(&event.reporting_controller),
            host: None,
        }),
        reporting_component: text(&event.reporting_controller),
        ..CoreEvent::default()
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
