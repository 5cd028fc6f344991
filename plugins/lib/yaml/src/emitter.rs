//! Writing YAML: indentation, indicators and line breaks as libyaml's emitter places them.

mod analysis;
mod annotated;
mod block;
mod collection;
mod comment;
mod double;
mod key;
mod node;
mod options;
mod plain;
mod sort;
mod style;
mod tag;
mod value;

pub use node::emit_node;
pub use options::{EmitOptions, Flavour};
pub use value::{Marshal, Shape, emit_value};

pub(crate) use annotated::emit_annotated;
pub(crate) use sort::sort_keys;
pub(crate) use style::node_style;

use crate::resolve::Schema;
use comment::Waiting;

/// Where a node is written.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// An item of a block sequence.
    in_block_sequence: bool,
    /// A key or value of a mapping.
    in_mapping: bool,
    /// A key without `?`: it stays on one line.
    simple_key: bool,
}

/// One document being written.
struct Emitter {
    out: String,
    schema: Schema,
    best_indent: i32,
    best_width: usize,
    compact_sequences: bool,
    indent: i32,
    column: usize,
    flow_level: usize,
    /// The last character was a blank, a break, or an indicator that needs none behind it.
    whitespace: bool,
    /// Only blanks and the indicators `-`, `?`, `:` are on this line yet.
    indention: bool,
    /// Indentation of the foot comment above, which a blank line parts from what follows there; below 0 for none.
    foot_indent: i32,
    /// Comments that wait for their place, in a document that has them.
    waiting: Option<Box<Waiting>>,
    /// Nesting of the walk, to bound it.
    depth: usize,
    /// Keys are sorted by their bytes, not in go-yaml's natural order.
    byte_order: bool,
    /// Data was met that JSON on the way to v2 changes, or that is refused then.
    changed_by_json: bool,
}

impl Emitter {
    fn new(schema: Schema, options: &EmitOptions, capacity: usize) -> Self {
        let best_indent = i32::from(options.indent);
        Self {
            out: String::with_capacity(capacity),
            schema,
            best_indent: if (2..=9).contains(&best_indent) {
                best_indent
            } else {
                2
            },
            best_width: options.width.unwrap_or(usize::MAX),
            compact_sequences: options.compact_sequences,
            indent: -1,
            column: 0,
            flow_level: 0,
            whitespace: true,
            indention: true,
            foot_indent: -1,
            waiting: None,
            depth: 0,
            byte_order: false,
            changed_by_json: false,
        }
    }

    /// Ends the document and returns the text.
    fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    fn put(&mut self, found: char) {
        self.out.push(found);
        self.column += 1;
    }

    /// Appends text of one line.
    fn put_text(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    /// Appends a line break of the text; NEL, LS and PS are kept.
    fn put_kept_break(&mut self, found: &str) {
        self.out.push_str(found);
        self.column = 0;
        self.indention = true;
    }

    /// Goes to the indentation, on a new line unless this one is still empty.
    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        if self.foot_indent >= 0 {
            self.part_from_foot();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
    }

    /// `spaced`: a blank goes before it; `open`: none is needed behind it; `indents`: the line still counts as empty.
    fn write_indicator(&mut self, indicator: &str, spaced: bool, open: bool, indents: bool) {
        if spaced && !self.whitespace {
            self.put(' ');
        }
        self.put_text(indicator);
        self.whitespace = open;
        self.indention = self.indention && indents;
    }

    /// Goes one level deeper and returns the indentation to come back to.
    fn deepen(&mut self, place: Place, flow: bool, same: bool, compact: bool) -> i32 {
        let before = self.indent;
        if self.indent < 0 {
            self.indent = if flow { self.best_indent } else { 0 };
        } else if !same {
            self.indent = match self.schema {
                Schema::V2 => self.indent + self.best_indent,
                Schema::V3 if place.in_block_sequence => self.indent + 2,
                Schema::V3 => {
                    let aligned = self.best_indent * ((self.indent + self.best_indent) / self.best_indent);
                    if compact { aligned - 2 } else { aligned }
                }
            };
        }
        before
    }
}

#[cfg(test)]
mod tests;
