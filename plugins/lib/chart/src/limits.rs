//! Bounds on what loading one chart may cost.

/// Bounds of one chart with all its subcharts, packed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All files together, unpacked. Helm's limit is the same, but starts anew for each packed subchart.
    pub max_bytes: usize,
    /// Files, those that are ignored included.
    pub max_files: usize,
    /// Deepest directory, and deepest chain of subcharts.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 100 << 20,
            max_files: 50_000,
            max_depth: 64,
        }
    }
}

/// What is left of the limits while a chart is loaded.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    bytes: usize,
    files: usize,
}

/// A limit that was reached, in helm's words where helm has the limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Too many bytes.
    #[error("chart exceeds maximum decompressed size of {0} bytes")]
    Bytes(usize),
    /// Too many files.
    #[error("chart has more than {0} files")]
    Files(usize),
    /// Nested too deep.
    #[error("chart is nested deeper than {0} levels")]
    Depth(usize),
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: limits.max_bytes,
            files: limits.max_files,
        }
    }

    pub fn take_bytes(&mut self, count: usize) -> Result<(), LimitError> {
        self.bytes = self
            .bytes
            .checked_sub(count)
            .ok_or(LimitError::Bytes(self.limits.max_bytes))?;
        Ok(())
    }

    pub fn take_file(&mut self) -> Result<(), LimitError> {
        self.files = self
            .files
            .checked_sub(1)
            .ok_or(LimitError::Files(self.limits.max_files))?;
        Ok(())
    }

    pub fn check_depth(&self, depth: usize) -> Result<(), LimitError> {
        if depth > self.limits.max_depth {
            return Err(LimitError::Depth(self.limits.max_depth));
        }
        Ok(())
    }
}
