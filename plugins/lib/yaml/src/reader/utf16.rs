//! UTF-16 input, recognised by its byte order mark.

use super::{Fault, Source};
use std::borrow::Cow;

/// Decodes UTF-16 after its byte order mark.
pub(super) fn decode(input: &[u8], unit: fn([u8; 2]) -> u16) -> Source<'static> {
    let mut text = String::with_capacity(input.len());
    let mut units = input.chunks(2);
    let mut fault = None;
    while let Some(pair) = units.next() {
        match decode_one(pair, &mut units, unit) {
            Ok(found) => text.push(found),
            Err(message) => {
                fault = Some(Fault {
                    limit: text.len(),
                    message,
                });
                break;
            }
        }
    }
    Source {
        text: Cow::Owned(text),
        fault,
    }
}

fn decode_one<'a>(
    pair: &[u8],
    rest: &mut impl Iterator<Item = &'a [u8]>,
    unit: fn([u8; 2]) -> u16,
) -> Result<char, &'static str> {
    let first = u32::from(unit(pair.try_into().map_err(|_| "incomplete UTF-16 character")?));
    let value = match first & 0xFC00 {
        0xDC00 => return Err("unexpected low surrogate area"),
        0xD800 => {
            let next = rest.next().unwrap_or_default();
            let second = u32::from(unit(
                next.try_into().map_err(|_| "incomplete UTF-16 surrogate pair")?,
            ));
            if second & 0xFC00 != 0xDC00 {
                return Err("expected low surrogate area");
            }
            0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF)
        }
        _ => first,
    };
    match char::from_u32(value) {
        Some(found) if is_allowed(found) => Ok(found),
        _ => Err("control characters are not allowed"),
    }
}

fn is_allowed(found: char) -> bool {
    matches!(found, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}
