//! Posts events to the notification server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sluice_model::event::Event;
use sluice_model::port::{EndpointError, HttpEndpoint, HttpRequest};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Waits between attempts (Flux's client: 1 s doubling to 30 s, four times).
const WAITS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
const TOO_MANY_REQUESTS: u16 = 429;
const NOT_IMPLEMENTED: u16 = 501;

/// Posts what comes in until the queue ends, or is empty after `stop`; then nothing is tried twice.
pub(crate) async fn run(
    endpoint: Arc<dyn HttpEndpoint>,
    mut events: mpsc::Receiver<Event>,
    stop: CancellationToken,
) {
    loop {
        let event = tokio::select! {
            biased;
            event = events.recv() => event,
            () = stop.cancelled(), if !events.is_closed() => { events.close(); continue }
        };
        let Some(event) = event else { return };
        if let Err(reason) = deliver(endpoint.as_ref(), &event, &stop).await {
            let object = &event.involved_object;
            tracing::warn!(
                kind = %object.kind, namespace = %object.namespace, name = %object.name, reason = %event.reason,
                error = %reason, "failed to post an event to the notification server",
            );
        }
    }
}

enum Attempt {
    Done,
    Later(String),
    Never(String),
}

async fn deliver(endpoint: &dyn HttpEndpoint, event: &Event, stop: &CancellationToken) -> Result<(), String> {
    let body = serde_json::to_vec(event)
        .map(Bytes::from)
        .map_err(|error| error.to_string())?;
    for wait in WAITS {
        match attempt(endpoint, body.clone()).await {
            Attempt::Done => return Ok(()),
            Attempt::Never(reason) => return Err(reason),
            Attempt::Later(reason) if stop.is_cancelled() => return Err(reason),
            Attempt::Later(_) => {}
        }
        tokio::select! { () = tokio::time::sleep(wait) => {}, () = stop.cancelled() => {} }
    }
    match attempt(endpoint, body).await {
        Attempt::Done => Ok(()),
        Attempt::Later(reason) | Attempt::Never(reason) => Err(reason),
    }
}

/// One post. A 429 tells that the event is a duplicate and is never tried again.
async fn attempt(endpoint: &dyn HttpEndpoint, body: Bytes) -> Attempt {
    let request = HttpRequest {
        method: "POST".into(),
        path: String::new(),
        query: Vec::new(),
        headers: vec![("Content-Type".into(), "application/json".into())],
        body,
        sign: None,
    };
    match endpoint.send(request).await {
        Ok(response) => match response.status {
            200..300 | TOO_MANY_REQUESTS => Attempt::Done,
            status @ 500.. if status != NOT_IMPLEMENTED => Attempt::Later(format!("status {status}")),
            status => Attempt::Never(format!("status {status}")),
        },
        Err(EndpointError::Transient { message, .. }) => Attempt::Later(message),
        Err(error) => Attempt::Never(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use parking_lot::Mutex;
    use sluice_model::event::{ObjectReference, Severity};
    use sluice_model::port::HttpResponse;

    /// Answers with these statuses in turn (0: no answer), then with 202.
    #[derive(Default)]
    struct Server {
        statuses: Mutex<Vec<u16>>,
        bodies: Mutex<Vec<Bytes>>,
    }

    #[async_trait]
    impl HttpEndpoint for Server {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", ""));
            self.bodies.lock().push(request.body);
            let mut statuses = self.statuses.lock();
            let status = if statuses.is_empty() {
                202
            } else {
                statuses.remove(0)
            };
            if status == 0 {
                return Err(EndpointError::Transient {
                    message: "connection refused".into(),
                    after_ms: None,
                });
            }
            Ok(HttpResponse {
                status,
                headers: Vec::new(),
                body: Bytes::new(),
            })
        }
    }

    fn event() -> Event {
        Event {
            involved_object: ObjectReference {
                kind: "Kustomization".into(),
                ..Default::default()
            },
            severity: Severity::Info,
            timestamp: "2026-11-23T10:00:00Z".into(),
            message: "m".into(),
            reason: "Succeeded".into(),
            metadata: Default::default(),
            reporting_controller: "kustomize-controller".into(),
            reporting_instance: String::new(),
        }
    }

    async fn attempts(statuses: &[u16]) -> (usize, bool) {
        let server = Server {
            statuses: Mutex::new(statuses.to_vec()),
            ..Default::default()
        };
        let result = deliver(&server, &event(), &CancellationToken::new()).await;
        (server.bodies.into_inner().len(), result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn retries_what_may_work_later_only() {
        assert_eq!(attempts(&[]).await, (1, true));
        assert_eq!(
            attempts(&[429]).await,
            (1, true),
            "a duplicate is no failure and never tried again"
        );
        assert_eq!(attempts(&[0, 503]).await, (3, true));
        assert_eq!(attempts(&[400]).await, (1, false));
        assert_eq!(attempts(&[501]).await, (1, false));
        assert_eq!(attempts(&[500, 500, 500, 500, 500, 500]).await, (5, false));
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_delivers_what_is_queued_without_waiting() {
        let server = Arc::new(Server {
            statuses: Mutex::new(vec![0, 0]),
            ..Default::default()
        });
        let (sender, receiver) = mpsc::channel(4);
        let stop = CancellationToken::new();
        stop.cancel();
        sender.send(event()).await.expect("queued");
        sender.send(event()).await.expect("queued");
        let before = tokio::time::Instant::now();
        run(server.clone(), receiver, stop).await;
        assert_eq!(server.bodies.lock().len(), 2);
        assert!(before.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn the_body_is_the_event() {
        let server = Server::default();
        deliver(&server, &event(), &CancellationToken::new())
            .await
            .expect("delivered");
        let read: Event = serde_json::from_slice(&server.bodies.lock()[0]).expect("an event");
        assert_eq!(read, event());
    }
}
