use std::time::Duration;

use super::*;

const BUDGET: Budget = Budget {
    calls: 2,
    namespace_calls: 1,
    memory: 100,
    namespace_memory: 60,
};

async fn waits(permits: &Permits, namespace: &str, memory: u64) -> bool {
    tokio::time::timeout(Duration::from_millis(20), permits.acquire(namespace, memory))
        .await
        .is_err()
}

#[tokio::test]
async fn a_namespace_waits_for_itself_not_for_others() {
    let permits = Permits::new(BUDGET);
    let first = permits.acquire("a", 10).await;
    assert!(waits(&permits, "a", 10).await, "one call a namespace");
    let other = permits.acquire("b", 10).await;
    assert!(waits(&permits, "c", 10).await, "two calls in all");
    drop(first);
    drop(permits.acquire("c", 10).await);
    drop(other);
    assert_eq!(permits.load(), (0, 0));
    assert!(permits.0.lock().namespaces.is_empty());
}

#[tokio::test]
async fn memory_is_counted_and_the_largest_call_still_runs() {
    let permits = Permits::new(Budget {
        namespace_calls: 9,
        calls: 9,
        ..BUDGET
    });
    let first = permits.acquire("a", 50).await;
    assert!(waits(&permits, "a", 50).await, "over the namespace's memory");
    let other = permits.acquire("b", 50).await;
    assert!(waits(&permits, "c", 1).await, "over the memory of all");
    drop((first, other));
    drop(permits.acquire("a", 1000).await);
    assert_eq!(permits.load(), (0, 0));
}

/// T10: many waiting calls of one namespace do not keep another from its turn.
#[tokio::test]
async fn namespaces_take_turns() {
    let permits = Permits::new(Budget {
        calls: 1,
        namespace_calls: 1,
        memory: 100,
        namespace_memory: 100,
    });
    let held = permits.acquire("noisy", 1).await;
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (at, namespace) in ["noisy", "noisy", "noisy", "quiet"].into_iter().enumerate() {
        let (waiting, done) = (permits.clone(), done.clone());
        tokio::spawn(async move {
            let permit = waiting.acquire(namespace, 1).await;
            done.send(namespace).expect("the test listens");
            drop(permit);
        });
        while permits.load().1 <= at {
            tokio::task::yield_now().await;
        }
    }
    drop(held);
    let first_two = [order.recv().await, order.recv().await];
    assert!(first_two.contains(&Some("quiet")), "{first_two:?}");
}

#[tokio::test]
async fn a_waiter_that_goes_away_gives_its_turn_back() {
    let permits = Permits::new(BUDGET);
    let held = permits.acquire("a", 1).await;
    assert!(waits(&permits, "a", 1).await);
    drop(held);
    assert_eq!(permits.load(), (0, 0));
    drop(permits.acquire("a", 1).await);
}
