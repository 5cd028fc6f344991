//! How many calls run at one time, and how much memory they may use: whoever is over waits, and namespaces take turns.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Budgets of one class of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Calls at one time.
    pub calls: usize,
    /// Calls at one time of one namespace.
    pub namespace_calls: usize,
    /// Sum of the memory limits of running calls, in bytes.
    pub memory: u64,
    /// The same of one namespace.
    pub namespace_memory: u64,
}

/// Hands out permits. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Permits(Arc<Mutex<State>>);

struct State {
    budget: Budget,
    used: Use,
    /// Namespaces with running or waiting calls; the front one is served next.
    namespaces: VecDeque<Namespace>,
}

#[derive(Default, Clone, Copy)]
struct Use {
    calls: usize,
    memory: u64,
}

struct Namespace {
    name: String,
    used: Use,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    memory: u64,
    ready: oneshot::Sender<Permit>,
}

/// Lets one call run until it is dropped.
pub(crate) struct Permit {
    held: Option<(Permits, String, u64)>,
}

impl Permits {
    pub(crate) fn new(budget: Budget) -> Self {
        Self(Arc::new(Mutex::new(State {
            budget,
            used: Use::default(),
            namespaces: VecDeque::new(),
        })))
    }

    /// Waits for a permit. A call that wants more memory than there is at all runs when nothing else does.
    pub(crate) async fn acquire(&self, namespace: &str, memory: u64) -> Permit {
        let (ready, turn) = oneshot::channel();
        self.0
            .lock()
            .entry(namespace)
            .waiting
            .push_back(Waiter { memory, ready });
        self.serve();
        match turn.await {
            Ok(permit) => permit,
            // The sender lives in the queue until it has sent.
            Err(_) => Permit { held: None },
        }
    }

    /// Calls that run, and calls that wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.0.lock();
        (
            state.used.calls,
            state
                .namespaces
                .iter()
                .map(|namespace| namespace.waiting.len())
                .sum(),
        )
    }

    /// Gives permits while somebody waits and fits.
    fn serve(&self) {
        loop {
            let Some((name, waiter)) = self.0.lock().next() else {
                return;
            };
            let permit = Permit {
                held: Some((self.clone(), name, waiter.memory)),
            };
            // A waiter that went away gives its permit back here, outside of the lock.
            drop(waiter.ready.send(permit));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((permits, namespace, memory)) = self.held.take() {
            permits.0.lock().release(&namespace, memory);
            permits.serve();
        }
    }
}

impl State {
    fn entry(&mut self, name: &str) -> &mut Namespace {
        let at = self
            .namespaces
            .iter()
            .position(|namespace| namespace.name == name)
            .unwrap_or_else(|| {
                let namespace = Namespace {
                    name: name.into(),
                    used: Use::default(),
                    waiting: VecDeque::new(),
                };
                self.namespaces.push_back(namespace);
                self.namespaces.len() - 1
            });
        &mut self.namespaces[at]
    }

    /// Takes the next waiter that fits and moves its namespace to the back of the line.
    fn next(&mut self) -> Option<(String, Waiter)> {
        let (budget, used) = (self.budget, self.used);
        self.forget_the_gone();
        let at = self
            .namespaces
            .iter()
            .position(|namespace| namespace.fits(budget, used))?;
        let mut namespace = self.namespaces.remove(at)?;
        let waiter = namespace.waiting.pop_front();
        if let Some(waiter) = &waiter {
            for used in [&mut namespace.used, &mut self.used] {
                used.calls += 1;
                used.memory = used.memory.saturating_add(waiter.memory);
            }
        }
        let name = namespace.name.clone();
        self.namespaces.push_back(namespace);
        waiter.map(|waiter| (name, waiter))
    }

    fn release(&mut self, name: &str, memory: u64) {
        let namespace = self.entry(name);
        namespace.used.calls -= 1;
        namespace.used.memory = namespace.used.memory.saturating_sub(memory);
        self.used.calls -= 1;
        self.used.memory = self.used.memory.saturating_sub(memory);
        self.forget_the_gone();
    }

    /// Drops waiters that went away, and namespaces without calls.
    fn forget_the_gone(&mut self) {
        for namespace in &mut self.namespaces {
            namespace.waiting.retain(|waiter| !waiter.ready.is_closed());
        }
        self.namespaces
            .retain(|namespace| namespace.used.calls > 0 || !namespace.waiting.is_empty());
    }
}

impl Namespace {
    fn fits(&self, budget: Budget, all: Use) -> bool {
        let Some(waiter) = self.waiting.front() else {
            return false;
        };
        let room = |used: Use, calls: usize, memory: u64| {
            used.calls == 0 || (used.calls < calls && used.memory.saturating_add(waiter.memory) <= memory)
        };
        room(all, budget.calls, budget.memory)
            && room(self.used, budget.namespace_calls, budget.namespace_memory)
    }
}

#[cfg(test)]
mod tests;
