//! Waiting for something to become true, with a deadline and the last reason in the error.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks `probe` until it answers `Ok`, and gives that value.
///
/// # Errors
/// The last error of the probe, when `timeout` has passed.
pub async fn eventually_ok<T, F, P>(timeout: Duration, what: &str, mut probe: P) -> Result<T>
where
    F: Future<Output = Result<T>>,
    P: FnMut() -> F,
{
    let started = Instant::now();
    loop {
        let last = match probe().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if started.elapsed() >= timeout {
            return Err(last.context(format!("{what}: not within {timeout:?}")));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks `probe` until it is true.
///
/// # Errors
/// `timeout` has passed.
pub async fn eventually<F, P>(timeout: Duration, what: &str, mut probe: P) -> Result<()>
where
    F: Future<Output = bool>,
    P: FnMut() -> F,
{
    eventually_ok(timeout, what, || {
        let answer = probe();
        async move { answer.await.then_some(()).ok_or_else(|| anyhow!("still false")) }
    })
    .await
}
