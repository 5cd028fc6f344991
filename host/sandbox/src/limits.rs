//! What one call may use, and the store limiter that enforces memory, tables and instances.

use std::time::Duration;

use wasmtime::ResourceLimiter;

const MIB: u64 = 1 << 20;

/// What one call may use. A plugin may lower each value or raise it up to the operator's ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, all memories together.
    pub memory: u64,
    /// Time since the call began, host calls included.
    pub wall: Duration,
    /// Time the guest computes, counted in ticks of [`TICK`](crate::engine::TICK).
    pub cpu: Duration,
    /// Bytes of the result, and of what goes into a sink or a request.
    pub output: u64,
    /// Bytes of log lines, standard output and standard error.
    pub log: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    /// Core instances, tables and memories each.
    pub instances: u64,
    /// Handles that live at one time.
    pub handles: u64,
}

impl Limits {
    /// Defaults of calls that render.
    pub const RENDER: Self = Self {
        memory: 256 * MIB,
        wall: Duration::from_secs(60),
        cpu: Duration::from_secs(60),
        output: 64 * MIB,
        log: 64 << 10,
        table_elements: 100_000,
        instances: 64,
        handles: 4096,
    };
    /// Defaults of calls that fetch: as to render.
    pub const FETCH: Self = Self::RENDER;
    /// Defaults of calls that notify or receive.
    pub const NOTIFY: Self = Self {
        wall: Duration::from_secs(15),
        cpu: Duration::from_secs(15),
        ..Self::RENDER
    };
    /// Limits of `describe`, which computes nothing.
    pub const DESCRIBE: Self = Self {
        memory: 64 * MIB,
        wall: Duration::from_secs(5),
        cpu: Duration::from_secs(2),
        output: MIB,
        ..Self::RENDER
    };
    /// What an operator allows unless told otherwise.
    pub const CEILING: Self = Self {
        memory: 1024 * MIB,
        wall: Duration::from_secs(600),
        cpu: Duration::from_secs(600),
        output: 256 * MIB,
        log: MIB,
        ..Self::RENDER
    };

    /// The lesser of each value.
    #[must_use]
    pub fn capped(self, ceiling: &Self) -> Self {
        Self {
            memory: self.memory.min(ceiling.memory),
            wall: self.wall.min(ceiling.wall),
            cpu: self.cpu.min(ceiling.cpu),
            output: self.output.min(ceiling.output),
            log: self.log.min(ceiling.log),
            table_elements: self.table_elements.min(ceiling.table_elements),
            instances: self.instances.min(ceiling.instances),
            handles: self.handles.min(ceiling.handles),
        }
    }
}

/// A limit that the store refused to exceed. Wasm sees a failed growth and usually crashes of it: this says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Memory,
    TableElements,
}

/// Counts memory and tables of one store.
#[derive(Debug)]
pub(crate) struct CallLimiter {
    limits: Limits,
    memory: u64,
    peak_memory: u64,
    last_growth: u64,
    table_elements: u64,
    exceeded: Option<Exceeded>,
}

impl CallLimiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            memory: 0,
            peak_memory: 0,
            last_growth: 0,
            table_elements: 0,
            exceeded: None,
        }
    }

    /// The first limit that was refused.
    pub(crate) fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded
    }

    /// Most bytes of linear memory at one time.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.peak_memory
    }

    fn count(&self) -> usize {
        usize::try_from(self.limits.instances).unwrap_or(usize::MAX)
    }
}

impl ResourceLimiter for CallLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current) as u64;
        self.last_growth = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            // refused by the memory's own type in any case
            return Ok(true);
        }
        if self.memory.saturating_add(growth) > self.limits.memory {
            self.exceeded.get_or_insert(Exceeded::Memory);
            return Ok(false);
        }
        self.memory += growth;
        self.last_growth = growth;
        self.peak_memory = self.peak_memory.max(self.memory);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory -= self.last_growth;
        self.last_growth = 0;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current) as u64;
        if self.table_elements.saturating_add(growth) > self.limits.table_elements {
            self.exceeded.get_or_insert(Exceeded::TableElements);
            return Ok(false);
        }
        self.table_elements += growth;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.count()
    }

    fn tables(&self) -> usize {
        self.count()
    }

    fn memories(&self) -> usize {
        self.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_memories_together() {
        let limits = Limits {
            memory: 100,
            ..Limits::RENDER
        };
        let mut limiter = CallLimiter::new(limits);
        assert!(limiter.memory_growing(0, 60, None).expect("counts"));
        assert!(!limiter.memory_growing(0, 60, None).expect("counts"));
        assert_eq!(limiter.exceeded(), Some(Exceeded::Memory));
        assert!(limiter.memory_growing(60, 100, None).expect("counts"));
        limiter
            .memory_grow_failed(wasmtime::Error::msg("no room"))
            .expect("counts");
        assert!(limiter.memory_growing(0, 40, None).expect("counts"));
        assert_eq!(limiter.peak_memory(), 100);
    }

    #[test]
    fn a_ceiling_only_lowers() {
        let raised = Limits {
            memory: u64::MAX,
            wall: Duration::from_secs(1),
            ..Limits::RENDER
        };
        let capped = raised.capped(&Limits::CEILING);
        assert_eq!((capped.memory, capped.wall), (1024 * MIB, Duration::from_secs(1)));
    }
}
