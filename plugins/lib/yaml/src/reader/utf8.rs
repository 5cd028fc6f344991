//! UTF-8 input.

use super::{Fault, PIECE, Source};
use std::borrow::Cow;

const INCOMPLETE: &str = "incomplete UTF-8 octet sequence";

/// Decodes UTF-8 whose byte order mark of `skipped` bytes is already cut off.
pub(super) fn decode(input: &[u8], skipped: usize) -> Source<'_> {
    let (text, broken) = match std::str::from_utf8(input) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.valid_up_to();
            // The prefix up to `at` is valid by the contract of `valid_up_to`.
            let text = std::str::from_utf8(&input[..at]).unwrap_or_default();
            (text, Some((at, broken_sequence(&input[at..]))))
        }
    };
    let fault = match first_control(text.as_bytes()) {
        Some(at) => Some((at, "control characters are not allowed")),
        None => broken,
    };
    let Some((at, message)) = fault else {
        return Source {
            text: Cow::Borrowed(text),
            fault: None,
        };
    };
    // The end of a truncated character is only missed at the end of the input.
    let limit = if message == INCOMPLETE {
        at
    } else {
        piece_start(input, skipped, at)
    };
    Source {
        text: Cow::Borrowed(&text[..limit]),
        fault: Some(Fault { limit, message }),
    }
}

/// Offset of the first character outside of YAML's allowed range.
fn first_control(text: &[u8]) -> Option<usize> {
    // Whole blocks without any suspect byte are skipped: that loop is one the compiler vectorises.
    let mut start = 0;
    for block in text.chunks(BLOCK) {
        if block.iter().fold(false, |found, byte| found | is_suspect(*byte)) {
            let found =
                (start..start + block.len()).find(|at| is_suspect(text[*at]) && !is_allowed(&text[*at..]));
            if found.is_some() {
                return found;
            }
        }
        start += block.len();
    }
    None
}

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Whether a byte is, or may begin, a character that is not allowed.
fn is_suspect(byte: u8) -> bool {
    let is_space = (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
    ((byte < b' ') & !is_space) | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

/// Whether a suspect byte begins an allowed character after all.
fn is_allowed(rest: &[u8]) -> bool {
    match rest {
        [0xC2, next, ..] => *next >= 0xA0 || *next == 0x85,
        [0xEF, 0xBF, last, ..] => *last < 0xBE,
        [0xEF, ..] => true,
        _ => false,
    }
}

/// How go-yaml names the broken sequence that begins here.
fn broken_sequence(rest: &[u8]) -> &'static str {
    let lead = rest.first().copied().unwrap_or(0);
    let width = match lead {
        0x00..=0x7F => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(trail) = rest.get(1..width) else {
        return INCOMPLETE;
    };
    if trail.iter().any(|octet| octet & 0xC0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    let value = trail
        .iter()
        .fold(u32::from(lead) & (0x7F >> width), |value, octet| {
            (value << 6) | u32::from(octet & 0x3F)
        });
    let least = [0, 0, 0x80, 0x800, 0x1_0000][width];
    if value < least {
        "invalid length of a UTF-8 sequence"
    } else {
        "invalid Unicode character"
    }
}

/// Start of the piece in which go-yaml decodes the bad character at `at`. A piece never ends inside of a character.
fn piece_start(input: &[u8], skipped: usize, at: usize) -> usize {
    let mut start = 0;
    let mut end = PIECE - skipped;
    loop {
        let mut cut = end.min(input.len());
        while cut > start && cut < input.len() && input[cut] & 0xC0 == 0x80 {
            cut -= 1;
        }
        if at < cut || cut >= input.len() || cut == start {
            return start;
        }
        start = cut;
        end = cut + PIECE;
    }
}
