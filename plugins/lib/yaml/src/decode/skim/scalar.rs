//! Keys and scalars that stand in one line, and say by themselves what they are.

use crate::resolve::{Scalar as Resolved, Schema, resolve};

/// Longest key: go-yaml takes no key that is longer than 1024 characters.
const KEY_LIMIT: usize = 512;

/// A value at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    /// A scalar that ends in its line.
    Whole,
    /// A plain one, which the next line may go on with.
    Plain,
    /// A quoted one that goes on in the next line.
    Quoted(u8),
    /// The header of a block scalar.
    Block,
    /// A flow sequence with so many items.
    Flow(usize),
}

/// The length of the key that a line begins with, its quotes included; a colon and a blank or nothing stand behind it.
pub(super) fn key_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let length = match bytes.first()? {
        b'"' | b'\'' => quoted_length(bytes)?,
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.' | b'$') => {
            let length = plain_key_length(bytes)?;
            let name = &text[..length];
            // the words that mean something are no longer
            let is_text = length > 5 && byte.is_ascii_alphabetic()
                || matches!(resolve(name, Schema::V2), Resolved::Str | Resolved::Timestamp);
            is_text.then_some(length)?
        }
        _ => return None,
    };
    let ends = bytes.get(length) == Some(&b':') && matches!(bytes.get(length + 1), None | Some(b' '));
    (ends && length <= KEY_LIMIT).then_some(length)
}

fn plain_key_length(bytes: &[u8]) -> Option<usize> {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.' | b'$' | b'-' | b'~' | b'@')
    };
    let mut length = 0;
    loop {
        length += bytes[length..].iter().take_while(|byte| is_part(byte)).count();
        match bytes[length..] {
            [b':'] | [b':', b' ', ..] => return Some(length),
            [b':', ..] => length += 1,
            _ => return None,
        }
    }
}

/// How a text goes on that began with a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    /// It ends with the quote in front of this position.
    Ends(usize),
    /// It goes on in the next line.
    GoesOn,
}

/// Looks for the closing quote; none where something needs a closer look.
pub(super) fn close_quote(bytes: &[u8], mark: u8) -> Option<Quoted> {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'\\' if mark == b'"' => {
                if !matches!(next, Some(b'"' | b'\\' | b'n' | b't')) {
                    return None;
                }
                at += 2;
            }
            b'\'' if mark == *byte && next == Some(&b'\'') => at += 2,
            _ if *byte == mark => return Some(Quoted::Ends(at + 1)),
            _ => at += 1,
        }
    }
    Some(Quoted::GoesOn)
}

/// The length of a quoted text that ends in its line, its quotes included.
fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let (mark, inner) = bytes.split_first()?;
    match close_quote(inner, *mark)? {
        Quoted::Ends(length) => Some(length + 1),
        Quoted::GoesOn => None,
    }
}

/// The value that a text without tabs and outer blanks is; none where it needs a closer look.
pub(super) fn scan(text: &str) -> Option<Scalar> {
    let bytes = text.as_bytes();
    match *bytes.first()? {
        mark @ (b'"' | b'\'') => match close_quote(&bytes[1..], mark)? {
            Quoted::Ends(length) => is_end(&bytes[length + 1..]).then_some(Scalar::Whole),
            Quoted::GoesOn => Some(Scalar::Quoted(mark)),
        },
        b'|' | b'>' => matches!(&bytes[1..], [] | [b'-' | b'+']).then_some(Scalar::Block),
        b'[' | b'{' => flow(bytes),
        b'-' => {
            if bytes.get(1).is_none_or(|next| *next == b' ') {
                return None;
            }
            plain(text)
        }
        b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'#' | b',' | b']' | b'}' | b'<' | b'=' | b'?' | b':' => {
            None
        }
        _ => plain(text),
    }
}

/// Nothing, or a comment.
pub(super) fn is_end(behind: &[u8]) -> bool {
    let blanks = behind.iter().take_while(|byte| **byte == b' ').count();
    match behind.get(blanks) {
        None => true,
        Some(b'#') => blanks > 0,
        Some(_) => false,
    }
}

fn plain(text: &str) -> Option<Scalar> {
    let length = plain_length(text.as_bytes())?;
    let value = text[..length].trim_end_matches(' ');
    // numbers that JSON cannot hold
    if matches!(resolve(value, Schema::V2), Resolved::Float(number) if !number.is_finite()) {
        return None;
    }
    Some(if length < text.len() {
        Scalar::Whole
    } else {
        Scalar::Plain
    })
}

/// A further line of a plain scalar: whether a comment ends it.
pub(super) fn ends_in_continuation(text: &str) -> Option<bool> {
    plain_length(text.as_bytes()).map(|length| length < text.len())
}

/// The length of a plain text in front of a comment; none where there is a colon that would make it a key.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => return None,
            b'#' if at > 0 && bytes[at - 1] == b' ' => return Some(at),
            _ => {}
        }
    }
    Some(bytes.len())
}

/// An empty collection, or a sequence of words and quoted texts.
fn flow(bytes: &[u8]) -> Option<Scalar> {
    if let [b'[', b']', behind @ ..] | [b'{', b'}', behind @ ..] = bytes {
        return is_end(behind).then_some(Scalar::Flow(0));
    }
    let mut rest = bytes.strip_prefix(b"[")?;
    let mut items = 0;
    loop {
        rest = rest.trim_ascii_start();
        rest = &rest[item_length(rest)?..];
        items += 1;
        rest = rest.trim_ascii_start();
        match rest.split_first()? {
            (b',', behind) => rest = behind,
            (b']', behind) => return is_end(behind).then_some(Scalar::Flow(items)),
            _ => return None,
        }
    }
}

fn item_length(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' | b'\'' => quoted_length(bytes),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'/' => {
            let is_part =
                |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.' | b'-');
            Some(bytes.iter().take_while(is_part).count())
        }
        _ => None,
    }
}
