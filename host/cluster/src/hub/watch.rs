//! Keeps one metadata watch alive for a kind: through closed connections, `410 Gone`, missing kinds, missing rights.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::core::{DynamicObject, PartialObjectMeta};
use kube::runtime::watcher::{self, watcher};
use parking_lot::Mutex;

use super::kind::Kind;
use crate::client::Cluster;
use crate::discovery::Resource;
use crate::error::ClusterError;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often waiting owners look for themselves when the kind cannot be watched.
const NUDGE: Duration = Duration::from_secs(5);

pub(super) type Metadata = PartialObjectMeta<DynamicObject>;

/// Why a watch ended.
pub(super) enum Ended {
    /// The kind is not served.
    Missing,
    /// The hub's identity may not watch it, or the kind has no watch.
    Refused(String),
    /// The server does not answer.
    Failed(ClusterError),
}

/// Growing pauses with jitter.
pub(super) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0.mul_f64(rand::random_range(0.8..1.2));
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        pause
    }

    pub(super) fn reset(&mut self) {
        self.0 = FIRST_PAUSE;
    }
}

/// Runs until aborted.
pub(super) async fn run(cluster: Cluster, kind: Arc<Mutex<Kind>>, version: String) {
    let (group, name) = {
        let kind = kind.lock();
        (kind.group.clone(), kind.kind.clone())
    };
    let mut pause = Pause::default();
    let mut served = cluster.discovery().changes();
    loop {
        served.borrow_and_update();
        let ended = match resolve(&cluster, &group, &version, &name).await {
            Ok(resource) => follow(&cluster, &kind, &resource, &mut pause).await,
            Err(ended) => ended,
        };
        let pause = settle(&cluster, &kind, &name, ended, &mut pause);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = served.changed() => {}
        }
    }
}

/// Tells the owners what the end of the watch means for them, and how long to wait before the next try.
fn settle(cluster: &Cluster, kind: &Mutex<Kind>, name: &str, ended: Ended, pause: &mut Pause) -> Duration {
    match ended {
        Ended::Missing => {
            tracing::debug!(kind = name, "kind is not served");
            cluster.discovery().invalidate();
            kind.lock().vanish();
            pause.next()
        }
        Ended::Refused(reason) => {
            tracing::warn!(
                kind = name,
                reason,
                "kind cannot be watched, looking every {} s",
                NUDGE.as_secs()
            );
            kind.lock().nudge();
            NUDGE
        }
        Ended::Failed(error) => {
            tracing::debug!(kind = name, %error, "watch failed");
            pause.next()
        }
    }
}

pub(super) async fn resolve(
    cluster: &Cluster,
    group: &str,
    version: &str,
    kind: &str,
) -> Result<Arc<Resource>, Ended> {
    match cluster.discovery().resolve(group, version, kind, true).await {
        Ok(resource) if resource.allows("watch") && resource.allows("list") => Ok(resource),
        Ok(_) => Err(Ended::Refused("the kind has no watch".to_owned())),
        Err(ClusterError::NoMatch { uncertain: false, .. }) => Err(Ended::Missing),
        Err(error) => Err(Ended::Failed(error)),
    }
}

async fn follow(cluster: &Cluster, kind: &Mutex<Kind>, resource: &Resource, pause: &mut Pause) -> Ended {
    let api = Api::<Metadata>::all_with(cluster.client(), &resource.api_resource());
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()));
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                pause.reset();
                take(&mut kind.lock(), event);
            }
            Err(error) => {
                if let Some(ended) = ended(error) {
                    return ended;
                }
                tokio::time::sleep(pause.next()).await;
            }
        }
    }
    Ended::Missing
}

fn take(kind: &mut Kind, event: watcher::Event<Metadata>) {
    match event {
        watcher::Event::Init => kind.start_listing(),
        watcher::Event::InitApply(object) | watcher::Event::Apply(object) => kind.applied(&object.metadata),
        watcher::Event::InitDone => kind.finish_listing(),
        watcher::Event::Delete(object) => kind.deleted(&object.metadata),
    }
}

/// Whether the watch is over; none when it recovers by itself at the next poll.
pub(super) fn ended(error: watcher::Error) -> Option<Ended> {
    use watcher::Error;
    let error = match error {
        Error::InitialListFailed(error) | Error::WatchStartFailed(error) | Error::WatchFailed(error) => {
            error.into()
        }
        Error::WatchError(status) => ClusterError::from_status(&status),
        Error::NoResourceVersion => return Some(Ended::Refused("the kind has no versions".to_owned())),
    };
    match error {
        ClusterError::NotFound { .. } => Some(Ended::Missing),
        ClusterError::Forbidden { message } | ClusterError::Unauthorized { message } => {
            Some(Ended::Refused(message))
        }
        ClusterError::Other {
            code: 405, message, ..
        } => Some(Ended::Refused(message)),
        error => {
            tracing::debug!(%error, "watch interrupted");
            None
        }
    }
}
