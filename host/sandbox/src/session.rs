//! One call from permit to result: opened with a fresh store, guarded while the guest runs, closed with what it has used.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use sluice_model::port::Bindings;
use wasmtime::Store;

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::call::log::LogLine;
use crate::call::{CallObject, Entropy, guest_error};
use crate::engine::TICK;
use crate::error::Failure;
use crate::limits::Limits;
use crate::metrics::CallKey;
use crate::permits::{Permit, Permits};
use crate::sandbox::Sandbox;
use crate::store::{self, CallState, Scope};
use crate::text;

/// What a call has used, and what it logged.
#[derive(Debug, Clone, Default)]
pub struct CallStats {
    /// From instantiation to result.
    pub duration: Duration,
    /// Waiting for a permit before that.
    pub queued: Duration,
    /// Time the guest computed, in steps of 10 ms.
    pub cpu: Duration,
    /// Most bytes of linear memory at one time.
    pub peak_memory: u64,
    /// Log lines within the limit.
    pub log: Vec<LogLine>,
    /// Log lines over the limit.
    pub log_dropped: u64,
}

/// Who calls what, under which limits.
pub(crate) struct Request<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) function: &'static str,
    pub(crate) object: &'a CallObject,
    pub(crate) limits: Limits,
    pub(crate) bindings: Bindings,
    pub(crate) entropy: &'a Entropy,
    pub(crate) permits: &'a Permits,
}

/// A store with its permit. Dropped with all that is in it when the call is over.
pub(crate) struct Session<'a> {
    pub(crate) store: Store<CallState>,
    sandbox: &'a Sandbox,
    function: &'static str,
    wall: Duration,
    queued: Duration,
    started: Instant,
    _permit: Permit,
}

/// How a guarded call ended.
pub(crate) enum Done<T> {
    Returned(T),
    Guest(Error),
    Trapped(wasmtime::Error),
    Panicked(String),
    TimedOut,
}

/// What is left of a session.
pub(crate) struct Closed {
    pub(crate) state: CallState,
    pub(crate) stats: CallStats,
}

impl<'a> Session<'a> {
    /// Waits for a permit and opens a store.
    pub(crate) async fn open(sandbox: &'a Sandbox, request: Request<'_>) -> Self {
        let asked = Instant::now();
        let limits = request.limits;
        let permit = request
            .permits
            .acquire(&request.object.namespace, limits.memory)
            .await;
        let started = Instant::now();
        let scope = Scope {
            plugin: request.plugin.to_owned(),
            object: request.object.clone(),
        };
        let state = CallState::new(scope, limits, request.bindings, request.entropy);
        Self {
            store: store::open(&sandbox.0.engine, state),
            sandbox,
            function: request.function,
            wall: limits.wall,
            queued: started - asked,
            started,
            _permit: permit,
        }
    }

    /// How long the guest may take.
    pub(crate) fn wall(&self) -> Duration {
        self.wall
    }

    /// Drops the store and says what came out.
    pub(crate) fn close<T>(mut self, done: Done<T>) -> Result<(T, Closed), Failure> {
        let duration = self.started.elapsed();
        let result = match done {
            Done::Returned(value) => Ok(value),
            Done::Guest(error) => Err(Failure::Guest(guest_error(error))),
            Done::Trapped(error) => Err(store::failure(self.store.data_mut(), &error)),
            Done::Panicked(message) => Err(Failure::Host(message)),
            Done::TimedOut => Err(store::timed_out(self.store.data(), self.wall)),
        };
        let mut state = self.store.into_data();
        state.flush_stdio();
        let stats = CallStats {
            duration,
            queued: self.queued,
            cpu: TICK.saturating_mul(u32::try_from(state.cpu_ticks).unwrap_or(u32::MAX)),
            peak_memory: state.limiter.peak_memory(),
            log: std::mem::take(&mut state.log.lines),
            log_dropped: state.log.dropped,
        };
        let label = result.as_ref().map_or_else(Failure::label, |_| "ok");
        account(self.sandbox, self.function, label, &state, &stats);
        result.map(|value| (value, Closed { state, stats }))
    }
}

/// Runs a call of a guest until it returns, its wall clock runs out, or the host panics.
pub(crate) async fn guard<T>(
    wall: Duration,
    call: impl Future<Output = wasmtime::Result<Result<T, Error>>>,
) -> Done<T> {
    // A panic of a host function must not take the reconciler with it; the store it may have broken is dropped.
    let call = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout(wall, call).await {
        Err(_) => Done::TimedOut,
        Ok(Err(panic)) => Done::Panicked(panic_message(panic.as_ref())),
        Ok(Ok(Err(error))) => Done::Trapped(error),
        Ok(Ok(Ok(Err(error)))) => Done::Guest(error),
        Ok(Ok(Ok(Ok(value)))) => Done::Returned(value),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panic");
    text::one_line(text, 512)
}

fn account(
    sandbox: &Sandbox,
    function: &'static str,
    result: &'static str,
    state: &CallState,
    stats: &CallStats,
) {
    let counters = &sandbox.0.counters;
    let key = CallKey {
        plugin: state.scope.plugin.clone(),
        function,
        result,
    };
    counters.call(key, stats.duration, state.cpu_ticks, stats.peak_memory);
    counters
        .log_lines_dropped
        .fetch_add(stats.log_dropped, Ordering::Relaxed);
}
