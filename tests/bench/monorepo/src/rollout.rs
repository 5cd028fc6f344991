//! Watches the Kustomizations, or HelmReleases, so that the clock stops when the last one has the commit, without polling.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures::StreamExt as _;
use serde_json::Value;
use sluice_testbed::Cluster;
use sluice_testbed::kube::api::{Api, DynamicObject};
use sluice_testbed::kube::runtime::watcher::{self, Event};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(120);

/// What is known of each Kustomization.
type States = BTreeMap<String, State>;

/// What its status says.
pub struct State {
    /// `lastAppliedRevision`, or the version of the chart of the latest release.
    pub revision: String,
    /// Ready and not at work.
    pub settled: bool,
    /// Whether it waits for the health of what it applied.
    pub waiting: bool,
    /// `lastHandledReconcileAt`.
    pub handled: String,
    /// The message of `Ready`.
    pub message: String,
}

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
        Self::of(
            cluster.api("kustomize.toolkit.fluxcd.io/v1", "Kustomization", namespace),
            count,
        )
    }

    /// As [`watch`](Self::watch), of HelmReleases; their revisions are versions of charts.
    pub fn of_releases(cluster: &Cluster, namespace: &str, count: usize) -> Self {
        Self::of(
            cluster.api("helm.toolkit.fluxcd.io/v2", "HelmRelease", namespace),
            count,
        )
    }

    fn of(api: Api<DynamicObject>, count: usize) -> Self {
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
    ///
    /// # Errors
    /// It takes longer than two minutes.
    pub async fn all_on(&self, commit: &str) -> Result<Duration> {
        self.until(|it| it.revision.ends_with(commit)).await?;
        Ok(self.started.elapsed())
    }

    /// Waits until all are ready and nothing is under way.
    ///
    /// # Errors
    /// It takes longer than two minutes.
    pub async fn settled(&self) -> Result<()> {
        self.until(|it| it.settled).await
    }

    /// Waits until one of them is as `test` wants it.
    ///
    /// # Errors
    /// It takes longer than two minutes.
    pub async fn one(&self, name: &str, test: impl Fn(&State) -> bool) -> Result<()> {
        let mut states = self.states.clone();
        let done = states.wait_for(|states| states.get(name).is_some_and(&test));
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(_) => Ok(()),
            Err(_) => bail!("after {PATIENCE:?}, {name} is not as it should be"),
        }
    }

    /// Waits until all but `except` are as `test` wants them.
    ///
    /// # Errors
    /// It takes longer than two minutes.
    pub async fn others(&self, except: &str, test: impl Fn(&State) -> bool) -> Result<()> {
        self.wait(|name, state| name == except || test(state)).await
    }

    async fn until(&self, test: impl Fn(&State) -> bool) -> Result<()> {
        self.wait(|_, state| test(state)).await
    }

    async fn wait(&self, test: impl Fn(&str, &State) -> bool) -> Result<()> {
        let mut states = self.states.clone();
        let done = states.wait_for(|states| {
            states.len() >= self.count && states.iter().all(|(name, state)| test(name, state))
        });
        match tokio::time::timeout(PATIENCE, done).await {
            Ok(_) => Ok(()),
            Err(_) => {
                let states = self.states.borrow();
                let open: Vec<_> = states.iter().filter(|(name, it)| !test(name, it)).collect();
                let first = open
                    .first()
                    .map(|(name, it)| format!("{name}: {}", it.message))
                    .unwrap_or_default();
                bail!(
                    "after {PATIENCE:?}, {} of {} are not done; {first}",
                    open.len(),
                    self.count
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

fn state(data: &Value) -> State {
    let status = &data["status"];
    let condition = |kind: &str| {
        status["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|it| it["type"] == kind)
    };
    let holds = |kind: &str| condition(kind).is_some_and(|it| it["status"] == "True");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    State {
        revision: match &status["lastAppliedRevision"] {
            Value::Null => text(&status["history"][0]["chartVersion"]),
            revision => text(revision),
        },
        settled: holds("Ready") && !holds("Reconciling"),
        waiting: condition("Healthy").is_some_and(|it| it["status"] == "Unknown"),
        handled: text(&status["lastHandledReconcileAt"]),
        message: condition("Ready")
            .map(|it| text(&it["message"]))
            .unwrap_or_default(),
    }
}
