//! Number literals: `strconv.ParseInt`, `ParseUint` with base 0, and `ParseFloat`.

use super::literal::{Unit, unquote_char};
use crate::ast::{Number, Pos};
use crate::format::quote;
use crate::value::Str;

fn quoted(text: &[u8]) -> String {
    String::from_utf8_lossy(&quote(text)).into_owned()
}

fn empty(pos: Pos, text: &[u8]) -> Number {
    Number {
        pos,
        text: Str::from(text),
        int: None,
        uint: None,
        float: None,
        complex: None,
    }
}

/// `'a'`
pub(super) fn character(pos: Pos, text: &[u8]) -> Result<Number, String> {
    let (unit, length) = unquote_char(&text[1..], b'\'').ok_or("invalid syntax")?;
    if &text[1 + length..] != b"'" {
        return Err(format!(
            "malformed character constant: {}",
            String::from_utf8_lossy(text)
        ));
    }
    let code = match unit {
        Unit::Char(character) => u32::from(character),
        Unit::Byte(byte) => u32::from(byte),
    };
    Ok(Number {
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
        ..empty(pos, text)
    })
}

/// `1+2i`
pub(super) fn complex(pos: Pos, text: &[u8]) -> Result<Number, String> {
    let is_exponent = |byte: u8| matches!(byte, b'e' | b'E' | b'p' | b'P');
    let is_hexadecimal = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'x' | b'X'));
    let split = (1..text.len()).rev().find(|&at| {
        let sign = matches!(text[at], b'+' | b'-');
        let hexadecimal_digit = matches!(text[at - 1], b'e' | b'E') && is_hexadecimal(&text[..at]);
        sign && (!is_exponent(text[at - 1]) || hexadecimal_digit)
    });
    let syntax = || "syntax error scanning complex number".to_owned();
    let (real, imaginary) = text.split_at(split.ok_or_else(syntax)?);
    let real = parse_float(real).ok_or_else(syntax)?;
    let imaginary = imaginary
        .strip_suffix(b"i")
        .and_then(parse_float)
        .ok_or_else(syntax)?;
    Ok(simplify(pos, text, real, imaginary))
}

/// A complex number, and what else it is when its imaginary part is zero.
fn simplify(pos: Pos, text: &[u8], real: f64, imaginary: f64) -> Number {
    let mut number = Number {
        complex: Some((real, imaginary)),
        ..empty(pos, text)
    };
    if imaginary == 0.0 {
        number.float = Some(real);
        number.int = exact_int(real);
        number.uint = exact_uint(real);
    }
    number
}

/// Everything else: integers, floats, imaginary numbers.
pub(super) fn number(pos: Pos, text: &[u8]) -> Result<Number, String> {
    if let Some(imaginary) = text.strip_suffix(b"i").and_then(parse_float) {
        return Ok(simplify(pos, text, 0.0, imaginary));
    }
    let mut number = empty(pos, text);
    number.uint = parse_uint(text);
    number.int = parse_int(text);
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Some(float) = parse_float(text) {
        if !text.iter().any(|byte| b".eEpP".contains(byte)) {
            return Err(format!("integer overflow: {}", quoted(text)));
        }
        number.float = Some(float);
        number.int = exact_int(float);
        number.uint = exact_uint(float);
    }
    if number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quoted(text)));
    }
    Ok(number)
}

fn exact_int(float: f64) -> Option<i64> {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    (fits && float.trunc() == float).then_some(float as i64)
}

fn exact_uint(float: f64) -> Option<u64> {
    let fits = (0.0..18_446_744_073_709_551_616.0).contains(&float);
    (fits && float.trunc() == float).then_some(float as u64)
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    let magnitude = parse_uint(digits)?;
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

fn parse_uint(text: &[u8]) -> Option<u64> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() || !underscores_separate_digits(text) {
        return None;
    }
    let mut number: u64 = 0;
    for byte in digits.iter().filter(|byte| **byte != b'_') {
        let digit = char::from(*byte).to_digit(radix)?;
        number = number
            .checked_mul(u64::from(radix))?
            .checked_add(u64::from(digit))?;
    }
    Some(number)
}

/// Go's rule: underscores stand between digits, or behind a base prefix.
fn underscores_separate_digits(text: &[u8]) -> bool {
    let (_, text) = split_sign(text);
    let (prefixed, hexadecimal) = match text {
        [b'0', letter, ..] => (b"bBoOxX".contains(letter), b"xX".contains(letter)),
        _ => (false, false),
    };
    let digits = if prefixed { &text[2..] } else { text };
    let mut before = if prefixed { b'0' } else { b'^' };
    for byte in digits {
        let is_digit = byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit());
        match (is_digit, *byte, before) {
            (true, ..) => before = b'0',
            (false, b'_', b'0') => before = b'_',
            (false, b'_', _) | (false, _, b'_') => return false,
            _ => before = b'!',
        }
    }
    before != b'_'
}

/// A decimal or hexadecimal float; what is out of range is no number.
fn parse_float(text: &[u8]) -> Option<f64> {
    if !underscores_separate_digits(text) {
        return None;
    }
    let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'_').collect();
    let (negative, digits) = split_sign(&plain);
    let magnitude = match digits {
        [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest)?,
        [b'0'..=b'9' | b'.', ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    magnitude
        .is_finite()
        .then_some(if negative { -magnitude } else { magnitude })
}

/// Hexadecimal mantissa and its binary exponent, which is mandatory.
fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let at = text.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let (negative, digits) = split_sign(exponent);
    if digits.is_empty() || mantissa.iter().all(|byte| *byte == b'.') {
        return None;
    }
    let mut power: i64 = 0;
    for digit in digits {
        power = (power * 10 + i64::from(char::from(*digit).to_digit(10)?)).min(100_000);
    }
    let mut power = if negative { -power } else { power };
    let (mut value, mut sticky, mut fraction) = (0u64, false, false);
    for byte in mantissa {
        if *byte == b'.' {
            if std::mem::replace(&mut fraction, true) {
                return None;
            }
            continue;
        }
        let digit = char::from(*byte).to_digit(16)?;
        let room = value >> 58 == 0;
        if room {
            value = value << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
        }
        power += match (room, fraction) {
            (true, true) => -4,
            (false, false) => 4,
            _ => 0,
        };
    }
    Some(scale(value, sticky, power))
}

/// `value` × 2^`power`, rounded to even.
fn scale(value: u64, sticky: bool, power: i64) -> f64 {
    if value == 0 {
        return 0.0;
    }
    let shift = i64::from(value.leading_zeros());
    let (value, power) = (value << shift, power - shift);
    // The value is 1.x × 2^(power + 63); below the smallest normal exponent there are fewer bits.
    let top = power + 63;
    let dropped = if top < -1022 {
        (11 + (-1022 - top)).min(64)
    } else {
        11
    };
    let kept = if dropped >= 64 { 0 } else { value >> dropped };
    let rest = if dropped >= 64 {
        value
    } else {
        value << (64 - dropped)
    };
    let half = 1u64 << 63;
    let up = if dropped >= 64 {
        dropped == 64 && top >= -1075 && (rest > half || sticky)
    } else {
        rest > half || (rest == half && (sticky || kept & 1 == 1))
    };
    let mantissa = kept + u64::from(up);
    let exponent = power + dropped;
    if exponent > 971 + 1 {
        return f64::INFINITY;
    }
    mantissa as f64 * 2f64.powi((exponent / 2) as i32) * 2f64.powi((exponent - exponent / 2) as i32)
}
