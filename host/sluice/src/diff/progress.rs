//! A line on the terminal that says how far a long command is.

use std::io::{IsTerminal as _, Write as _};

/// Writes to standard error, and only where that is a terminal.
pub struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows nothing when it is not wanted.
    pub fn new(wanted: bool) -> Self {
        Self {
            shown: wanted && std::io::stderr().is_terminal(),
        }
    }

    /// Replaces the line.
    pub fn show(&self, text: &str) {
        if self.shown {
            // progress is worth no error
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
            let _ = std::io::stderr().flush();
        }
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.show("");
    }
}
