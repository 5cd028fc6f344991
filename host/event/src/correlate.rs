//! Keeps the cluster's Events few: repeated ones become a count, and a flood about one object is cut (client-go's
//! event correlator).

use std::num::NonZeroUsize;

use jiff::Timestamp;
use lru::LruCache;
use sluice_model::event::Event;

const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);
/// Events that may be written about one object in a row.
const BURST: f64 = 25.0;
/// Events a second that may be written after that: one in five minutes.
const REFILL: f64 = 1.0 / 300.0;

/// What to do with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Write it for the first time under this name.
    Create(Series),
    /// Count it up.
    Repeat(Series),
    /// Too many about this object.
    Drop,
}

/// An Event of the cluster that stands for one or more equal events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    pub name: String,
    pub first: Timestamp,
    pub last: Timestamp,
    pub count: i32,
}

/// Remembers what was written.
pub(crate) struct Correlator {
    series: LruCache<SeriesKey, Series>,
    budgets: LruCache<ObjectKey, Budget>,
}

type SeriesKey = (ObjectKey, &'static str, String, String);
/// Controller, kind, namespace, name and uid.
type ObjectKey = [String; 5];

struct Budget {
    tokens: f64,
    at: Timestamp,
}

impl Correlator {
    pub fn new() -> Self {
        Self {
            series: LruCache::new(REMEMBERED),
            budgets: LruCache::new(REMEMBERED),
        }
    }

    /// Decides about an event of type `type_` (`Normal`, `Warning`) that happens now.
    pub fn decide(&mut self, event: &Event, type_: &'static str, now: Timestamp) -> Decision {
        let object = object_key(event);
        if !self
            .budgets
            .get_or_insert_mut(object.clone(), || Budget {
                tokens: BURST,
                at: now,
            })
            .take(now)
        {
            return Decision::Drop;
        }
        let key = (object, type_, event.reason.clone(), event.message.clone());
        if let Some(series) = self.series.get_mut(&key) {
            series.count = series.count.saturating_add(1);
            series.last = now;
            return Decision::Repeat(series.clone());
        }
        let name = format!("{}.{:x}", event.involved_object.name, now.as_nanosecond());
        let series = Series {
            name,
            first: now,
            last: now,
            count: 1,
        };
        self.series.put(key, series.clone());
        Decision::Create(series)
    }

    /// Forgets a series whose Event could not be written or is gone; the next equal event starts a new one.
    pub fn forget(&mut self, event: &Event, type_: &'static str) {
        self.series.pop(&(
            object_key(event),
            type_,
            event.reason.clone(),
            event.message.clone(),
        ));
    }
}

impl Budget {
    fn take(&mut self, now: Timestamp) -> bool {
        let seconds = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + seconds * REFILL).min(BURST);
        self.at = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

fn object_key(event: &Event) -> ObjectKey {
    let object = &event.involved_object;
    [
        event.reporting_controller.clone(),
        object.kind.clone(),
        object.namespace.clone(),
        object.name.clone(),
        object.uid.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::event::{ObjectReference, Severity};

    fn event(name: &str, message: &str) -> Event {
        Event {
            involved_object: ObjectReference {
                kind: "Kustomization".into(),
                name: name.into(),
                ..Default::default()
            },
            severity: Severity::Info,
            timestamp: String::new(),
            message: message.into(),
            reason: "Succeeded".into(),
            metadata: Default::default(),
            reporting_controller: "kustomize-controller".into(),
            reporting_instance: String::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn equal_events_are_counted() {
        let mut correlator = Correlator::new();
        let Decision::Create(created) = correlator.decide(&event("a", "m"), "Normal", at(1)) else {
            panic!("want a new series");
        };
        let Decision::Repeat(repeated) = correlator.decide(&event("a", "m"), "Normal", at(2)) else {
            panic!("want a repeated series");
        };
        assert_eq!(
            (repeated.name, repeated.count, repeated.first, repeated.last),
            (created.name, 2, at(1), at(2))
        );
        for other in [event("a", "n"), event("b", "m")] {
            assert!(matches!(
                correlator.decide(&other, "Normal", at(3)),
                Decision::Create(_)
            ));
        }
        assert!(matches!(
            correlator.decide(&event("a", "m"), "Warning", at(3)),
            Decision::Create(_)
        ));
        correlator.forget(&event("a", "m"), "Normal");
        assert!(matches!(
            correlator.decide(&event("a", "m"), "Normal", at(4)),
            Decision::Create(_)
        ));
    }

    #[test]
    fn a_flood_about_one_object_is_cut_and_others_are_not() {
        let mut correlator = Correlator::new();
        let mut written = 0;
        for index in 0..100 {
            let decision = correlator.decide(&event("a", &index.to_string()), "Normal", at(10));
            written += usize::from(decision != Decision::Drop);
        }
        assert_eq!(written, 25);
        assert_ne!(
            correlator.decide(&event("b", "m"), "Normal", at(10)),
            Decision::Drop
        );
        assert_eq!(
            correlator.decide(&event("a", "x"), "Normal", at(200)),
            Decision::Drop
        );
        assert_ne!(
            correlator.decide(&event("a", "x"), "Normal", at(320)),
            Decision::Drop
        );
    }
}
