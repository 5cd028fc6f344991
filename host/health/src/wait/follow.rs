//! The task behind a health watch: signals in, reads out, few at a time, the latest verdict of each object kept.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use sluice_cluster::{Change, Cluster, ClusterError, Hub, Interest, Signal, Subscription, Tracked};
use sluice_model::{Health, Object, ObjectId, Verdict};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::{Summary, Target};
use crate::children;
use crate::rules::CustomRules;
use crate::status;

/// Reads at once.
const READS: usize = 4;
/// After a refused or lost read.
const REREAD: Duration = Duration::from_secs(5);

struct State {
    version: String,
    expires: bool,
    verdict: Option<Verdict>,
    /// Ends with the object's progress.
    children: Option<Signals>,
}

/// A task that signals; ended when dropped.
struct Signals(AbortHandle);

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a read came to.
struct Read {
    id: ObjectId,
    verdict: Verdict,
    /// Whose pods are to be watched.
    pods: Option<(String, String)>,
    recheck: Option<Duration>,
}

/// Everything but the reads in flight.
pub(super) struct Follow {
    cluster: Cluster,
    hub: Hub,
    rules: Arc<dyn CustomRules>,
    subscription: Subscription,
    states: IndexMap<ObjectId, State>,
    /// To be read, with the least version.
    due: IndexMap<ObjectId, u64>,
    reading: IndexSet<ObjectId>,
    again: mpsc::UnboundedSender<ObjectId>,
    again_asked: Option<mpsc::UnboundedReceiver<ObjectId>>,
}

impl Follow {
    pub(super) fn new(
        cluster: Cluster,
        hub: Hub,
        owner: &str,
        targets: Vec<Target>,
        rules: Arc<dyn CustomRules>,
    ) -> Self {
        let tracked = targets.iter().map(|target| Tracked {
            id: target.id.clone(),
            version: target.version.clone(),
            expected: target.seen.as_ref().map(|(print, _)| *print),
        });
        let subscription = hub.track(owner, Interest::Any, "", tracked.collect());
        let mut states = IndexMap::new();
        let mut due = IndexMap::new();
        for target in targets {
            // what was seen was judged by the built-in rules
            let is_covered = rules.cover(&target.id.group, &target.id.kind);
            let verdict = target.seen.map(|(_, verdict)| verdict).filter(|_| !is_covered);
            if verdict
                .as_ref()
                .is_some_and(|verdict| verdict.health != Health::Current)
                || is_covered
            {
                due.insert(target.id.clone(), 0);
            }
            let state = State {
                version: target.version,
                expires: target.expires,
                verdict,
                children: None,
            };
            states.insert(target.id, state);
        }
        let (again, asked) = mpsc::unbounded_channel();
        Self {
            cluster,
            hub,
            rules,
            subscription,
            states,
            due,
            reading: IndexSet::new(),
            again,
            again_asked: Some(asked),
        }
    }

