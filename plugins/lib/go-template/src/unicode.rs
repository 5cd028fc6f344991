//! UTF-8 as Go decodes it, and Go's classes of characters.

mod tables;

use std::borrow::Cow;

use tables::{DIGIT, LETTER, PRINT};

/// What invalid bytes decode to.
pub const RUNE_ERROR: char = char::REPLACEMENT_CHARACTER;

/// The first character and its length; an invalid byte is [`RUNE_ERROR`] of length 1, the end has length 0.
pub fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else {
        return (RUNE_ERROR, 0);
    };
    let length = match first {
        0..0x80 => return (char::from(first), 1),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (RUNE_ERROR, 1),
    };
    let text = bytes
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(character) => (character, length),
        None => (RUNE_ERROR, 1),
    }
}

/// The last character and its length.
pub fn decode_last(bytes: &[u8]) -> (char, usize) {
    if let Some(last @ 0..0x80) = bytes.last() {
        return (char::from(*last), 1);
    }
    for length in (1..=bytes.len().min(4)).rev() {
        let tail = &bytes[bytes.len() - length..];
        let (character, used) = decode(tail);
        if used == length {
            return (character, length);
        }
    }
    (RUNE_ERROR, bytes.len().min(1))
}

/// Go's `utf8.RuneCount`: every invalid byte counts as one.
pub fn rune_count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    let mut count = 0;
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = &rest[decode(rest).1..];
        count += 1;
    }
    count
}

/// Text of bytes, with a replacement character for each that is part of no character, as encoding/json has it: the standard
/// library has one for several.
pub fn to_lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(std::iter::repeat_n(RUNE_ERROR, chunk.invalid().len()));
    }
    Cow::Owned(out)
}

/// Appends a character.
pub fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn contains(table: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    let at = table.partition_point(|&(_, last)| last < code);
    table.get(at).is_some_and(|&(first, _)| first <= code)
}

/// Go's `strconv.IsPrint` and `unicode.IsPrint`.
pub fn is_print(character: char) -> bool {
    if character.is_ascii() {
        return (' '..='~').contains(&character);
    }
    contains(&PRINT, character)
}

/// A letter, a digit or an underscore.
pub fn is_alphanumeric(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    contains(&LETTER, character) || contains(&DIGIT, character)
}
