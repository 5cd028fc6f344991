//! What a function gets besides its arguments.

use crate::budget::{Budget, Limits};

/// The running execution as functions see it.
pub struct Context {
    budget: Budget,
}

impl Context {
    /// A context outside of any template, for direct calls of functions.
    pub fn new(limits: Limits) -> Self {
        Self {
            budget: Budget::new(limits),
        }
    }

    /// What the execution may still spend.
    pub fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }
}
