//! Numbers out of any value, as spf13/cast makes them: what is no number is 0.

use std::borrow::Cow;

use sluice_go_template::Value;

use crate::objects::NamedInt;

/// `int64`
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => number.cast_signed(),
        Value::Float(number) => float_to_int(*number),
        Value::String(text) => parse_int(trim_zero_decimal(text)).unwrap_or(0),
        Value::Object(_) => value
            .downcast::<NamedInt>()
            .and_then(|_| value.as_int())
            .unwrap_or(0),
        _ => 0,
    }
}

/// `float64`
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Int(_, number) => *number as f64,
        Value::Uint(_, number) => *number as f64,
        Value::Float(number) => *number,
        Value::String(text) => parse_float(text).unwrap_or(0.0),
        Value::Object(_) => to_int(value) as f64,
        _ => 0.0,
    }
}

/// Go's conversion on amd64: what does not fit becomes the smallest number.
pub(super) fn float_to_int(number: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Without a fraction that is nothing but zeros.
fn trim_zero_decimal(text: &[u8]) -> &[u8] {
    let zeros = text.iter().rev().take_while(|byte| **byte == b'0').count();
    let before = &text[..text.len() - zeros];
    match before.strip_suffix(b".") {
        Some(whole) if zeros > 0 => whole,
        _ => text,
    }
}

/// `strconv.ParseInt` with base 0: prefixes, octal by a leading zero, underscores between digits.
fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = signed(text);
    let (base, digits, prefixed) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest, true),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest, true),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest, true),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest, true),
        _ => (10, digits, false),
    };
    let mut plain = Vec::with_capacity(digits.len());
    // An underscore stands between digits, or between a prefix and a digit.
    let mut separable = prefixed;
    for &byte in digits {
        if byte == b'_' {
            if !separable {
                return None;
            }
            separable = false;
        } else {
            plain.push(byte);
            separable = true;
        }
    }
    if !separable {
        return None;
    }
    number(negative, &plain, base).ok()
}

fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

/// Digits of a base as a number; the error is the nearest number when they are too many, and [`None`] when one is wrong.
fn number(negative: bool, digits: &[u8], base: u32) -> Result<i64, Option<i64>> {
    if digits.is_empty() {
        return Err(None);
    }
    let mut value: i128 = 0;
    for &byte in digits {
        let digit = char::from(byte).to_digit(base).ok_or(None)?;
        value = (value * i128::from(base) + i128::from(digit)).min(1 << 100);
    }
    let value = if negative { -value } else { value };
    let nearest = if negative { i64::MIN } else { i64::MAX };
    i64::try_from(value).map_err(|_| Some(nearest))
}

/// `strconv.ParseInt` of a base as functions use it that drop its error: the nearest number when it is too large.
pub(super) fn parse_int_lossy(text: &[u8], base: u32) -> i64 {
    let (negative, digits) = signed(text);
    number(negative, digits, base).unwrap_or_else(|nearest| nearest.unwrap_or(0))
}

/// `strconv.ParseInt` of a base.
pub(super) fn parse_int_base(text: &[u8], base: u32) -> Option<i64> {
    let (negative, digits) = signed(text);
    number(negative, digits, base).ok()
}

/// `strconv.ParseFloat`; a number that is too large is none.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let text = without_underscores(text)?;
    let text = std::str::from_utf8(&text).ok()?;
    let (_, bare) = signed(text.as_bytes());
    if bare.first().is_some_and(|byte| matches!(byte, b'n' | b'N')) && bare.len() < text.len() {
        return None;
    }
    if let [b'0', b'x' | b'X', ..] = bare {
        return parse_hex_float(text);
    }
    let number: f64 = text.parse().ok()?;
    let is_range = number.is_infinite() && bare.iter().any(u8::is_ascii_digit);
    (!is_range).then_some(number)
}

/// Without underscores, which must stand between digits (or behind a prefix).
fn without_underscores(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'_') {
        return Some(Cow::Borrowed(text));
    }
    let (_, bare) = signed(text);
    let prefixed = matches!(bare, [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]);
    let hex = matches!(bare, [b'0', b'x' | b'X', ..]);
    let mut before = if prefixed { b'0' } else { b'^' };
    for &byte in &bare[if prefixed { 2 } else { 0 }..] {
        let is_digit = byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit());
        before = match (byte, before) {
            _ if is_digit => b'0',
            (b'_', b'0') => b'_',
            (b'_', _) | (_, b'_') => return None,
            _ => b'!',
        };
    }
    let plain = text.iter().copied().filter(|byte| *byte != b'_');
    (before != b'_').then(|| Cow::Owned(plain.collect()))
}

/// `0x1.8p3`: the exponent is a must.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (negative, rest) = signed(text.as_bytes());
    let rest = std::str::from_utf8(rest.get(2..)?).ok()?;
    let (mantissa, exponent) = rest.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    let value = value * 2f64.powi(shift);
    if value.is_infinite() {
        return None;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_numbers_of_texts() {
        for (text, wanted) in [
            ("12", 12),
            ("12.00", 12),
            ("12.5", 0),
            ("0x1F", 31),
            ("012", 10),
            ("08", 0),
            ("1_000", 1000),
            ("_1", 0),
            ("0_7", 7),
            ("-5", -5),
            ("", 0),
            ("9223372036854775808", 0),
            ("0.0", 0),
            ("1__0", 0),
            ("00", 0),
        ] {
            assert_eq!(to_int(&Value::from(text)), wanted, "{text}");
        }
        for (text, wanted) in [
            ("1.5", 1.5),
            ("x", 0.0),
            ("1e999", 0.0),
            ("0x1p4", 16.0),
            ("1_000", 1000.0),
            ("_1", 0.0),
            ("1_", 0.0),
            ("0x_1p0", 1.0),
            ("+nan", 0.0),
            ("inf", f64::INFINITY),
        ] {
            assert_eq!(to_float(&Value::from(text)), wanted, "{text}");
        }
        assert_eq!(to_int(&Value::Float(f64::NAN)), i64::MIN);
        assert_eq!(parse_int_lossy(b"99999999999999999999", 10), i64::MAX);
    }
}
