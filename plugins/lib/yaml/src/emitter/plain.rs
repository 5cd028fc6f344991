//! Plain and single quoted scalars.

use super::{Emitter, Place};
use crate::node::Style;
use crate::resolve::Schema;
use crate::scanner::break_len;

use super::style::Text;

impl Emitter {
    /// Writes a scalar at its place.
    pub(super) fn write_scalar(&mut self, text: &Text<'_>, place: Place) {
        let style = self.select_style(text, place);
        let before = self.deepen(place, true, false, false);
        let wrap = !place.simple_key;
        match style {
            Style::SingleQuoted => self.write_single_quoted(text.value, wrap),
            Style::DoubleQuoted => self.write_double_quoted(text.value, wrap),
            Style::Literal => self.write_literal(text.value),
            Style::Folded => self.write_folded(text.value),
            Style::Plain | Style::Flow | Style::Block => self.write_plain(text.value, wrap),
        }
        self.indent = before;
    }

    fn write_plain(&mut self, text: &str, wrap: bool) {
        if !self.whitespace && (self.schema == Schema::V2 || !text.is_empty()) {
            self.put(' ');
        }
        self.write_lines(text, wrap, false);
        if self.schema == Schema::V2 || !text.is_empty() {
            self.whitespace = false;
        }
        self.indention = false;
    }

    fn write_single_quoted(&mut self, text: &str, wrap: bool) {
        self.write_indicator("'", true, false, false);
        self.write_lines(text, wrap, true);
        self.write_indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes text whose line breaks fold, wrapping it at spaces.
    fn write_lines(&mut self, text: &str, wrap: bool, quoted: bool) {
        let bytes = text.as_bytes();
        let mut breaks = false;
        let mut at = 0;
        while at < bytes.len() {
            let width = break_len(bytes, at);
            if width > 0 {
                if !breaks && bytes[at] == b'\n' {
                    self.put_break();
                }
                self.put_kept_break(&text[at..at + width]);
                breaks = true;
                at += width;
                continue;
            }
            if breaks {
                self.write_indent();
                breaks = false;
            }
            let end = line_end(bytes, at);
            self.write_line(&text[at..end], text, at, wrap, quoted);
            at = end;
        }
    }

    /// Writes one line of a text, `start` being its offset in `whole`.
    fn write_line(&mut self, line: &str, whole: &str, start: usize, wrap: bool, quoted: bool) {
        let longest = if quoted { line.len() * 2 } else { line.len() };
        let fits = !wrap || self.column.saturating_add(longest) <= self.best_width;
        if fits {
            self.write_quoted_piece(line, quoted);
            return;
        }
        let bytes = whole.as_bytes();
        let mut spaces = false;
        for (offset, piece) in split_at_spaces(line) {
            let at = start + offset;
            if piece != " " {
                self.write_quoted_piece(piece, quoted);
                spaces = false;
                continue;
            }
            let inside = !quoted || (at > 0 && at + 1 < bytes.len());
            let next_is_space = bytes.get(at + 1) == Some(&b' ');
            if !spaces && self.column > self.best_width && inside && !next_is_space {
                self.write_indent();
            } else {
                self.put(' ');
            }
            spaces = true;
        }
    }

    fn write_quoted_piece(&mut self, piece: &str, quoted: bool) {
        if quoted && piece.as_bytes().contains(&b'\'') {
            for found in piece.chars() {
                if found == '\'' {
                    self.put('\'');
                }
                self.put(found);
            }
        } else {
            self.put_text(piece);
        }
        self.indention = false;
    }
}

/// Words and single spaces in turn, with their offsets.
pub(super) fn split_at_spaces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let length = if rest.starts_with(' ') {
            1
        } else {
            rest.find(' ').unwrap_or(rest.len())
        };
        let start = at;
        at += length;
        Some((start, &rest[..length]))
    })
}

/// End of the line of a text that begins at `from`.
pub(super) fn line_end(bytes: &[u8], from: usize) -> usize {
    let may_break = |byte: &u8| matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2);
    let mut at = from;
    while let Some(found) = bytes[at..].iter().position(may_break) {
        at += found;
        if break_len(bytes, at) > 0 {
            return at;
        }
        at += 1;
    }
    bytes.len()
}
