//! Signals for whatever a label selector finds in one namespace, for example the pods of a StatefulSet.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::runtime::watcher::{self, watcher};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::watch::{self, Metadata, Pause};
use crate::client::Cluster;

const NUDGE: Duration = Duration::from_secs(5);

/// A watch of its own over few objects; it ends when this is dropped.
pub struct Selection {
    changed: Arc<Notify>,
    task: AbortHandle,
}

impl Drop for Selection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Selection {
    pub(super) fn start(cluster: Cluster, group: &str, kind: &str, namespace: &str, selector: &str) -> Self {
        let changed = Arc::new(Notify::new());
        let wanted = Wanted {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            selector: selector.to_owned(),
        };
        let task = tokio::spawn(run(cluster, wanted, changed.clone())).abort_handle();
        Self { changed, task }
    }

    /// Waits until something may have changed; also once, soon after the start, when the watch has caught up.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

struct Wanted {
    group: String,
    kind: String,
    namespace: String,
    selector: String,
}

async fn run(cluster: Cluster, wanted: Wanted, changed: Arc<Notify>) {
    let mut pause = Pause::default();
    loop {
        if let Ok(resource) = watch::resolve(&cluster, &wanted.group, "", &wanted.kind).await {
            let api = Api::<Metadata>::namespaced_with(
                cluster.client(),
                &wanted.namespace,
                &resource.api_resource(),
            );
            let config = watcher::Config::default().labels(&wanted.selector);
            let mut events = std::pin::pin!(watcher(api, config));
            while let Some(event) = events.next().await {
                match event {
                    Ok(watcher::Event::Init | watcher::Event::InitApply(_)) => {}
                    Ok(_) => {
                        pause.reset();
                        changed.notify_one();
                    }
                    Err(error) => {
                        if watch::ended(error).is_some() {
                            break;
                        }
                        tokio::time::sleep(pause.next()).await;
                    }
                }
            }
        }
        changed.notify_one();
        tokio::time::sleep(pause.next().max(NUDGE)).await;
    }
}
