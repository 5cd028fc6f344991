//! Integers: decimal, other bases, characters and code points.

use super::printer::Printer;
use super::quote::quote_rune;
use crate::unicode::{RUNE_ERROR, is_print, push};

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// How a number is written.
#[derive(Clone, Copy)]
pub(super) struct Base {
    pub radix: u64,
    pub upper: bool,
    /// `%O`: the prefix `0o`.
    pub octal_prefix: bool,
}

impl Base {
    pub const fn new(radix: u64) -> Self {
        Self {
            radix,
            upper: false,
            octal_prefix: false,
        }
    }
}

impl Printer<'_> {
    /// An integer under a verb. `number` is the bit pattern, `signed` says how to read it.
    pub(super) fn integer(&mut self, number: u64, signed: bool, verb: char) -> bool {
        let base = match verb {
            'v' if self.flags.sharp_v && !signed => {
                self.hexadecimal(number, true);
                return true;
            }
            'v' | 'd' => Base::new(10),
            'b' => Base::new(2),
            'o' => Base::new(8),
            'O' => Base {
                octal_prefix: true,
                ..Base::new(8)
            },
            'x' => Base::new(16),
            'X' => Base {
                upper: true,
                ..Base::new(16)
            },
            'c' | 'q' | 'U' => {
                self.code_point(number, verb);
                return true;
            }
            _ => return false,
        };
        self.number(number, signed, base);
        true
    }

    /// Lower case hexadecimal, with or without `0x`.
    pub(super) fn hexadecimal(&mut self, number: u64, prefix: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefix);
        self.number(number, false, Base::new(16));
        self.flags.sharp = sharp;
    }

    pub(super) fn number(&mut self, number: u64, signed: bool, base: Base) {
        let negative = signed && number.cast_signed() < 0;
        let magnitude = if negative { number.wrapping_neg() } else { number };
        let flags = self.flags;
        let mut digits = 0;
        match flags.precision {
            Some(0) if magnitude == 0 => {
                let zero = std::mem::take(&mut self.flags.zero);
                self.write_padding(flags.width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
            Some(precision) => digits = precision,
            None if flags.zero && !flags.minus && flags.width.is_some() => {
                let sign = usize::from(negative || flags.plus || flags.space);
                digits = flags.width.unwrap_or(0).saturating_sub(sign);
            }
            None => {}
        }
        let mut text = digits_of(magnitude, base);
        while text.len() < digits {
            text.push(b'0');
        }
        self.prefix(&mut text, negative, base);
        text.reverse();
        self.pad_with_blanks(&text);
    }

    /// Base prefix and sign, behind the reversed digits.
    fn prefix(&self, reversed: &mut Vec<u8>, negative: bool, base: Base) {
        if self.flags.sharp {
            match base.radix {
                2 => reversed.extend(b"b0"),
                8 if reversed.last() != Some(&b'0') => reversed.push(b'0'),
                16 => reversed.extend([if base.upper { b'X' } else { b'x' }, b'0']),
                _ => {}
            }
        }
        if base.octal_prefix {
            reversed.extend(b"o0");
        }
        if negative {
            reversed.push(b'-');
        } else if self.flags.plus {
            reversed.push(b'+');
        } else if self.flags.space {
            reversed.push(b' ');
        }
    }

    fn code_point(&mut self, number: u64, verb: char) {
        let character = u32::try_from(number)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(RUNE_ERROR);
        match verb {
            'c' => self.pad(character.encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let text = quote_rune(character, self.flags.plus);
                self.pad(&text);
            }
            _ => self.unicode(number),
        }
    }

    fn unicode(&mut self, number: u64) {
        let digits = self.flags.precision.unwrap_or(0).max(4);
        let mut text = format!("U+{number:0digits$X}").into_bytes();
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        if let Some(character) = character.filter(|character| self.flags.sharp && is_print(*character)) {
            text.extend(b" '");
            push(&mut text, character);
            text.push(b'\'');
        }
        self.pad_with_blanks(&text);
    }
}

/// The digits, last one first.
fn digits_of(mut number: u64, base: Base) -> Vec<u8> {
    let table = if base.upper { UPPER } else { LOWER };
    let mut digits = Vec::with_capacity(24);
    loop {
        digits.push(table[(number % base.radix) as usize]);
        number /= base.radix;
        if number == 0 {
            return digits;
        }
    }
}
