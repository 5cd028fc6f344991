//! Lets one of several equal events through in a time window.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use sluice_model::Digest;
use sluice_model::event::Event;
use tokio::time::Instant;

use crate::metadata::object_key;

const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// Remembers when an event was let through last.
pub(crate) struct Window {
    length: Duration,
    seen: Mutex<LruCache<Digest, Instant>>,
}

impl Window {
    /// A window of this length (Flux `--rate-limit-interval`, 5 minutes).
    pub fn new(length: Duration) -> Self {
        Self {
            length,
            seen: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }

    /// Whether the event is the first of its kind in the window; if so, it is remembered.
    pub fn admit(&self, event: &Event) -> bool {
        let (key, now) = (key(event), Instant::now());
        let mut seen = self.seen.lock();
        if seen
            .peek(&key)
            .is_some_and(|last| now.duration_since(*last) < self.length)
        {
            return false;
        }
        seen.put(key, now);
        true
    }
}

/// What makes events equal: object, message and revisions; severity and reason do not count.
fn key(event: &Event) -> Digest {
    let object = &event.involved_object;
    let mut text = format!(
        "event/name={}/namespace={}/kind={}/message={}",
        object.name, object.namespace, object.kind, event.message
    );
    for name in ["originRevision", "revision", "token"] {
        if let Some(value) = event.metadata.get(&object_key(event, name)) {
            text.push_str(&format!("/{name}={value}"));
        }
    }
    Digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::event;
    use sluice_model::event::Severity;

    #[tokio::test(start_paused = true)]
    async fn admits_one_in_a_window() {
        let window = Window::new(Duration::from_secs(300));
        let first = event(&[("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1")]);
        assert!(window.admit(&first));
        let mut same = first.clone();
        same.severity = Severity::Error;
        same.reason = "Other".into();
        assert!(!window.admit(&same), "severity and reason do not count");
        let changes = [
            event(&[("kustomize.toolkit.fluxcd.io/revision", "main@sha1:2")]),
            event(&[
                ("kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"),
                ("kustomize.toolkit.fluxcd.io/token", "t"),
            ]),
            Event {
                message: "another".into(),
                ..first.clone()
            },
        ];
        for other in changes {
            assert!(window.admit(&other));
        }
        tokio::time::advance(Duration::from_secs(301)).await;
        assert!(window.admit(&first));
    }
}
