//! The wasmtime engine and the thread whose ticks interrupt guests.

use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};

use crate::error::SandboxError;
use crate::limits::Limits;

/// How often a running guest is interrupted to look at its budgets.
pub const TICK: Duration = Duration::from_millis(10);

/// Stack of wasm code. Deeper recursion is a trap.
const WASM_STACK: usize = 1 << 20;
/// Stack of a call: wasm and the host functions it calls.
const CALL_STACK: usize = 2 << 20;
/// Metadata of an instance, at most; a Python or Go guest needs some megabytes.
const INSTANCE_SIZE: usize = 10 << 20;
/// Unused slots that keep their memory mapped, and how much of it they keep resident.
const WARM_SLOTS: u32 = 16;
const WARM_BYTES: usize = 512 << 10;
/// Instances that one component is made of, at most.
const CORE_INSTANCES: u32 = 64;
const MEMORIES: u32 = 8;
const TABLES: u32 = 64;

/// The engine, and whether its instances come from a pool.
pub(crate) struct BuiltEngine {
    pub(crate) engine: Engine,
    pub(crate) pooling: bool,
}

/// Makes the engine, with a pool of `slots` components when it shall have one; without it, and saying so, where the
/// address space is too small.
pub(crate) fn build(slots: Option<u32>, ceiling: &Limits) -> Result<BuiltEngine, SandboxError> {
    let failed = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
    let (engine, pooling) = match slots {
        None => (
            Engine::new(&config())
                .or_else(|_| frugal(ceiling))
                .map_err(failed)?,
            false,
        ),
        Some(slots) => match Engine::new(config().allocation_strategy(pool(slots, ceiling))) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    slots,
                    "no pooling allocator: the address space is too small (ulimit -v?); plugin calls are slower"
                );
                (frugal(ceiling).map_err(failed)?, false)
            }
        },
    };
    tick(&engine)?;
    Ok(BuiltEngine { engine, pooling })
}

/// An engine that reserves no more address space than a guest may use.
fn frugal(ceiling: &Limits) -> wasmtime::Result<Engine> {
    let mut config = config();
    config.memory_reservation(ceiling.memory);
    Engine::new(&config)
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .parallel_compilation(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(CALL_STACK)
        .generate_address_map(true)
        .debug_info(false)
        .memory_init_cow(true);
    // What no guest of ours needs is one thing less to get wrong.
    config
        .wasm_component_model(true)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false);
    config
}

fn pool(slots: u32, ceiling: &Limits) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(8))
        .total_memories(slots.saturating_mul(2))
        .total_tables(slots.saturating_mul(4))
        .total_stacks(slots)
        .max_component_instance_size(INSTANCE_SIZE)
        .max_core_instance_size(INSTANCE_SIZE)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memory_size(usize::try_from(ceiling.memory).unwrap_or(usize::MAX))
        .table_elements(usize::try_from(ceiling.table_elements).unwrap_or(usize::MAX))
        .max_unused_warm_slots(WARM_SLOTS)
        .linear_memory_keep_resident(WARM_BYTES)
        .table_keep_resident(16 << 10)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Starts the thread that ticks until the engine is gone. Always on: a store without ticks would never be interrupted.
fn tick(engine: &Engine) -> Result<(), SandboxError> {
    let engine = engine.weak();
    let run = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name("plugin-ticker".into())
        .spawn(run)
        .map_err(SandboxError::Ticker)?;
    Ok(())
}
