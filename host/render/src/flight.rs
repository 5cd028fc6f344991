//! One flight for all who ask for the same thing at the same time.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use sluice_model::Digest;
use tokio::sync::OnceCell;

/// The flights under way.
pub(crate) struct Flights<T> {
    cells: Mutex<HashMap<Digest, Weak<OnceCell<T>>>>,
}

/// Takes a finished or abandoned flight off the list when its last passenger leaves.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    key: Digest,
    cell: Option<Arc<OnceCell<T>>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut cells = self.flights.cells.lock();
        drop(self.cell.take());
        if cells.get(&self.key).is_some_and(|cell| cell.strong_count() == 0) {
            cells.remove(&self.key);
        }
    }
}

impl<T: Clone> Flights<T> {
    pub(crate) fn new() -> Self {
        Self {
            cells: Mutex::new(HashMap::new()),
        }
    }

    /// Runs `work`, or waits for the one that runs under this key already. When that one is dropped half-way (its
    /// object was superseded), the next in line runs its own. Tells whether this caller's `work` gave the value.
    pub(crate) async fn join(&self, key: Digest, work: impl Future<Output = T>) -> (T, bool) {
        let cell = {
            let mut cells = self.cells.lock();
            let flying = cells.get(&key).and_then(Weak::upgrade);
            flying.unwrap_or_else(|| {
                let cell = Arc::new(OnceCell::new());
                cells.insert(key, Arc::downgrade(&cell));
                cell
            })
        };
        let seat = Seat {
            flights: self,
            key,
            cell: Some(cell.clone()),
        };
        let mut led = false;
        let value = cell
            .get_or_init(|| async {
                let value = work.await;
                led = true;
                value
            })
            .await
            .clone();
        drop(cell);
        drop(seat);
        (value, led)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::time::{sleep, timeout};

    async fn slow(count: &AtomicUsize) -> usize {
        sleep(Duration::from_millis(50)).await;
        count.fetch_add(1, Ordering::SeqCst) + 1
    }

    #[tokio::test]
    async fn joins_equal_work_and_forgets_it() {
        let (flights, count) = (Flights::new(), AtomicUsize::new(0));
        let key = Digest::of(b"k");
        let (a, b, c) = tokio::join!(
            flights.join(key, slow(&count)),
            flights.join(key, slow(&count)),
            flights.join(Digest::of(b"other"), slow(&count))
        );
        assert_eq!((a.0, a.1, b.1, c.1), (b.0, true, false, true));
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(flights.cells.lock().is_empty());
        flights.join(key, slow(&count)).await;
        assert_eq!(count.load(Ordering::SeqCst), 3, "nothing is remembered");
    }

    #[tokio::test]
    async fn a_dropped_leader_hands_over() {
        let (flights, count) = (Flights::new(), AtomicUsize::new(0));
        let key = Digest::of(b"k");
        let leader = timeout(Duration::from_millis(10), flights.join(key, slow(&count)));
        let (gave_up, follower) = tokio::join!(leader, flights.join(key, slow(&count)));
        assert!(gave_up.is_err());
        assert_eq!(follower, (1, true));
        assert!(flights.cells.lock().is_empty());
    }
}
