//! Strings and byte slices under their verbs.

use super::printer::Printer;
use super::quote::{can_backquote, quote, quote_to_ascii};

impl Printer<'_> {
    /// A string under a verb; false for a verb that strings do not have.
    pub(super) fn text(&mut self, text: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.pad(self.truncate(text)),
            'x' | 'X' => self.hexadecimal_bytes(text, verb == 'X'),
            'q' => self.quoted(text),
            _ => return false,
        }
        true
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncate(text);
        if self.flags.sharp && can_backquote(text) {
            self.pad(&[b"`", text, b"`"].concat());
        } else if self.flags.plus {
            self.pad(&quote_to_ascii(text));
        } else {
            self.pad(&quote(text));
        }
    }

    /// Two digits for every byte; the blank flag separates them, the sharp flag marks them.
    fn hexadecimal_bytes(&mut self, bytes: &[u8], upper: bool) {
        let flags = self.flags;
        let bytes = &bytes[..flags.precision.unwrap_or(usize::MAX).min(bytes.len())];
        if bytes.is_empty() {
            self.write_padding(flags.width.unwrap_or(0));
            return;
        }
        let mark: &[u8] = if upper { b"0X" } else { b"0x" };
        let table = if upper {
            b"0123456789ABCDEF"
        } else {
            b"0123456789abcdef"
        };
        let mut text = Vec::with_capacity(bytes.len() * 3);
        if flags.sharp {
            text.extend_from_slice(mark);
        }
        for (at, byte) in bytes.iter().enumerate() {
            if flags.space && at > 0 {
                text.push(b' ');
                if flags.sharp {
                    text.extend_from_slice(mark);
                }
            }
            text.push(table[usize::from(byte >> 4)]);
            text.push(table[usize::from(byte & 15)]);
        }
        self.pad(&text);
    }

    /// A byte slice under a verb: as text, or as its numbers.
    pub(super) fn byte_slice(&mut self, bytes: &[u8], verb: char, type_name: &str) {
        match verb {
            'v' | 'd' if self.flags.sharp_v => {
                self.write(type_name.as_bytes());
                self.write_byte(b'{');
                for (at, byte) in bytes.iter().enumerate() {
                    if at > 0 {
                        self.write(b", ");
                    }
                    self.hexadecimal(u64::from(*byte), true);
                }
                self.write_byte(b'}');
            }
            's' => self.pad(self.truncate(bytes)),
            'x' | 'X' | 'q' => {
                self.text(bytes, verb);
            }
            _ => self.numbers(bytes, verb),
        }
    }

    fn numbers(&mut self, bytes: &[u8], verb: char) {
        let (open, separator, close) = match self.flags.sharp_v {
            true => (&b"[]uint8{"[..], &b", "[..], b'}'),
            false => (&b"["[..], &b" "[..], b']'),
        };
        self.write(open);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 {
                self.write(separator);
            }
            self.byte(*byte, verb);
        }
        self.write_byte(close);
    }
}
