//! Slows signals down when two parties keep changing the same object, for example an autoscaler and the owner.

use std::collections::HashMap;
use std::time::Duration;

use sluice_model::ObjectId;
use tokio::time::Instant;

/// This many corrections of an object are immediate.
const FREE: u32 = 3;
const FIRST_HOLD: Duration = Duration::from_secs(10);
const LONGEST_HOLD: Duration = Duration::from_secs(600);
/// After this long without a signal an object starts anew.
const FORGET: Duration = Duration::from_secs(1200);

/// How often each object was fought over of late.
#[derive(Debug, Default)]
pub(super) struct Damper {
    fights: HashMap<ObjectId, (u32, Instant)>,
}

impl Damper {
    /// How long to hold a signal back.
    pub(super) fn hold(&mut self, id: &ObjectId, now: Instant) -> Duration {
        self.fights
            .retain(|_, (_, last)| now.duration_since(*last) < FORGET);
        let (count, last) = self.fights.entry(id.clone()).or_insert((0, now));
        *count += 1;
        *last = now;
        match count.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(extra) => FIRST_HOLD
                .saturating_mul(2_u32.saturating_pow(extra))
                .min(LONGEST_HOLD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ObjectId {
        ObjectId {
            namespace: "a".into(),
            name: name.into(),
            group: String::new(),
            kind: "ConfigMap".into(),
        }
    }

    #[test]
    fn a_fight_gets_slower_and_is_forgotten() {
        let (mut damper, now) = (Damper::default(), Instant::now());
        let holds: Vec<u64> = (0..12).map(|_| damper.hold(&id("x"), now).as_secs()).collect();
        assert_eq!(holds, [0, 0, 0, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
        assert_eq!(
            damper.hold(&id("y"), now),
            Duration::ZERO,
            "each object for itself"
        );
        assert_eq!(damper.hold(&id("x"), now + FORGET), Duration::ZERO);
    }
}
