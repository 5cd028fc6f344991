//! Decoding of the input bytes: encoding, byte order mark, and the characters YAML allows.
//!
//! go-yaml checks its input in pieces of 512 bytes, just ahead of the scanner. A bad byte is therefore reported in place of
//! any error further on, and also in place of an error shortly before it. [`Source::fault`] carries that position.

use std::borrow::Cow;

mod utf16;
mod utf8;

/// Size of the pieces in which go-yaml reads.
const PIECE: usize = 512;

/// A bad character: where the scanner meets it, and how go-yaml names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Offset in the text from which on nothing can be scanned.
    pub(crate) limit: usize,
    /// The message.
    pub(crate) message: &'static str,
}

/// Checked text without its byte order mark.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) fault: Option<Fault>,
}

/// Checks and decodes the input. Never fails: a fault is met while scanning, since a reader may stop before it.
pub(crate) fn open(input: &[u8]) -> Source<'_> {
    match input {
        [0xFF, 0xFE, rest @ ..] => utf16::decode(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16::decode(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8::decode(rest, 3),
        _ => utf8::decode(input, 0),
    }
}
