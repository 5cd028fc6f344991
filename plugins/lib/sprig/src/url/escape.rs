//! Percent encoding by the part of the URL.

use super::{UrlError, quoted};

/// A part of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// Whether a byte is escaped in a part.
pub(super) fn is_escaped(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Host | Part::Zone => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if is_escaped(byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out
}

fn hex(text: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digit(text.get(1)?)? * 16 + digit(text.get(2)?)?;
    u8::try_from(value).ok()
}

pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, UrlError> {
    let is_host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if byte != b'%' {
            if is_host && byte.is_ascii() && is_escaped(byte, part) {
                let shown = quoted(&[byte]);
                return Err(UrlError::new(format!("invalid character {shown} in host name")));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let shown = &text[at..text.len().min(at + 3)];
        let bad = || UrlError::new(format!("invalid URL escape {}", quoted(shown)));
        let value = hex(shown).ok_or_else(bad)?;
        let allowed = match part {
            Part::Host => value >= 0x80 || shown == b"%25",
            Part::Zone => shown == b"%25" || value == b' ' || !is_escaped(value, Part::Host),
            _ => true,
        };
        if !allowed {
            return Err(bad());
        }
        out.push(value);
        at += 3;
    }
    Ok(out)
}

/// Whether a text is a way to write a part, if not the usual one.
pub(super) fn is_valid(text: &[u8], part: Part) -> bool {
    text.iter()
        .all(|byte| b"!$&'()*+,;=:@[]%".contains(byte) || !is_escaped(*byte, part))
}
