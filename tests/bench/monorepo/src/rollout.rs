//! Watches the Kustomizations, so that the clock stops when the last one has the commit, without polling.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures::StreamExt as _;
use serde_json::Value;
use sluice_testbed::Cluster;
use sluice_testbed::kube::runtime::watcher::{self, Event};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(600);

/// What is known of each Kustomization: `lastAppliedRevision`, and whether it is settled.
type States = BTreeMap<String, (String, bool)>;

/// A running watch.
pub struct Rollout {
    states: watch::Receiver<States>,
    task: tokio::task::JoinHandle<()>,
    count: usize,
    started: Instant,
}

impl Rollout {
    /// Starts to watch the Kustomizations of a namespace, of which there are to be `count`.
    pub fn watch(cluster: &Cluster, namespace: &str, count: usize) -> Self {
        let api = cluster.api("kustomize.toolkit.fluxcd.io/v1", "Kustomization", namespace);
        let (sender, states) = watch::channel(States::new());
        let task = tokio::spawn(async move {
            let mut events = Box::pin(watcher::watcher(api, watcher::Config::default()));
            while let Some(event) = events.next().await {
                if let Ok(Event::Apply(object) | Event::InitApply(object)) = event {
                    let name = object.metadata.name.clone().unwrap_or_default();
                    let state = state(&object.data);
                    sender.send_modify(|states| {
                        states.insert(name, state);
                    });
                }
            }
        });
        Self {
            states,
            task,
            count,
            started: Instant::now(),
        }
    }

    /// Waits until all stand on the commit, and gives the time since the watch began.
    pub async fn all_on(&self, commit: &str) -> Result<Duration> {
        self.until(|(revision, _)| revision.ends_with(commit)).await?;
        Ok(self.started.elapsed())
    }

    /// Waits until all are ready and nothing is under way.
    pub async fn settled(&self) -> Result<()> {
        self.until(|(_, settled)| *settled).await
    }

    async fn until(&self, test: impl Fn(&(String, bool)) -> bool) -> Result<()> {
        let mut states = self.states.clone();
        let done = states.wait_for(|states| states.len() >= self.count && states.values().all(&test));
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(_) => Ok(()),
            Err(_) => {
                let open: Vec<String> = self
                    .states
                    .borrow()
                    .iter()
                    .filter(|(_, it)| !test(it))
                    .map(|(name, _)| name.clone())
                    .collect();
                bail!(
                    "after {PATIENCE:?}, {} of {} are not done: {}",
                    open.len(),
                    self.count,
                    open.join(" ")
                )
            }
        }
    }
}

impl Drop for Rollout {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn state(data: &Value) -> (String, bool) {
    let status = &data["status"];
    let holds = |kind: &str| {
        let conditions = status["conditions"].as_array();
        conditions
            .into_iter()
            .flatten()
            .any(|it| it["type"] == kind && it["status"] == "True")
    };
    let revision = status["lastAppliedRevision"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (revision, holds("Ready") && !holds("Reconciling"))
}
