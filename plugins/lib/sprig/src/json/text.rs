//! Strings in JSON.

use crate::text::rune::{REPLACEMENT, positioned};

/// Writes a string in quotes. What is no UTF-8 becomes `\ufffd`.
pub(super) fn write(text: &[u8], escape_html: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_plain = |byte: &u8| match byte {
        b'"' | b'\\' => false,
        b'<' | b'>' | b'&' => !escape_html,
        byte => (b' '..0x80).contains(byte),
    };
    if text.iter().all(is_plain) {
        out.extend_from_slice(text);
    } else {
        for (at, found, length) in positioned(text) {
            write_rune(found, &text[at..at + length], escape_html, out);
        }
    }
    out.push(b'"');
}

fn write_rune(found: char, bytes: &[u8], escape_html: bool, out: &mut Vec<u8>) {
    let short: &[u8] = match found {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        '\x08' => b"\\b",
        '\x0C' => b"\\f",
        '\n' => b"\\n",
        '\r' => b"\\r",
        '\t' => b"\\t",
        REPLACEMENT if bytes.len() == 1 => b"\\ufffd",
        '\0'..='\x1F' | '\u{2028}' | '\u{2029}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(found)).as_bytes());
            return;
        }
        '<' | '>' | '&' if escape_html => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(found)).as_bytes());
            return;
        }
        _ => bytes,
    };
    out.extend_from_slice(short);
}
