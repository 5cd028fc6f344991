//! The queue of one kind: objects with the reasons for which they are due.
//!
//! An object stands in the queue once, whatever the number of its reasons, and is never handed to two workers. What a
//! user asked for and new revisions go ahead of resyncs; within each lane namespaces take turns, so that a noisy
//! tenant delays only itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::key::ObjectKey;

/// Why an object is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The requestedAt annotation changed.
    Requested,
    /// The spec changed, or the object is new or being deleted.
    Spec,
    /// Its source has a new revision.
    Revision,
    /// Something it depends on became ready.
    Dependency,
    /// The health of its objects changed.
    Health,
    /// A Secret, ConfigMap or plugin that it refers to changed.
    Reference,
    /// Another manager moved one of its objects.
    Drift,
    /// A failed attempt is tried again.
    Retry,
    /// Its interval has passed.
    Interval,
    /// The process started.
    Start,
}

impl Reason {
    fn is_urgent(self) -> bool {
        !matches!(self, Self::Retry | Self::Interval | Self::Start | Self::Drift)
    }

    /// Whether work under way for an older reason is out of date.
    pub fn supersedes(self) -> bool {
        matches!(self, Self::Requested | Self::Spec | Self::Revision)
    }
}

/// The reasons of one piece of work.
pub type Reasons = BTreeSet<Reason>;

#[derive(Debug, Default)]
struct Lane {
    turns: VecDeque<String>,
    waiting: HashMap<String, VecDeque<ObjectKey>>,
}

impl Lane {
    fn push(&mut self, key: ObjectKey) {
        let namespace = key.namespace.clone();
        let line = self.waiting.entry(namespace.clone()).or_default();
        if line.is_empty() {
            self.turns.push_back(namespace);
        }
        line.push_back(key);
    }

    fn pop(&mut self) -> Option<ObjectKey> {
        let namespace = self.turns.pop_front()?;
        let line = self.waiting.get_mut(&namespace)?;
        let key = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&namespace);
        } else {
            self.turns.push_back(namespace);
        }
        key
    }

    fn remove(&mut self, key: &ObjectKey) {
        let Some(line) = self.waiting.get_mut(&key.namespace) else {
            return;
        };
        line.retain(|other| other != key);
        if line.is_empty() {
            self.waiting.remove(&key.namespace);
            self.turns.retain(|namespace| namespace != &key.namespace);
        }
    }
}

#[derive(Debug, Default)]
struct Lines {
    urgent: Lane,
    routine: Lane,
    due: HashMap<ObjectKey, Reasons>,
    active: HashSet<ObjectKey>,
    timers: BTreeMap<(Instant, u64), (ObjectKey, Reason)>,
    timer_of: HashMap<ObjectKey, (Instant, u64)>,
    sequence: u64,
    closed: bool,
}

impl Lines {
    fn add(&mut self, key: ObjectKey, reason: Reason) {
        let known = self.due.entry(key.clone()).or_default();
        let was_urgent = known.iter().any(|known| known.is_urgent());
        let was_due = !known.is_empty();
        known.insert(reason);
        if self.active.contains(&key) {
            return;
        }
        match (was_due, was_urgent, reason.is_urgent()) {
            (false, _, true) => self.urgent.push(key),
            (false, _, false) => self.routine.push(key),
            (true, false, true) => {
                self.routine.remove(&key);
                self.urgent.push(key);
            }
            _ => {}
        }
    }

    fn fire_timers(&mut self, now: Instant) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let (key, reason) = entry.remove();
            self.timer_of.remove(&key);
            self.add(key, reason);
        }
    }

    fn take(&mut self) -> Option<Work> {
        let key = self.urgent.pop().or_else(|| self.routine.pop())?;
        let reasons = self.due.remove(&key).unwrap_or_default();
        self.active.insert(key.clone());
        Some(Work { key, reasons })
    }
}

/// An object taken from the queue; give it back with [`Queue::done`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Which object.
    pub key: ObjectKey,
    /// Why, never empty.
    pub reasons: Reasons,
}

/// The queue of one kind.
#[derive(Debug, Default)]
pub struct Queue {
    lines: Mutex<Lines>,
    changed: Notify,
}

impl Queue {
    /// Makes an object due now.
    pub fn add(&self, key: ObjectKey, reason: Reason) {
        self.lines.lock().add(key, reason);
        self.changed.notify_one();
    }

    /// Makes an object due after a while; replaces what was scheduled for it before.
    pub fn schedule(&self, key: ObjectKey, reason: Reason, after: Duration) {
        let mut lines = self.lines.lock();
        if let Some(old) = lines.timer_of.remove(&key) {
            lines.timers.remove(&old);
        }
        lines.sequence += 1;
        let at = (Instant::now() + after, lines.sequence);
        lines.timers.insert(at, (key.clone(), reason));
        lines.timer_of.insert(key, at);
        drop(lines);
        self.changed.notify_one();
    }

    /// Drops what was scheduled for an object: something else brings it back.
    pub fn unschedule(&self, key: &ObjectKey) {
        let mut lines = self.lines.lock();
        if let Some(timer) = lines.timer_of.remove(key) {
            lines.timers.remove(&timer);
        }
    }

    /// Forgets an object: its reasons and its timer.
    pub fn forget(&self, key: &ObjectKey) {
        let mut lines = self.lines.lock();
        lines.due.remove(key);
        lines.urgent.remove(key);
        lines.routine.remove(key);
        if let Some(timer) = lines.timer_of.remove(key) {
            lines.timers.remove(&timer);
        }
    }

