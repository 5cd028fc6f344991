//! The entry for reconcilers: makes events and queues them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use sluice_cluster::kube::Client;
use sluice_model::event::{Event, MAX_MESSAGE, Severity};
use sluice_model::port::HttpEndpoint;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deliver;
use crate::publish;
use crate::subject::Subject;

/// Deliveries run side by side; events of one object stay in order.
const LANES: usize = 8;

/// Where events go besides the cluster.
#[derive(Clone)]
pub enum Destination {
    /// Nowhere.
    None,
    /// To the notification server at `--events-addr`; the endpoint's timeout is one attempt's (Flux: 5 s).
    Endpoint(Arc<dyn HttpEndpoint>),
    /// To the notification server of this process. Must not block.
    Direct(Arc<dyn Fn(Event) + Send + Sync>),
}

/// How a [`Recorder`] works.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    /// The host's name, told as `reportingInstance`.
    pub instance: String,
    /// Most events that wait for the cluster, and for all lanes of the endpoint together.
    pub queue: usize,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            instance: String::new(),
            queue: 4096,
        }
    }
}

/// Records events in the name of one controller. Clones are cheap.
#[derive(Clone)]
pub struct Recorder {
    controller: Arc<str>,
    shared: Arc<Shared>,
}

struct Shared {
    instance: String,
    cluster: Option<mpsc::Sender<Event>>,
    lanes: Vec<mpsc::Sender<Event>>,
    direct: Option<Arc<dyn Fn(Event) + Send + Sync>>,
    dropped: AtomicU64,
}

/// The tasks behind a [`Recorder`].
pub struct Workers {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Ends the tasks after they have done what is queued, or after `longest`.
    pub async fn finish(mut self, longest: Duration) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(longest, all).await.is_err() {
            tracing::warn!("events were still queued at the end");
        }
    }
}

impl Recorder {
    /// Starts the workers; must be called inside a Tokio runtime. `controller` names who reports, for example
    /// `kustomize-controller`; see [`Recorder::named`].
    pub fn start(
        controller: &str,
        client: Client,
        destination: Destination,
        options: RecorderOptions,
    ) -> (Self, Workers) {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (cluster, events) = mpsc::channel(options.queue);
        tasks.spawn(publish::run(client, events, stop.clone()));
        let mut shared = Shared {
            instance: options.instance,
            cluster: Some(cluster),
            lanes: Vec::new(),
            direct: None,
            dropped: AtomicU64::new(0),
        };
        match destination {
            Destination::None => {}
            Destination::Direct(accept) => shared.direct = Some(accept),
            Destination::Endpoint(endpoint) => {
                for _ in 0..LANES {
                    let (lane, events) = mpsc::channel(options.queue.div_ceil(LANES));
                    tasks.spawn(deliver::run(endpoint.clone(), events, stop.clone()));
                    shared.lanes.push(lane);
                }
            }
        }
        (
            Self {
                controller: controller.into(),
                shared: Arc::new(shared),
            },
            Workers { stop, tasks },
        )
    }