    pub(super) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for (id, state) in &self.states {
            summary.add(id, state.verdict.as_ref());
        }
        summary
    }

    /// Runs until it is aborted.
    pub(super) async fn run(mut self, told: watch::Sender<Arc<Summary>>) {
        let Some(mut again) = self.again_asked.take() else {
            return;
        };
        let mut reads: FuturesUnordered<BoxFuture<'static, Read>> = FuturesUnordered::new();
        loop {
            while reads.len() < READS {
                let Some(read) = self.next_read() else { break };
                reads.push(read);
            }
            tokio::select! {
                changes = self.subscription.changes() => self.heard(changes),
                Some(id) = again.recv() => self.heard(vec![looked_for(id)]),
                Some(read) = reads.next() => {
                    self.finished(read);
                    let summary = self.summary();
                    told.send_if_modified(|known| {
                        let differs = **known != summary;
                        if differs {
                            *known = Arc::new(summary);
                        }
                        differs
                    });
                }
            }
        }
    }

    fn heard(&mut self, changes: Vec<Change>) {
        for change in changes {
            if self.states.contains_key(&change.id) {
                let least = self.due.entry(change.id).or_default();
                *least = (*least).max(change.resource_version);
            }
        }
    }

    /// The next object to read; one that is being read now is read again afterwards.
    fn next_read(&mut self) -> Option<BoxFuture<'static, Read>> {
        let id = self.due.keys().find(|id| !self.reading.contains(*id))?.clone();
        let least = self.due.shift_remove(&id)?;
        let state = self.states.get(&id)?;
        self.reading.insert(id.clone());
        let reader = Reader {
            cluster: self.cluster.clone(),
            hub: self.hub.clone(),
            rules: self.rules.clone(),
            version: state.version.clone(),
            expires: state.expires,
        };
        Some(Box::pin(async move { reader.read(id, least).await }))
    }

    fn finished(&mut self, read: Read) {
        self.reading.shift_remove(&read.id);
        let Some(state) = self.states.get_mut(&read.id) else {
            return;
        };
        state.verdict = Some(read.verdict);
        match read.pods {
            Some((namespace, selector)) if state.children.is_none() => {
                let selection = children::watch(&self.hub, &namespace, &selector);
                let (again, id) = (self.again.clone(), read.id.clone());
                let signals = tokio::spawn(async move {
                    loop {
                        selection.changed().await;
                        if again.send(id.clone()).is_err() {
                            return;
                        }
                    }
                });
                state.children = Some(Signals(signals.abort_handle()));
            }
            Some(_) => {}
            None => state.children = None,
        }
        if let Some(after) = read.recheck {
            let (again, id) = (self.again.clone(), read.id);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let _ = again.send(id);
            });
        }
    }
}

fn looked_for(id: ObjectId) -> Change {
    Change {
        id,
        signal: Signal::Changed,
        resource_version: 0,
    }
}

struct Reader {
    cluster: Cluster,
    hub: Hub,
    rules: Arc<dyn CustomRules>,
    version: String,
    expires: bool,
}

impl Reader {
    async fn read(self, id: ObjectId, least: u64) -> Read {
        let object = match self.hub.read(&self.cluster, &id, &self.version, least).await {
            Ok(object) => object,
            Err(error) => {
                let (verdict, recheck) = self.unread(&error);
                return Read {
                    id,
                    verdict,
                    pods: None,
                    recheck,
                };
            }
        };
        self.judge(id, &object).await
    }

    /// What an unread object counts as. No signal tells that a refusal or an outage is over, so it is read again;
    /// the hub tells when a kind comes to be served.
    fn unread(&self, error: &ClusterError) -> (Verdict, Option<Duration>) {
        match error {
            ClusterError::NotFound { .. } if self.expires => (
                Verdict::new(Health::Current, "Job has completed and was removed"),
                None,
            ),
            ClusterError::NotFound { .. } => (Verdict::new(Health::NotFound, "Resource not found"), None),
            ClusterError::NoMatch { .. } => (Verdict::new(Health::Unknown, error.to_string()), None),
            error => (Verdict::new(Health::Unknown, error.to_string()), Some(REREAD)),
        }
    }

    async fn judge(&self, id: ObjectId, object: &Object) -> Read {
        if let Some(verdict) = self.rules.verdict(object) {
            return Read {
                id,
                verdict,
                pods: None,
                recheck: None,
            };
        }
        let mut verdict = status::verdict(object);
        let recheck = status::recheck_after(object, Timestamp::now());
        let mut pods = None;
        if verdict.health == Health::InProgress {
            pods = children::pods_of(object);
            if let Some((namespace, selector)) = &pods {
                verdict = children::by_pods(&self.cluster, namespace, selector, verdict).await;
            }
        }
        Read {
            id,
            verdict,
            pods,
            recheck,
        }
    }
}
