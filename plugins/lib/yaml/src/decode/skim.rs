//! Leaves out what a reader does not want before the document is scanned: the outermost entries of a mapping whose lines
//! are so plain that they are checked line by line. Where one line is anything else, the whole document is left to the
//! scanner; so a document that is shortened here is one that it would have read.

mod line;
mod scalar;

use super::direct::Wanted;
use crate::limits::{Limits, MAX_WALK_DEPTH};
use line::{Line, Lines};
use scalar::{Scalar, ends_in_continuation, key_length, scan};

/// A block collection that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    column: usize,
    is_sequence: bool,
}

/// What the next line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value, or nothing: the last line ended behind a key or a dash.
    Value,
    /// A further line of a plain scalar.
    Continuation,
    /// A further entry of an open collection.
    Entry,
}

/// What is left of a document when the entries that are not wanted are taken out; none where a line is not plain.
pub(super) fn skim(text: &str, wanted: Wanted, limits: &Limits) -> Option<String> {
    let Wanted::Fields(_) = wanted else {
        return None;
    };
    let mut skimmer = Skimmer {
        wanted,
        lines: Lines::new(text)?,
        levels: Vec::with_capacity(16),
        next: Next::Value,
        nodes: 0,
        limits: *limits,
        keeps: None,
        kept: String::new(),
    };
    while let Some(line) = skimmer.lines.next()? {
        skimmer.line(line)?;
    }
    skimmer.close_entry(text.len());
    // an empty document would be no mapping
    (!skimmer.kept.is_empty()).then_some(skimmer.kept)
}

struct Skimmer<'t> {
    wanted: Wanted,
    lines: Lines<'t>,
    levels: Vec<Level>,
    next: Next,
    nodes: usize,
    limits: Limits,
    /// Where the outermost entry starts that is being kept.
    keeps: Option<usize>,
    kept: String,
}

impl Skimmer<'_> {
    fn line(&mut self, line: Line<'_>) -> Option<()> {
        let column = line.column;
        if line.text.starts_with('#') {
            if self.next == Next::Continuation {
                self.next = Next::Entry;
            }
            return Some(());
        }
        if self.next == Next::Continuation && column > self.column()? {
            if ends_in_continuation(line.text)? {
                self.next = Next::Entry;
            }
            return Some(());
        }
        let deeper = self.levels.last().is_none_or(|level| column > level.column);
        if deeper {
            if self.next != Next::Value {
                return None;
            }
            return self.node(line);
        }
        self.close(column, line.is_entry())?;
        if line.is_entry() {
            self.entries(line)
        } else {
            self.pair(line, key_length(line.text)?)
        }
    }

    /// The column of the innermost collection.
    fn column(&self) -> Option<usize> {
        self.levels.last().map(|level| level.column)
    }

    /// Closes the collections that end before a line in this column, and opens a sequence that is no deeper than its key.
    fn close(&mut self, column: usize, is_entry: bool) -> Option<()> {
        let before = self.levels.len();
        while self.column()? > column {
            self.levels.pop();
        }
        let inner = *self.levels.last()?;
        if inner.column != column {
            return None;
        }
        if inner.is_sequence == is_entry {
            return Some(());
        }
        if is_entry {
            let awaited = self.next == Next::Value && self.levels.len() == before;
            return if awaited { self.open(column, true) } else { None };
        }
        self.levels.pop();
        let outer = self.levels.last()?;
        (outer.column == column && !outer.is_sequence).then_some(())
    }

    fn open(&mut self, column: usize, is_sequence: bool) -> Option<()> {
        self.count()?;
        self.levels.push(Level { column, is_sequence });
        (self.levels.len() <= self.max_depth()).then_some(())
    }

    fn max_depth(&self) -> usize {
        self.limits.max_depth.min(MAX_WALK_DEPTH)
    }

    fn count(&mut self) -> Option<()> {
        self.nodes += 1;
        self.check_count()
    }

    fn check_count(&self) -> Option<()> {
        (self.nodes <= self.limits.max_nodes).then_some(())
    }

    /// A node that begins in this line, deeper than all that is open.
    fn node(&mut self, line: Line<'_>) -> Option<()> {
        if line.is_entry() {
            self.open(line.column, true)?;
            return self.entries(line);
        }
        if let Some(length) = key_length(line.text) {
            self.open(line.column, false)?;
            return self.pair(line, length);
        }
        // the outermost node is to be a mapping
        self.column()?;
        self.value(line)
    }

    /// `- ` and what stands behind it.
    fn entries(&mut self, line: Line<'_>) -> Option<()> {
        let behind = line.behind(1);
        if behind.is_bare() {
            return self.await_value();
        }
        self.node(behind)
    }

    /// A key and its value.
    fn pair(&mut self, line: Line<'_>, length: usize) -> Option<()> {
        self.count()?;
        let key = &line.text[..length];
        if self.levels.len() == 1 {
            self.close_entry(line.start);
            let name = key.trim_matches(['"', '\'']);
            self.keeps = self.wanted.field(name).map(|_| line.start);
        }
        let behind = line.behind(length + 1);
        if behind.is_bare() {
            return self.await_value();
        }
        self.value(behind)
    }

    /// The value is in the next line, or null, which counts as a node too.
    fn await_value(&mut self) -> Option<()> {
        self.next = Next::Value;
        self.count()
    }

    /// A scalar, or a small flow collection.
    fn value(&mut self, line: Line<'_>) -> Option<()> {
        self.count()?;
        self.next = match scan(line.text)? {
            Scalar::Whole => Next::Entry,
            Scalar::Plain => Next::Continuation,
            Scalar::Block => {
                self.lines.pass_block(self.column()?)?;
                Next::Entry
            }
            Scalar::Quoted(mark) => {
                self.lines.pass_quoted(mark, self.column()?)?;
                Next::Entry
            }
            Scalar::Flow(items) => {
                self.nodes += items;
                if self.levels.len() >= self.max_depth() {
                    return None;
                }
                Next::Entry
            }
        };
        self.check_count()
    }

    /// Ends an outermost entry.
    fn close_entry(&mut self, end: usize) {
        if let Some(start) = self.keeps.take() {
            self.kept.push_str(self.lines.text(start..end));
        }
    }
}

#[cfg(test)]
mod tests;
