//! Slots of actions: a burst of releases begins a bounded number of them at once, since each holds its manifests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::wait::Trigger;

/// Actions that begin at once; more of them wait a while.
const MAX_ACTIONS: usize = 256;
/// How long an action waits for a slot before it begins without one.
const PATIENCE: Duration = Duration::from_secs(30);

/// One for each action of a burst.
pub(super) struct Slots {
    free: Arc<Semaphore>,
    patience: Duration,
}

/// How an action goes on.
#[derive(Debug)]
pub(super) enum Begin {
    /// It works; it has a slot unless it waited for one too long.
    Now(Option<OwnedSemaphorePermit>),
    /// Something else is wanted meanwhile.
    Never,
    /// The process ends.
    Stopped,
}

impl Default for Slots {
    fn default() -> Self {
        Self::new(MAX_ACTIONS, PATIENCE)
    }
}

impl Slots {
    fn new(most: usize, patience: Duration) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            patience,
        }
    }

    /// Waits for a slot, not for long: an action may wait for one that waits for a slot, as a chart with HelmReleases does.
    pub(super) async fn begin(&self, canceled: &mut watch::Receiver<Trigger>) -> Begin {
        let slot = tokio::time::timeout(self.patience, self.free.clone().acquire_owned());
        tokio::select! {
            slot = slot => match slot {
                Ok(Ok(slot)) => Begin::Now(Some(slot)),
                Ok(Err(_closed)) => Begin::Stopped,
                Err(_elapsed) => Begin::Now(None),
            },
            Ok(_) = canceled.wait_for(Option::is_some) => Begin::Never,
        }
    }

    /// Those that wait do not begin any more.
    pub(super) fn close(&self) {
        self.free.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_more_action_waits_for_a_slot_and_not_for_long() {
        let patience = Duration::from_millis(50);
        let slots = Slots::new(2, patience);
        let (_cancel, mut canceled) = watch::channel(None);
        let _first = slots.begin(&mut canceled).await;
        let second = slots.begin(&mut canceled).await;
        assert!(matches!(second, Begin::Now(Some(_))), "{second:?}");
        let before = std::time::Instant::now();
        let third = slots.begin(&mut canceled).await;
        assert!(matches!(third, Begin::Now(None)), "{third:?}");
        assert!(before.elapsed() >= patience);
        let (fourth, ()) = tokio::join!(slots.begin(&mut canceled), async { drop(second) });
        assert!(matches!(fourth, Begin::Now(Some(_))), "{fourth:?}");
    }

    #[tokio::test]
    async fn one_that_waits_is_ended_by_what_is_newer_and_by_a_stop() {
        let slots = Slots::new(0, Duration::from_secs(600));
        let (cancel, mut canceled) = watch::channel(None);
        let mut other = canceled.clone();
        let (ended, ()) = tokio::join!(slots.begin(&mut other), async {
            cancel.send_replace(Some("HelmRelease/a/b".into()));
        });
        assert!(matches!(ended, Begin::Never), "{ended:?}");
        cancel.send_replace(None);
        let (ended, ()) = tokio::join!(slots.begin(&mut canceled), async { slots.close() });
        assert!(matches!(ended, Begin::Stopped), "{ended:?}");
    }
}
