//! What one evaluation may cost (R9). A step is a node evaluated, an element visited or a few bytes of text made, so
//! that the budget bounds time and memory alike.

use crate::error::EvaluationError;

/// Steps of one evaluation. Kubernetes' own limit for one expression is of this order.
pub(crate) const STEPS: u64 = 1_000_000;
/// Bytes of text that cost one step.
const BYTES: usize = 16;

#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: STEPS }
    }
}

impl Budget {
    /// Spends steps; once too few are left, every further call fails too.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), EvaluationError> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(EvaluationError::TooCostly(STEPS))
            }
        }
    }

    /// Pays for text of this length before it is made.
    pub(crate) fn text(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.spend(1 + (bytes / BYTES) as u64)
    }

    /// Pays for elements before they are visited or made.
    pub(crate) fn elements(&mut self, count: usize) -> Result<(), EvaluationError> {
        self.spend(1 + count as u64)
    }
}
