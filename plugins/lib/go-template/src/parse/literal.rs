//! String and character literals: `strconv.Unquote` and `strconv.UnquoteChar`.

use std::borrow::Cow;

use crate::unicode::{decode, push};

/// The content of a literal in double quotes or backquotes.
pub(super) fn unquote(literal: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (mark, inner) = match literal {
        [first @ (b'"' | b'`'), inner @ .., last] if first == last => (*first, inner),
        _ => return None,
    };
    let special: &[u8] = if mark == b'`' { b"\r" } else { b"\"\\" };
    let plain = !inner.iter().any(|byte| special.contains(byte));
    // invalid UTF-8 between double quotes is replaced
    if plain && (mark == b'`' || std::str::from_utf8(inner).is_ok()) {
        return Some(Cow::Borrowed(inner));
    }
    if mark == b'`' {
        return Some(
            inner
                .iter()
                .copied()
                .filter(|byte| *byte != b'\r')
                .collect::<Vec<_>>()
                .into(),
        );
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, length) = unquote_char(rest, b'"')?;
        match unit {
            Unit::Char(character) => push(&mut out, character),
            Unit::Byte(byte) => out.push(byte),
        }
        rest = &rest[length..];
    }
    Some(out.into())
}

/// What one character of a literal stands for.
pub(super) enum Unit {
    Char(char),
    /// `\x..` or `\...`: a byte, not a character
    Byte(u8),
}

/// The first character of a literal's content, and how long it is written.
pub(super) fn unquote_char(text: &[u8], mark: u8) -> Option<(Unit, usize)> {
    match *text.first()? {
        byte if byte == mark => None,
        b'\\' => escape(&text[1..], mark).map(|(unit, length)| (unit, length + 1)),
        _ => {
            let (character, length) = decode(text);
            Some((Unit::Char(character), length))
        }
    }
}

fn escape(text: &[u8], mark: u8) -> Option<(Unit, usize)> {
    let character = match *text.first()? {
        b'a' => '\x07',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\x0b',
        b'\\' => '\\',
        b'x' => {
            let byte = number(text.get(1..3)?, 16)?;
            return Some((Unit::Byte(u8::try_from(byte).ok()?), 3));
        }
        b'u' => return Some((Unit::Char(char::from_u32(number(text.get(1..5)?, 16)?)?), 5)),
        b'U' => return Some((Unit::Char(char::from_u32(number(text.get(1..9)?, 16)?)?), 9)),
        b'0'..=b'7' => {
            let byte = number(text.get(..3)?, 8)?;
            return Some((Unit::Byte(u8::try_from(byte).ok()?), 3));
        }
        quote @ (b'\'' | b'"') if quote == mark => char::from(quote),
        _ => return None,
    };
    Some((Unit::Char(character), 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let mut number: u32 = 0;
    for digit in digits {
        number = number
            .checked_mul(radix)?
            .checked_add(char::from(*digit).to_digit(radix)?)?;
    }
    Some(number)
}
