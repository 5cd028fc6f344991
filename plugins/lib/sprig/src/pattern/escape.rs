//! Escapes of single characters.

use super::PatternError;
use crate::text::rune;

/// A character in the syntax of the `regex` crate. What is no character matches nothing.
pub(super) fn atom(found: u32) -> String {
    if char::from_u32(found).is_none() {
        return "[a&&b]".to_owned();
    }
    format!("\\x{{{found:X}}}")
}

/// Reads an escape of one character; returns it and what follows.
pub(super) fn parse(text: &[u8]) -> Result<(u32, &[u8]), PatternError> {
    let Some(rest) = text.get(1..).filter(|rest| !rest.is_empty()) else {
        return Err(PatternError::new("trailing backslash at end of expression", b""));
    };
    let (found, length) = rune::decode(rest);
    let after = &rest[length..];
    let plain = match found {
        'a' => 0x07,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        '1'..='7' if !after.first().is_some_and(is_octal) => return Err(invalid(text, after)),
        '0'..='7' => return Ok(octal(rest)),
        'x' => return hex(text, after),
        _ if found.is_ascii() && !found.is_ascii_alphanumeric() => u32::from(found),
        _ => return Err(invalid(text, after)),
    };
    Ok((plain, after))
}

fn invalid(text: &[u8], after: &[u8]) -> PatternError {
    PatternError::new("invalid escape sequence", &text[..text.len() - after.len()])
}

fn is_octal(byte: &u8) -> bool {
    (b'0'..=b'7').contains(byte)
}

/// Up to three octal digits.
fn octal(text: &[u8]) -> (u32, &[u8]) {
    let digits = text.iter().take(3).take_while(|byte| is_octal(byte)).count();
    let value = text[..digits]
        .iter()
        .fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
    (value, &text[digits..])
}

/// `\x7F` or `\x{10FFFF}`; `rest` is behind the `x`.
fn hex<'a>(text: &[u8], rest: &'a [u8]) -> Result<(u32, &'a [u8]), PatternError> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let Some(braced) = rest.strip_prefix(b"{") else {
        let (Some(&first), second) = (rest.first(), rest.get(1)) else {
            return Err(invalid(text, rest));
        };
        let Some(&second) = second else {
            return Err(invalid(text, &rest[rune::decode(rest).1..]));
        };
        return match (digit(first), digit(second)) {
            (Some(high), Some(low)) => Ok((high * 16 + low, &rest[2..])),
            _ => {
                let first_length = rune::decode(rest).1;
                let second_length = rune::decode(&rest[first_length..]).1;
                Err(invalid(text, &rest[first_length + second_length..]))
            }
        };
    };
    let mut value = 0;
    let mut after = braced;
    loop {
        let (found, length) = rune::decode(after);
        if length == 0 {
            return Err(invalid(text, after));
        }
        let is_first = after.len() == braced.len();
        after = &after[length..];
        match found.to_digit(16) {
            _ if found == '}' && !is_first => return Ok((value, after)),
            Some(digit) => value = value * 16 + digit,
            None => return Err(invalid(text, after)),
        }
        if value > u32::from(char::MAX) {
            return Err(invalid(text, after));
        }
    }
}
