//! Format strings: flags, width, precision, argument indexes.

use super::padding::Flags;
use super::printer::Printer;
use crate::unicode::{decode, push};
use crate::value::Value;

/// Go's bound on widths and precisions.
const TOO_LARGE: i64 = 1_000_000;

/// A format string while it is read.
struct Reader<'f> {
    format: &'f [u8],
    at: usize,
    args: &'f [Value],
    next: usize,
    reordered: bool,
    good_index: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// Digits from here; an overlong number eats all that is left, as in Go.
    fn number(&mut self) -> Option<i64> {
        let end = self.format.len();
        let (number, next) = parse_number(self.format, self.at, end);
        self.at = next;
        number
    }

    /// `[n]` chooses the next argument. Says whether it was there (and readable).
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let (index, length) = parse_index(rest);
        self.at += length;
        match index {
            Some(index) if usize::try_from(index).is_ok_and(|index| index < self.args.len()) => {
                self.next = index as usize;
                true
            }
            other => {
                self.good_index = false;
                other.is_some()
            }
        }
    }

    /// The argument for `*`, if it is an integer of a sane size.
    fn star(&mut self) -> Option<i64> {
        let value = self.args.get(self.next)?;
        self.next += 1;
        let number = match value {
            Value::Uint(_, number) => i64::try_from(*number).ok(),
            other => other.as_int(),
        };
        number.filter(|number| (-TOO_LARGE..=TOO_LARGE).contains(number))
    }
}

fn parse_number(text: &[u8], start: usize, end: usize) -> (Option<i64>, usize) {
    let mut number: Option<i64> = None;
    let mut at = start;
    while at < end && text[at].is_ascii_digit() {
        let so_far = number.unwrap_or(0);
        if so_far > TOO_LARGE {
            return (None, end);
        }
        number = Some(so_far * 10 + i64::from(text[at] - b'0'));
        at += 1;
    }
    (number, at)
}

/// The index (from 0) in brackets, and how many bytes they take; 1 where the bracket is not closed.
fn parse_index(text: &[u8]) -> (Option<i64>, usize) {
    if text.len() < 3 {
        return (None, 1);
    }
    let Some(close) = text.iter().position(|byte| *byte == b']') else {
        return (None, 1);
    };
    match parse_number(text, 1, close) {
        (Some(number), end) if end == close => (Some(number - 1), close + 1),
        _ => (None, close + 1),
    }
}

impl Printer<'_> {
    /// `Fprintf`.
    pub(crate) fn printf(&mut self, format: &[u8], args: &[Value]) {
        let mut reader = Reader {
            format,
            at: 0,
            args,
            next: 0,
            reordered: false,
            good_index: true,
        };
        while reader.at < format.len() && !self.is_done() {
            let rest = &format[reader.at..];
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            self.write(&rest[..plain]);
            reader.at += plain;
            if reader.at >= format.len() {
                break;
            }
            reader.at += 1;
            if !self.directive(&mut reader) {
                break;
            }
        }
        if !reader.reordered && reader.next < args.len() {
            self.extra(&args[reader.next..]);
        }
    }

    /// One directive behind its `%`; false when the format ended within it.
    fn directive(&mut self, reader: &mut Reader<'_>) -> bool {
        reader.good_index = true;
        self.flags = Flags::default();
        while let Some(byte) = reader.peek() {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            reader.at += 1;
        }
        let mut after_index = reader.index();
        after_index = self.width(reader, after_index);
        after_index = self.precision(reader, after_index);
        if !after_index {
            reader.index();
        }
        if reader.at >= reader.format.len() {
            self.write(b"%!(NOVERB)");
            return false;
        }
        let (verb, length) = decode(&reader.format[reader.at..]);
        reader.at += length;
        self.apply(reader, verb);
        true
    }

    fn width(&mut self, reader: &mut Reader<'_>, after_index: bool) -> bool {
        if reader.peek() == Some(b'*') {
            reader.at += 1;
            let width = reader.star();
            if width.is_none() {
                self.write(b"%!(BADWIDTH)");
            }
            if width.is_some_and(|width| width < 0) {
                self.flags.minus = true;
                self.flags.zero = false;
            }
            self.flags.width = width.map(|width| width.unsigned_abs() as usize);
            return false;
        }
        let width = reader.number();
        if after_index && width.is_some() {
            reader.good_index = false;
        }
        self.flags.width = width.map(|width| width as usize);
        after_index
    }

    fn precision(&mut self, reader: &mut Reader<'_>, after_index: bool) -> bool {
        if reader.peek() != Some(b'.') || reader.at + 1 >= reader.format.len() {
            return after_index;
        }
        reader.at += 1;
        if after_index {
            reader.good_index = false;
        }
        let after_index = reader.index();
        if reader.peek() == Some(b'*') {
            reader.at += 1;
            let precision = reader.star().filter(|precision| *precision >= 0);
            if precision.is_none() {
                self.write(b"%!(BADPREC)");
            }
            self.flags.precision = precision.map(|precision| precision as usize);
            return false;
        }
        let precision = reader.number().unwrap_or(0);
        self.flags.precision = Some(precision as usize);
        after_index
    }

    fn apply(&mut self, reader: &mut Reader<'_>, verb: char) {
        if verb == '%' {
            self.write_byte(b'%');
        } else if !reader.good_index {
            self.complain(verb, b"(BADINDEX)");
        } else if let Some(arg) = reader.args.get(reader.next) {
            if matches!(verb, 'v' | 'w') {
                self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                self.flags.plus_v = std::mem::take(&mut self.flags.plus);
            }
            self.arg(arg, verb);
            reader.next += 1;
        } else {
            self.complain(verb, b"(MISSING)");
        }
    }

    fn complain(&mut self, verb: char, what: &[u8]) {
        let mut text = b"%!".to_vec();
        push(&mut text, verb);
        text.extend_from_slice(what);
        self.write(&text);
    }

    fn extra(&mut self, args: &[Value]) {
        self.flags = Flags::default();
        self.write(b"%!(EXTRA ");
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                self.write(b", ");
            }
            if arg.is_nil() {
                self.write(b"<nil>");
            } else {
                self.write(arg.type_name().as_bytes());
                self.write_byte(b'=');
                self.arg(arg, 'v');
            }
        }
        self.write_byte(b')');
    }
}
