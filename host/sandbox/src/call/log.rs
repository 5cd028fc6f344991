//! Interface `log`: bounded lines with the plugin and object that they belong to.

use crate::bindings::imports::sluice::plugin::log::Host;
use crate::bindings::imports::sluice::plugin::types::Level;
use crate::store::CallState;
use crate::text;

/// Most fields of a line.
const MAX_FIELDS: usize = 32;
/// Cost of a line besides its text.
const LINE_COST: u64 = 32;

/// A line that a guest logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Severity.
    pub level: LogLevel,
    /// Without control characters.
    pub message: String,
    /// Without control characters.
    pub fields: Vec<(String, String)>,
}

/// Severity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// For the operator.
    Info,
    /// Odd.
    Warn,
    /// Failed.
    Error,
}

/// The lines of one call.
#[derive(Debug, Default)]
pub(crate) struct LogBook {
    room: u64,
    pub(crate) lines: Vec<LogLine>,
    pub(crate) dropped: u64,
}

impl LogBook {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            room: limit,
            ..Self::default()
        }
    }

    /// Keeps the line while there is room for it; afterwards lines are counted only.
    fn add(&mut self, level: LogLevel, message: &str, fields: &[(String, String)]) -> Option<&LogLine> {
        let fields = fields.get(..MAX_FIELDS).unwrap_or(fields);
        let text: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        let cost = (message.len() + text) as u64 + LINE_COST;
        if cost > self.room {
            self.dropped += 1;
            return None;
        }
        self.room -= cost;
        let clean = |text: &String| text::one_line(text, text.len());
        let fields = fields
            .iter()
            .map(|(name, value)| (clean(name), clean(value)))
            .collect();
        self.lines.push(LogLine {
            level,
            message: text::one_line(message, message.len()),
            fields,
        });
        self.lines.last()
    }
}

impl Host for CallState {
    fn log(&mut self, lvl: Level, msg: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let level = match lvl {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        let scope = self.scope.clone();
        if let Some(line) = self.log.add(level, &msg, &fields) {
            emit(line, &scope.plugin, &scope.object.to_string());
        }
        Ok(())
    }
}

#[allow(clippy::cognitive_complexity, reason = "that of tracing's macros")]
fn emit(line: &LogLine, plugin: &str, object: &str) {
    let fields = &line.fields;
    let message = &line.message;
    match line.level {
        LogLevel::Debug => tracing::debug!(target: "sluice::plugin", plugin, object, ?fields, "{message}"),
        LogLevel::Info => tracing::info!(target: "sluice::plugin", plugin, object, ?fields, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "sluice::plugin", plugin, object, ?fields, "{message}"),
        LogLevel::Error => tracing::error!(target: "sluice::plugin", plugin, object, ?fields, "{message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P9: a flood is cut off and counted.
    #[test]
    fn keeps_to_its_budget() {
        let mut book = LogBook::new(100);
        assert!(book.add(LogLevel::Info, "0123456789", &[]).is_some());
        assert!(book.add(LogLevel::Info, &"x".repeat(100), &[]).is_none());
        assert!(book.add(LogLevel::Info, "a\nb", &[]).is_some());
        assert_eq!((book.lines.len(), book.dropped), (2, 1));
        assert_eq!(book.lines[1].message, "a b");
    }
}
