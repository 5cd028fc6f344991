//! Numbers as Go's strconv reads and writes them.

use super::{Scalar, Schema};
use std::borrow::Cow;

/// Integers and floats that begin with a digit or a sign.
pub(super) fn parse_number(text: &str, schema: Schema) -> Option<Scalar> {
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    if let Some(value) = parse_int(&plain, 0) {
        return Some(Scalar::Int(value));
    }
    if let Some(value) = parse_uint(&plain, 0) {
        return Some(Scalar::Uint(value));
    }
    if is_float(&plain) {
        // A float out of range is an error in Go, and the scalar a string then.
        if let Some(value) = plain.parse().ok().filter(|value: &f64| value.is_finite()) {
            return Some(Scalar::Float(value));
        }
    }
    parse_signed_digits(&plain, schema).map(Scalar::Int)
}

/// `0b` and, in v3, `0o` whose digits carry a sign: go-yaml cuts the prefix off and parses the rest.
fn parse_signed_digits(plain: &str, schema: Schema) -> Option<i64> {
    let prefixes: &[(&str, &str, u32)] = match schema {
        Schema::V2 => &[("0b", "-0b", 2)],
        Schema::V3 => &[("0b", "-0b", 2), ("0o", "-0o", 8)],
    };
    for (prefix, negative, base) in prefixes {
        if let Some(rest) = plain.strip_prefix(prefix) {
            return parse_int(rest, *base);
        }
        if let Some(rest) = plain.strip_prefix(negative) {
            return parse_int(&format!("-{rest}"), *base);
        }
    }
    None
}

/// `strconv.ParseInt`: base 0 takes the base from the prefix.
fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'+' => (false, &text[1..]),
        b'-' => (true, &text[1..]),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits, base)?;
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// `strconv.ParseUint`.
fn parse_uint(text: &str, base: u32) -> Option<u64> {
    let (base, digits) = match (base, text.as_bytes()) {
        (0, [b'0', b'b' | b'B', _, ..]) => (2, &text[2..]),
        (0, [b'0', b'o' | b'O', _, ..]) => (8, &text[2..]),
        (0, [b'0', b'x' | b'X', _, ..]) => (16, &text[2..]),
        (0, [b'0']) => return Some(0),
        (0, [b'0', ..]) => (8, &text[1..]),
        (0, _) => (10, text),
        (base, _) => (base, text),
    };
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, base).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let rest = match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, rest) = split_digits(rest);
            if whole.is_empty() && fraction.is_empty() {
                return false;
            }
            rest
        }
        None if whole.is_empty() => return false,
        None => rest,
    };
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return rest.is_empty();
    };
    let (digits, rest) = split_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    !digits.is_empty() && rest.is_empty()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// `strconv.ParseFloat` for text that begins with a point, where digits may be separated by underscores.
pub(super) fn parse_point_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let separates = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && (digit(Some(at + 1)) || at + 1 == bytes.len())
    };
    let sound = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || separates(at));
    if !sound || bytes.last() == Some(&b'_') {
        return None;
    }
    let plain = text.replace('_', "");
    if !is_float(&plain) {
        return None;
    }
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// How many bits decide the shortest form of a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FloatPrecision {
    /// 32.
    Single,
    /// 64.
    Double,
}

/// `strconv.FormatFloat(value, 'g', -1, bits)` of a finite float: an exponent below -4 and from 6 on.
pub fn format_float(value: f64, precision: FloatPrecision) -> String {
    let parts = Parts::of(value, precision);
    if (-4..6).contains(&parts.exponent) {
        parts.fixed()
    } else {
        parts.scientific(2)
    }
}

/// A finite float as encoding/json writes it: an exponent below -6 and from 21 on.
pub fn format_json_float(value: f64) -> String {
    let parts = Parts::of(value, FloatPrecision::Double);
    if (-6..21).contains(&parts.exponent) {
        parts.fixed()
    } else {
        parts.scientific(1)
    }
}

/// Doubles with fewer digits than this in their shortest form lie so close together that no two of those are equally near.
const MIN_TIE_DIGITS: usize = 15;

/// The shortest digits that read back as the same float.
struct Parts {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Parts {
    fn of(value: f64, precision: FloatPrecision) -> Self {
        let shortest = match precision {
            FloatPrecision::Double => format!("{value:e}"),
            FloatPrecision::Single => format!("{:e}", value as f32),
        };
        let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let mut parts = Self {
            negative: mantissa.starts_with('-'),
            digits: mantissa.chars().filter(char::is_ascii_digit).collect(),
            exponent: exponent.parse().unwrap_or(0),
        };
        if precision == FloatPrecision::Double && parts.digits.len() >= MIN_TIE_DIGITS {
            parts.break_tie(value);
        }
        parts
    }

    /// Of two shortest forms that are equally near Go takes the even one, Rust the greater one.
    fn break_tie(&mut self, value: f64) {
        let Some(last @ (b'1' | b'3' | b'5' | b'7' | b'9')) = self.digits.bytes().last() else {
            return;
        };
        let exact = format!("{:.40e}", value.abs());
        let rest: String = exact
            .chars()
            .filter(char::is_ascii_digit)
            .skip(self.digits.len())
            .take(20)
            .collect();
        let is_tie = rest
            .strip_prefix('5')
            .is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'));
        if !is_tie {
            return;
        }
        let kept = &self.digits[..self.digits.len() - 1];
        let even = format!("{kept}{}", char::from(last - 1));
        let (first, fraction) = even.split_at(1);
        let reads_back = format!("{first}.{fraction}e{}", self.exponent).parse() == Ok(value.abs());
        if reads_back {
            self.digits = even;
        }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// `1.5e+07`, the exponent with at least `width` digits.
    fn scientific(&self, width: usize) -> String {
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.exponent < 0 { '-' } else { '+' };
        let magnitude = self.exponent.unsigned_abs();
        format!("{}{first}{point}{rest}e{sign}{magnitude:0width$}", self.sign())
    }

    fn fixed(&self) -> String {
        format!("{}{}", self.sign(), place_point(&self.digits, self.exponent))
    }
}

/// Digits with the point behind the first `exponent + 1` of them.
fn place_point(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("0.{zeros}{digits}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}