    /// The next object, when one is due; none once the queue is closed.
    pub async fn next(&self) -> Option<Work> {
        loop {
            let changed = self.changed.notified();
            let wake = {
                let mut lines = self.lines.lock();
                lines.fire_timers(Instant::now());
                if lines.closed {
                    self.changed.notify_one();
                    return None;
                }
                if let Some(work) = lines.take() {
                    // more may be due: another worker looks
                    self.changed.notify_one();
                    return Some(work);
                }
                lines.timers.first_key_value().map(|((at, _), _)| *at)
            };
            match wake {
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(at) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Gives an object back; what became due meanwhile stands in line again.
    pub fn done(&self, key: &ObjectKey) {
        let mut lines = self.lines.lock();
        lines.active.remove(key);
        if let Some(reasons) = lines.due.remove(key) {
            for reason in reasons {
                lines.add(key.clone(), reason);
            }
        }
        drop(lines);
        self.changed.notify_one();
    }

    /// Whether a newer generation, revision or request came while the object is worked on.
    pub fn is_superseded(&self, key: &ObjectKey) -> bool {
        self.lines
            .lock()
            .due
            .get(key)
            .is_some_and(|reasons| reasons.iter().any(|reason| reason.supersedes()))
    }

    /// Whether a worker has the object now.
    pub fn is_active(&self, key: &ObjectKey) -> bool {
        self.lines.lock().active.contains(key)
    }

    /// How many objects are due or scheduled, and how many are worked on.
    pub fn depth(&self) -> (usize, usize) {
        let lines = self.lines.lock();
        (lines.due.len(), lines.active.len())
    }

    /// Ends all calls of [`Queue::next`].
    pub fn close(&self) {
        self.lines.lock().closed = true;
        self.changed.notify_waiters();
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ObjectKey {
        let (namespace, name) = text.split_once('/').expect("namespace/name");
        ObjectKey {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    async fn take(queue: &Queue) -> String {
        queue.next().await.expect("is open").key.to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_handed_out_once_with_all_its_reasons() {
        let queue = Queue::default();
        queue.add(key("a/x"), Reason::Interval);
        queue.add(key("a/x"), Reason::Revision);
        let work = queue.next().await.expect("is open");
        assert_eq!(work.reasons, [Reason::Revision, Reason::Interval].into());
        queue.add(key("a/x"), Reason::Spec);
        assert!(queue.is_superseded(&key("a/x")));
        let second = tokio::time::timeout(Duration::from_secs(1), queue.next()).await;
        assert!(second.is_err(), "not while it is worked on");
        queue.done(&key("a/x"));
        assert_eq!(
            queue.next().await.expect("is open").reasons,
            [Reason::Spec].into()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_work_goes_ahead() {
        let queue = Queue::default();
        queue.add(key("a/1"), Reason::Interval);
        queue.add(key("a/2"), Reason::Interval);
        queue.add(key("a/2"), Reason::Requested);
        assert_eq!(take(&queue).await, "a/2");
        assert_eq!(take(&queue).await, "a/1");
    }

    /// T10: a noisy namespace does not delay the others.
    #[tokio::test(start_paused = true)]
    async fn namespaces_take_turns() {
        let queue = Queue::default();
        for name in ["1", "2", "3"] {
            queue.add(key(&format!("noisy/{name}")), Reason::Spec);
        }
        queue.add(key("quiet/1"), Reason::Spec);
        assert_eq!(take(&queue).await, "noisy/1");
        assert_eq!(take(&queue).await, "quiet/1");
        assert_eq!(take(&queue).await, "noisy/2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_schedule_replaces_the_one_before() {
        let queue = Queue::default();
        let start = Instant::now();
        queue.schedule(key("a/x"), Reason::Interval, Duration::from_secs(600));
        queue.schedule(key("a/x"), Reason::Retry, Duration::from_secs(5));
        let work = queue.next().await.expect("is open");
        assert_eq!(
            (work.reasons, start.elapsed().as_secs()),
            ([Reason::Retry].into(), 5)
        );
        queue.done(&key("a/x"));
        let none = tokio::time::timeout(Duration::from_secs(3600), queue.next()).await;
        assert!(none.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_unscheduled_object_comes_back_for_other_reasons_only() {
        let queue = Queue::default();
        queue.schedule(key("a/x"), Reason::Retry, Duration::from_secs(5));
        queue.unschedule(&key("a/x"));
        let none = tokio::time::timeout(Duration::from_secs(60), queue.next()).await;
        assert!(none.is_err());
        queue.add(key("a/x"), Reason::Health);
        assert_eq!(take(&queue).await, "a/x");
    }

    #[tokio::test(start_paused = true)]
    async fn close_wakes_all_workers() {
        let queue = std::sync::Arc::new(Queue::default());
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let queue = queue.clone();
                tokio::spawn(async move { queue.next().await })
            })
            .collect();
        tokio::task::yield_now().await;
        queue.close();
        for worker in workers {
            assert_eq!(worker.await.expect("no panic"), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_forgotten_object_is_not_handed_out() {
        let queue = Queue::default();
        queue.add(key("a/x"), Reason::Spec);
        queue.schedule(key("a/x"), Reason::Interval, Duration::from_secs(5));
        queue.forget(&key("a/x"));
        let none = tokio::time::timeout(Duration::from_secs(60), queue.next()).await;
        assert!(none.is_err());
    }
}
