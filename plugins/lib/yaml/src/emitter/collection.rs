//! Sequences and mappings, in blocks and in brackets.

use super::key::is_simple;
use super::style::Text;
use super::{Emitter, Place};
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_WALK_DEPTH;
use crate::resolve::Schema;

/// Brackets of a flow collection.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Brackets {
    Sequence,
    Mapping,
}

impl Brackets {
    fn open(self) -> &'static str {
        if self == Self::Sequence { "[" } else { "{" }
    }

    fn close(self) -> &'static str {
        if self == Self::Sequence { "]" } else { "}" }
    }
}

impl Emitter {
    /// Bounds the nesting of a walk; call before going into a collection, and [`Emitter::leave`] after it.
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_WALK_DEPTH {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("exceeded max depth of {MAX_WALK_DEPTH}"),
            ));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// `[]` or `{}`.
    pub(super) fn write_empty(&mut self, brackets: Brackets, place: Place) {
        let before = self.open_flow(brackets, place);
        self.close_flow(brackets, before);
    }

    /// Begins a block sequence; returns the indentation to come back to.
    pub(super) fn open_block_sequence(&mut self, place: Place) -> i32 {
        match self.schema {
            Schema::V2 => self.deepen(place, false, place.in_mapping && !self.indention, false),
            Schema::V3 => {
                let compact =
                    place.in_mapping && (self.column == 0 || !self.indention) && self.compact_sequences;
                self.deepen(place, false, false, compact)
            }
        }
    }

    pub(super) fn open_block_mapping(&mut self, place: Place) -> i32 {
        self.deepen(place, false, false, false)
    }

    pub(super) fn close_block(&mut self, before: i32) {
        self.indent = before;
    }

    pub(super) fn write_block_entry(&mut self) -> Place {
        self.write_indent();
        self.write_indicator("-", true, false, true);
        Place {
            in_block_sequence: true,
            ..Place::default()
        }
    }

    /// Writes what goes before a key of a block mapping; the place says how to write the key.
    pub(super) fn write_block_key(&mut self, simple: bool) -> Place {
        self.write_indent();
        if !simple {
            self.write_indicator("?", true, false, true);
        }
        Place {
            in_mapping: true,
            simple_key: simple,
            ..Place::default()
        }
    }

    /// Writes what goes between a key and its value.
    pub(super) fn write_block_value(&mut self, simple: bool) -> Place {
        if simple {
            self.write_indicator(":", false, false, false);
        } else {
            self.write_indent();
            self.write_indicator(":", true, false, true);
        }
        Place {
            in_mapping: true,
            ..Place::default()
        }
    }

    pub(super) fn open_flow(&mut self, brackets: Brackets, place: Place) -> i32 {
        self.write_indicator(brackets.open(), true, true, false);
        let before = self.deepen(place, true, false, false);
        self.flow_level += 1;
        before
    }

    pub(super) fn close_flow(&mut self, brackets: Brackets, before: i32) {
        self.flow_level -= 1;
        self.indent = before;
        if self.column == 0 && self.schema == Schema::V3 && brackets == Brackets::Sequence {
            self.write_indent();
        }
        self.write_indicator(brackets.close(), false, false, false);
    }

    /// Writes the comma before an entry, and a break when the line is full.
    pub(super) fn write_flow_separator(&mut self, first: bool) -> Place {
        if !first {
            self.write_indicator(",", false, false, false);
        }
        if (self.schema == Schema::V3 && self.column == 0) || self.column > self.best_width {
            self.write_indent();
        }
        Place::default()
    }

    pub(super) fn write_flow_key(&mut self, first: bool, simple: bool) -> Place {
        self.write_flow_separator(first);
        self.write_flow_mark(simple)
    }

    /// Writes the `?` before a key that needs it.
    pub(super) fn write_flow_mark(&mut self, simple: bool) -> Place {
        if !simple {
            self.write_indicator("?", true, false, false);
        }
        Place {
            in_mapping: true,
            simple_key: simple,
            ..Place::default()
        }
    }

    pub(super) fn write_flow_value(&mut self, simple: bool) -> Place {
        if simple {
            self.write_indicator(":", false, false, false);
        } else {
            if self.column > self.best_width {
                self.write_indent();
            }
            self.write_indicator(":", true, false, false);
        }
        Place {
            in_mapping: true,
            ..Place::default()
        }
    }

    /// Writes a key of a block mapping that is a plain string, and the colon behind it.
    pub(super) fn write_string_key(&mut self, key: &str) -> Place {
        let text = Text::string(key, self.schema);
        let simple = is_simple(&text, 0);
        let place = self.write_block_key(simple);
        self.write_scalar(&text, place);
        self.write_block_value(simple)
    }
}
