//! Width, precision and flags of one directive, and how they pad.

use super::printer::Printer;
use crate::unicode::{decode, rune_count};

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`
    pub plus_v: bool,
    /// `%#v`
    pub sharp_v: bool,
}

impl Printer<'_> {
    /// Writes bytes; beyond the limit it only notes that there was more.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if bytes.len() > self.limit.saturating_sub(self.out.len()) {
            self.full = true;
            return;
        }
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn write_byte(&mut self, byte: u8) {
        self.write(&[byte]);
    }

    pub(super) fn write_padding(&mut self, count: usize) {
        if count > self.limit.saturating_sub(self.out.len()) {
            self.full = true;
            return;
        }
        let fill = if self.flags.zero && !self.flags.minus {
            b'0'
        } else {
            b' '
        };
        self.out.resize(self.out.len() + count, fill);
    }

    /// Writes bytes in the width of the directive; the width counts characters.
    pub(super) fn pad(&mut self, bytes: &[u8]) {
        let Some(width) = self.flags.width.filter(|width| *width > 0) else {
            self.write(bytes);
            return;
        };
        let missing = width.saturating_sub(rune_count(bytes));
        if self.flags.minus {
            self.write(bytes);
            self.write_padding(missing);
        } else {
            self.write_padding(missing);
            self.write(bytes);
        }
    }

    /// As [`Printer::pad`], with blanks whatever the zero flag says.
    pub(super) fn pad_with_blanks(&mut self, bytes: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(bytes);
        self.flags.zero = zero;
    }

    /// The characters that the precision allows.
    pub(super) fn truncate<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(precision) = self.flags.precision else {
            return bytes;
        };
        let mut at = 0;
        for _ in 0..precision {
            if at >= bytes.len() {
                break;
            }
            at += decode(&bytes[at..]).1;
        }
        &bytes[..at]
    }
}
