//! Literal and folded scalars.

use super::Emitter;
use super::plain::{line_end, split_at_spaces};
use crate::scanner::{break_len, is_blank};

impl Emitter {
    pub(super) fn write_literal(&mut self, text: &str) {
        self.write_indicator("|", true, false, false);
        self.write_hints(text);
        self.end_block_header();
        self.whitespace = true;
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let width = break_len(bytes, at);
            if width > 0 {
                self.put_kept_break(&text[at..at + width]);
                at += width;
                continue;
            }
            let end = line_end(bytes, at);
            self.write_indent();
            self.put_text(&text[at..end]);
            self.indention = false;
            at = end;
        }
    }

    pub(super) fn write_folded(&mut self, text: &str) {
        self.write_indicator(">", true, false, false);
        self.write_hints(text);
        self.end_block_header();
        self.whitespace = true;
        let bytes = text.as_bytes();
        let mut breaks = true;
        let mut leading_spaces = true;
        let mut at = 0;
        while at < bytes.len() {
            let width = break_len(bytes, at);
            if width > 0 {
                if !breaks && !leading_spaces && bytes[at] == b'\n' && !starts_blank(bytes) {
                    self.put_break();
                }
                self.put_kept_break(&text[at..at + width]);
                breaks = true;
                at += width;
                continue;
            }
            let end = line_end(bytes, at);
            self.write_indent();
            leading_spaces = is_blank(bytes[at]);
            breaks = false;
            self.write_folded_line(&text[at..end]);
            at = end;
        }
    }

    fn write_folded_line(&mut self, line: &str) {
        for (at, piece) in split_at_spaces(line) {
            let next_is_space = line.as_bytes().get(at + 1) == Some(&b' ');
            if at > 0 && piece == " " && !next_is_space && self.column > self.best_width {
                self.write_indent();
            } else {
                self.put_text(piece);
            }
            self.indention = false;
        }
    }

    /// Writes the indentation indicator a text with leading blanks needs, and the chomping indicator.
    fn write_hints(&mut self, text: &str) {
        if text.starts_with(' ') || break_len(text.as_bytes(), 0) > 0 {
            let hint = self.best_indent.to_string();
            self.write_indicator(&hint, false, false, false);
        }
        let mut ends = text.chars().rev();
        let is_break = |found: char| matches!(found, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let hint = match (ends.next(), ends.next()) {
            (None, _) => "-",
            (Some(last), _) if !is_break(last) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            _ => return,
        };
        self.write_indicator(hint, false, false, false);
    }
}

/// Whether the first character behind the line breaks at the start of a text is a blank, or there is none. libyaml means
/// the breaks at its position, go-yaml looks at those at the start.
fn starts_blank(bytes: &[u8]) -> bool {
    let mut at = 0;
    while break_len(bytes, at) > 0 {
        at += break_len(bytes, at);
    }
    bytes.get(at).is_none_or(|byte| is_blank(*byte))
}
