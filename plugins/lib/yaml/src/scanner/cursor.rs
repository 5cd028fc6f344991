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

    /// Moves to a position further on in the same line.
    pub(super) fn advance_to(&mut self, pos: usize) {
        let from = self.mark.pos;
        self.mark.column += self.chars_between(from, pos) as u32;
        self.mark.pos = pos;
        self.fresh_lines = 0;
    }

    /// Number of characters between two byte offsets.
    pub(super) fn chars_between(&self, from: usize, to: usize) -> usize {
        if self.ascii {
            return to.saturating_sub(from);
        }
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
        let end = self.line_end(self.mark.pos);
        self.advance_to(end);
    }

    /// Offset of the next line break, or of the end of the text.
    pub(super) fn line_end(&self, from: usize) -> usize {
        self.run_end(from, super::chars::LINE, break_at)
    }

    /// End of the run of bytes from `from` on that neither table nor `is_stop` stop.
    pub(super) fn run_end(&self, from: usize, stops: u8, is_stop: fn(&[u8], usize) -> bool) -> usize {
        let mut at = from;
        while let Some(byte) = self.bytes.get(at) {
            if super::chars::STOPS[usize::from(*byte)] & stops != 0 && is_stop(self.bytes, at) {
                break;
            }
            at += 1;
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
