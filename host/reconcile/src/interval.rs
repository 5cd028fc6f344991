//! When an object is due again: interval with jitter, and back-off after failures.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::key::ObjectKey;

/// The interval moved by up to `percent` per cent either way, so that objects made together do not stay together.
pub fn jittered(interval: Duration, percent: u8) -> Duration {
    if percent == 0 {
        return interval;
    }
    let share = f64::from(percent.min(99)) / 100.0;
    let factor: f64 = rand::random_range(-share..=share);
    interval.mul_f64(1.0 + factor)
}

/// Exponential back-off an object, from `least` doubling up to `most`.
#[derive(Debug)]
pub struct Backoff {
    least: Duration,
    most: Duration,
    failures: Mutex<HashMap<ObjectKey, u32>>,
}

impl Backoff {
    /// Flux's defaults are 750 ms and 15 min.
    pub fn new(least: Duration, most: Duration) -> Self {
        Self {
            least,
            most,
            failures: Mutex::default(),
        }
    }

    /// Counts a failure and gives the wait before the next attempt.
    pub fn fail(&self, key: &ObjectKey) -> Duration {
        let mut failures = self.failures.lock();
        let count = failures.entry(key.clone()).or_default();
        let wait = self
            .least
            .saturating_mul(1_u32.checked_shl(*count).unwrap_or(u32::MAX))
            .min(self.most);
        *count = count.saturating_add(1);
        wait
    }

    /// Forgets an object's failures.
    pub fn reset(&self, key: &ObjectKey) {
        self.failures.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_its_percentage() {
        let interval = Duration::from_secs(100);
        for _ in 0..1000 {
            let moved = jittered(interval, 5).as_secs_f64();
            assert!((95.0..=105.0).contains(&moved), "{moved}");
        }
        assert_eq!(jittered(interval, 0), interval);
    }

    #[test]
    fn backoff_doubles_up_to_its_limit_and_resets() {
        let backoff = Backoff::new(Duration::from_millis(750), Duration::from_secs(900));
        let key = ObjectKey::new("a", "b");
        let waits: Vec<u128> = (0..4).map(|_| backoff.fail(&key).as_millis()).collect();
        assert_eq!(waits, [750, 1500, 3000, 6000]);
        for _ in 0..40 {
            backoff.fail(&key);
        }
        assert_eq!(backoff.fail(&key), Duration::from_secs(900));
        backoff.reset(&key);
        assert_eq!(backoff.fail(&key).as_millis(), 750);
    }
}