    /// A recorder whose events, traces too, come out of a channel; for tests of what records.
    pub fn channel(controller: &str, queue: usize) -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(queue);
        let shared = Shared {
            instance: "test".into(),
            cluster: Some(sender),
            lanes: Vec::new(),
            direct: None,
            dropped: AtomicU64::new(0),
        };
        (
            Self {
                controller: controller.into(),
                shared: Arc::new(shared),
            },
            receiver,
        )
    }

    /// The same recorder in the name of another controller.
    #[must_use]
    pub fn named(&self, controller: &str) -> Self {
        Self {
            controller: controller.into(),
            shared: self.shared.clone(),
        }
    }

    /// How many events were dropped because a queue was full.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Records an event. Keys of `metadata` are prefixed with the object's API group (or `event.toolkit.fluxcd.io/`);
    /// the message is cut to [`MAX_MESSAGE`] bytes. [`Severity::Trace`] reaches the cluster only.
    pub fn record(
        &self,
        subject: &Subject,
        severity: Severity,
        reason: &str,
        message: &str,
        metadata: IndexMap<String, String>,
    ) {
        let event = self.event(subject, severity, reason, message, metadata);
        if severity != Severity::Trace && subject.routable() {
            self.hand_over(&event);
        }
        if let Some(cluster) = &self.shared.cluster {
            self.queue(cluster, event, "the cluster");
        }
    }

    fn event(
        &self,
        subject: &Subject,
        severity: Severity,
        reason: &str,
        message: &str,
        mut metadata: IndexMap<String, String>,
    ) -> Event {
        metadata.extend(subject.annotations.iter().cloned());
        let end = message.floor_char_boundary(MAX_MESSAGE);
        Event {
            involved_object: subject.reference.clone(),
            severity,
            timestamp: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            message: message.get(..end).unwrap_or_default().to_owned(),
            reason: reason.to_owned(),
            metadata,
            reporting_controller: self.controller.to_string(),
            reporting_instance: self.shared.instance.clone(),
        }
    }

    fn hand_over(&self, event: &Event) {
        if let Some(accept) = &self.shared.direct {
            accept(event.clone());
        }
        if let Some(lane) = self.lane(event) {
            self.queue(lane, event.clone(), "the notification server");
        }
    }

    fn lane(&self, event: &Event) -> Option<&mpsc::Sender<Event>> {
        let mut hasher = DefaultHasher::new();
        let object = &event.involved_object;
        (&object.kind, &object.namespace, &object.name).hash(&mut hasher);
        let lanes = &self.shared.lanes;
        let index = hasher.finish().checked_rem(lanes.len() as u64)?;
        lanes.get(usize::try_from(index).ok()?)
    }

    fn queue(&self, queue: &mpsc::Sender<Event>, event: Event, whom: &str) {
        if let Err(error) = queue.try_send(event) {
            let event = error.into_inner();
            let dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            // Powers of two: a flood says so without being one itself.
            if dropped.is_power_of_two() {
                let object = &event.involved_object;
                tracing::warn!(
                    kind = %object.kind, namespace = %object.namespace, name = %object.name, reason = %event.reason,
                    dropped, "dropped an event for {whom}: too many are waiting",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_api::{GitRepository, GitRepositorySpec};
    use sluice_cluster::kube::ResourceExt;

    fn repository() -> GitRepository {
        let spec: GitRepositorySpec =
            serde_json::from_str(r#"{"interval":"1m","url":"https://git.example/x"}"#).expect("a spec");
        let mut repository = GitRepository::new("podinfo", spec);
        repository.metadata.namespace = Some("apps".into());
        repository.metadata.uid = Some("u-1".into());
        repository
            .annotations_mut()
            .insert("event.toolkit.fluxcd.io/cluster".into(), "prod".into());
        repository
            .annotations_mut()
            .insert("other/key".into(), "hidden".into());
        repository
    }

    fn metadata(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    #[tokio::test]
    async fn events_carry_the_object_and_its_event_annotations() {
        let (recorder, mut events) = Recorder::channel("source-controller", 4);
        let given = metadata(&[
            ("source.toolkit.fluxcd.io/revision", "main@sha1:1"),
            ("event.toolkit.fluxcd.io/cluster", "overridden by the object"),
        ]);
        recorder.record(
            &Subject::of(&repository()),
            Severity::Info,
            "NewArtifact",
            "stored",
            given,
        );
        let event = events.recv().await.expect("an event");
        let json = serde_json::to_value(&event).expect("serialises");
        assert_eq!(
            json["involvedObject"]["apiVersion"],
            "source.toolkit.fluxcd.io/v1"
        );
        assert_eq!(json["involvedObject"]["kind"], "GitRepository");
        assert_eq!(json["involvedObject"]["uid"], "u-1");
        assert_eq!(json["severity"], "info");
        assert_eq!(json["reportingController"], "source-controller");
        let want = metadata(&[
            ("source.toolkit.fluxcd.io/revision", "main@sha1:1"),
            ("event.toolkit.fluxcd.io/cluster", "prod"),
        ]);
        assert_eq!(event.metadata, want);
        assert!(
            event.timestamp.parse::<Timestamp>().is_ok() && event.timestamp.len() == 20,
            "{}",
            event.timestamp
        );
    }

    #[tokio::test]
    async fn long_messages_are_cut_between_characters() {
        let (recorder, mut events) = Recorder::channel("x", 1);
        let subject = Subject::of(&repository());
        recorder.record(
            &subject,
            Severity::Error,
            "Failed",
            &"é".repeat(MAX_MESSAGE),
            IndexMap::new(),
        );
        let event = events.recv().await.expect("an event");
        assert_eq!(event.message.len(), MAX_MESSAGE);
    }

    #[tokio::test]
    async fn a_full_queue_drops_and_counts_and_does_not_block() {
        let (recorder, mut events) = Recorder::channel("x", 2);
        let subject = Subject::of(&repository());
        for _ in 0..5 {
            recorder.record(&subject, Severity::Info, "Succeeded", "m", IndexMap::new());
        }
        assert_eq!(recorder.dropped(), 3);
        assert_eq!(recorder.named("y").dropped(), 3);
        assert!(events.recv().await.is_some());
    }
}
