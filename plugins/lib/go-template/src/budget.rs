//! What an execution may spend: steps, bytes and depth.

use crate::error::Error;

/// The bounds of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes that may be evaluated, plus what functions charge.
    pub steps: u64,
    /// Bytes that may be written or built by functions, over the whole execution.
    pub bytes: u64,
    /// How deep templates may invoke templates (`template`, `include`, `tpl` together).
    pub depth: usize,
    /// Bytes of stack that nested templates, control structures and parentheses may take, as the engine reckons them.
    pub stack: usize,
    /// How deep one value may be nested when it is printed.
    pub value_depth: usize,
    /// Size of one template's text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 200_000_000,
            bytes: 512 << 20,
            depth: 250,
            stack: 640 << 10,
            value_depth: 200,
            text: 64 << 20,
        }
    }
}

/// What is left of the [`Limits`]; functions charge it for work and for memory.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Limits,
    steps: u64,
    bytes: u64,
}

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: limits.steps,
            bytes: limits.bytes,
        }
    }

    /// The bounds it started with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes `count` steps; a function that loops charges its iterations.
    pub fn charge_steps(&mut self, count: u64) -> Result<(), Error> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(self.exhausted("steps", self.limits.steps)),
        }
    }

    /// Takes `count` bytes; a function that builds something large charges it before it allocates.
    pub fn charge_bytes(&mut self, count: u64) -> Result<(), Error> {
        match self.bytes.checked_sub(count) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(self.exhausted("bytes", self.limits.bytes)),
        }
    }

    /// Bytes that may still be written.
    pub fn bytes_left(&self) -> u64 {
        self.bytes
    }

    /// Steps used so far.
    pub fn steps_used(&self) -> u64 {
        self.limits.steps - self.steps
    }

    /// Bytes used so far.
    pub fn bytes_used(&self) -> u64 {
        self.limits.bytes - self.bytes
    }

    #[cold]
    fn exhausted(&self, what: &str, limit: u64) -> Error {
        Error::budget(format!("template budget exhausted: more than {limit} {what}"))
    }
}
