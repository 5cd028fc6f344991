//! The store of one call: fresh state, its limits, and what went wrong when the guest trapped.

use std::sync::Arc;
use std::time::Duration;

use sluice_model::Digest;
use sluice_model::memo::{Question, Recorder};
use sluice_model::port::Bindings;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, Trap, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::call::log::LogBook;
use crate::call::{CallObject, Entropy, Lookup};
use crate::engine::TICK;
use crate::error::{Clock, Failure};
use crate::limits::{CallLimiter, Exceeded, Limits};
use crate::text;
use crate::wasi::{self, EntropyUse, Stdio};

/// Most different questions about input trees, and most bytes of their paths.
const MAX_READINGS: usize = 1_000_000;
const MAX_READING_BYTES: usize = 128 << 20;
/// How much of standard error goes into a trap's message.
const STDERR_IN_MESSAGE: usize = 512;

/// Who a call belongs to, for its log lines.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) plugin: String,
    pub(crate) object: CallObject,
}

/// What one call may see and has used. Never shared, never reused.
pub struct CallState {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) limits: Limits,
    pub(crate) limiter: CallLimiter,
    pub(crate) scope: Arc<Scope>,
    pub(crate) log: LogBook,
    pub(crate) bindings: Bindings,
    pub(crate) lookups: Vec<Lookup>,
    /// The host function that is running, for errors.
    pub(crate) import: Option<&'static str>,
    pub(crate) cpu_ticks: u64,
    stdio: Stdio,
    entropy_used: EntropyUse,
    recorder: Recorder,
    reading_bytes: usize,
    output: u64,
    /// Why a host function ended the call.
    refused: Option<Failure>,
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl CallState {
    pub(crate) fn new(scope: Scope, limits: Limits, bindings: Bindings, entropy: &Entropy) -> Self {
        let stdio = Stdio::new(limits.log);
        let (wasi, entropy_used) = wasi::context(entropy, &stdio);
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        Self {
            wasi,
            table,
            limits,
            limiter: CallLimiter::new(limits),
            scope: Arc::new(scope),
            log: LogBook::new(limits.log),
            bindings,
            lookups: Vec::new(),
            import: None,
            cpu_ticks: 0,
            stdio,
            entropy_used,
            recorder: Recorder::default(),
            reading_bytes: 0,
            output: 0,
            refused: None,
        }
    }

    /// Ends the call with this failure: the host function returns the error.
    pub(crate) fn refuse(&mut self, failure: Failure) -> wasmtime::Error {
        let error = wasmtime::Error::msg(failure.to_string());
        self.refused.get_or_insert(failure);
        error
    }

    /// As [`refuse`](Self::refuse) for something countable.
    pub(crate) fn refuse_resource(&mut self, resource: &'static str, limit: u64) -> wasmtime::Error {
        self.refuse(Failure::ResourceLimit { resource, limit })
    }

    /// Counts bytes that leave the guest through a host function.
    pub(crate) fn spend_output(&mut self, bytes: usize, import: &'static str) -> wasmtime::Result<()> {
        self.output = self.output.saturating_add(bytes as u64);
        let limit = self.limits.output;
        if self.output > limit {
            return Err(self.refuse(Failure::OutputLimit {
                limit,
                import: Some(import),
            }));
        }
        Ok(())
    }

    /// Notes a reading of an input tree, within bounds.
    pub(crate) fn record(
        &mut self,
        input: usize,
        question: Question,
        path: &str,
        answer: Digest,
    ) -> wasmtime::Result<()> {
        let before = self.recorder.len();
        self.recorder.note(input, question, path, answer);
        if self.recorder.len() > before {
            self.reading_bytes += path.len();
        }
        if self.recorder.len() > MAX_READINGS || self.reading_bytes > MAX_READING_BYTES {
            return Err(self.refuse_resource("different tree reads", MAX_READINGS as u64));
        }
        Ok(())
    }

    /// What was read so far.
    pub(crate) fn take_recorder(&mut self) -> Recorder {
        std::mem::take(&mut self.recorder)
    }

    /// Whether the guest asked WASI for the time or for random numbers.
    pub(crate) fn used_entropy(&self) -> bool {
        self.entropy_used.get()
    }

    /// Logs what the guest wrote to standard output and error.
    pub(crate) fn flush_stdio(&self) {
        let text = self.stdio.text();
        if !text.is_empty() {
            let (plugin, object) = (&self.scope.plugin, &self.scope.object);
            let text = text::one_line(&text, text.len());
            tracing::debug!(target: "sluice::plugin", plugin, %object, stdio = text);
        }
    }

    fn budget_ticks(&self) -> u64 {
        let ticks = self.limits.cpu.as_nanos().div_ceil(TICK.as_nanos());
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

/// A store with this state and its limits in force.
pub(crate) fn open(engine: &Engine, state: CallState) -> Store<CallState> {
    let limits = state.limits;
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(usize::try_from(limits.output).unwrap_or(usize::MAX));
    store.set_max_component_handles(usize::try_from(limits.handles).unwrap_or(usize::MAX));
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        let state = context.data_mut();
        state.cpu_ticks += 1;
        if state.cpu_ticks > state.budget_ticks() {
            let limit = state.limits.cpu;
            return Err(state.refuse(Failure::Timeout {
                clock: Clock::Cpu,
                limit,
                import: None,
            }));
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    store
}

/// The failure of a call whose wall clock ran out.
pub(crate) fn timed_out(state: &CallState, limit: Duration) -> Failure {
    Failure::Timeout {
        clock: Clock::Wall,
        limit,
        import: state.import,
    }
}

/// Ends the call because the functions of an instance have other types than the contract's.
pub(crate) fn misfit(store: &mut Store<CallState>, error: &wasmtime::Error) -> wasmtime::Error {
    let told = text::one_line(&format!("{error:#}"), 1024);
    store.data_mut().refuse(Failure::ContractMismatch(told))
}

/// What a trap was. A refused growth comes before the trap that it leads to.
pub(crate) fn failure(state: &mut CallState, error: &wasmtime::Error) -> Failure {
    if let Some(failure) = state.refused.take() {
        return failure;
    }
    let limits = state.limits;
    match state.limiter.exceeded() {
        Some(Exceeded::Memory) => return Failure::MemoryLimit { limit: limits.memory },
        Some(Exceeded::TableElements) => {
            return Failure::ResourceLimit {
                resource: "table elements",
                limit: limits.table_elements,
            };
        }
        None => {}
    }
    let cause = error.root_cause().to_string();
    by_message(&cause, &limits).unwrap_or_else(|| {
        let message = match error.downcast_ref::<Trap>() {
            Some(trap) => trap.to_string(),
            None => text::one_line(&cause, 1024),
        };
        Failure::Trap {
            message: with_stderr(message, &state.stdio),
            import: state.import,
        }
    })
}

/// Limits that wasmtime tells by their words only; the tests of P2 and P5 notice when the words change.
fn by_message(cause: &str, limits: &Limits) -> Option<Failure> {
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        return Some(Failure::OutputLimit {
            limit: limits.output,
            import: None,
        });
    }
    if cause.contains("handle limit exceeded") || cause.contains("resource table has no free keys") {
        return Some(Failure::ResourceLimit {
            resource: "handles",
            limit: limits.handles,
        });
    }
    if cause.starts_with("resource limit exceeded") {
        return Some(Failure::ResourceLimit {
            resource: "instances, tables or memories",
            limit: limits.instances,
        });
    }
    if cause.contains("maximum concurrent") {
        return Some(Failure::Host(cause.to_owned()));
    }
    None
}

fn with_stderr(message: String, stdio: &Stdio) -> String {
    let said = text::last_line(&stdio.text(), STDERR_IN_MESSAGE);
    if said.is_empty() {
        message
    } else {
        format!("{message}: {said}")
    }
}
