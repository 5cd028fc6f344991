//! Moving through the text while counting lines and columns.

use super::Scanner;
use super::chars::{break_len, is_blank};

impl Scanner<'_> {
    /// The byte at the position; 0 at the end of the text, which cannot hold a 0.
    pub(super) fn byte(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte `distance` further on; 0 behind the end.
    pub(super) fn ahead(&self, distance: usize) -> u8 {
        self.bytes.get(self.mark.pos + distance).copied().unwrap_or(0)
    }

    /// Column of the position, to compare with indentation.
    pub(super) fn column(&self) -> i32 {
        i32::try_from(self.mark.column).unwrap_or(i32::MAX)
    }

    pub(super) fn at_end(&self) -> bool {
        self.mark.pos >= self.bytes.len()
    }

    /// Moves over ASCII characters of one line.
    pub(super) fn skip(&mut self, count: usize) {
        self.mark.pos += count;
        self.mark.column += count as u32;
        self.fresh_lines = 0;
    }

    /// Number of characters between two byte offsets.
    pub(super) fn chars_between(&self, from: usize, to: usize) -> usize {
        self.bytes[from..to]
            .iter()
            .filter(|byte| **byte & 0xC0 != 0x80)
            .count()
    }

    /// Moves over spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.byte()) {
            self.mark.pos += 1;
            self.mark.column += 1;
        }
    }

    /// Moves over the line break at the position, if there is one, and returns what a scalar keeps of it.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let found = match break_len(self.bytes, self.mark.pos) {
            0 => return None,
            3 if self.ahead(2) == 0xA8 => '\u{2028}',
            3 => '\u{2029}',
            _ => '\n',
        };
        self.mark.pos += break_len(self.bytes, self.mark.pos);
        self.mark.line += 1;
        self.mark.column = 0;
        self.fresh_lines += 1;
        Some(found)
    }

    /// Moves to the end of the line, before its break.
    pub(super) fn skip_line_rest(&mut self) {
        self.take_run(super::chars::LINE, break_at);
    }

    /// Moves over the run of bytes in one line that neither table nor `is_stop` stop; returns where it ends.
    #[inline]
    pub(super) fn take_run(&mut self, stops: u8, is_stop: impl Fn(&[u8], usize) -> bool) -> usize {
        let from = self.mark.pos;
        let mut at = from;
        let mut seen = 0;
        while let Some(byte) = self.bytes.get(at) {
            if super::chars::STOPS[usize::from(*byte)] & stops != 0 && is_stop(self.bytes, at) {
                break;
            }
            seen |= *byte;
            at += 1;
        }
        if at > from {
            let length = if seen < 0x80 {
                at - from
            } else {
                self.chars_between(from, at)
            };
            self.mark.pos = at;
            self.mark.column += length as u32;
            self.fresh_lines = 0;
        }
        at
    }

    /// `---` or `...` at the start of a line, followed by a blank, a break or the end.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!(
                (self.byte(), self.ahead(1), self.ahead(2)),
                (b'-', b'-', b'-') | (b'.', b'.', b'.')
            )
            && super::is_blank_or_end(self.bytes, self.mark.pos + 3)
    }
}

fn break_at(text: &[u8], at: usize) -> bool {
    break_len(text, at) > 0
}
