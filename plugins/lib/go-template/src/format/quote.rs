//! Quoting: `strconv.Quote`, `strconv.QuoteToASCII`, `strconv.QuoteRune`.

use crate::unicode::{RUNE_ERROR, decode, is_print, push};

/// `strconv.Quote`: a Go string literal; what is not printable is escaped.
pub fn quote(text: &[u8]) -> Vec<u8> {
    quote_with(text, b'"', false)
}

/// `strconv.QuoteToASCII`: as [`quote`], with everything beyond ASCII escaped.
pub fn quote_to_ascii(text: &[u8]) -> Vec<u8> {
    quote_with(text, b'"', true)
}

/// `strconv.QuoteRune`: a character in single quotes.
pub(super) fn quote_rune(character: char, ascii: bool) -> Vec<u8> {
    let mut out = vec![b'\''];
    escape(&mut out, character, b'\'', ascii);
    out.push(b'\'');
    out
}

/// `strconv.CanBackquote`: no control character but tab, no backquote, valid UTF-8 without a byte order mark.
pub(super) fn can_backquote(text: &[u8]) -> bool {
    let allowed = |character: char| {
        let control = (character < ' ' && character != '\t') || character == '\u{7f}';
        !control && character != '`' && character != '\u{feff}'
    };
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(allowed))
}

fn quote_with(text: &[u8], mark: u8, ascii: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(mark);
    let mut rest = text;
    while !rest.is_empty() {
        let (character, length) = decode(rest);
        if character == RUNE_ERROR && length == 1 {
            out.extend_from_slice(format!("\\x{:02x}", rest[0]).as_bytes());
        } else {
            escape(&mut out, character, mark, ascii);
        }
        rest = &rest[length..];
    }
    out.push(mark);
    out
}

fn escape(out: &mut Vec<u8>, character: char, mark: u8, ascii: bool) {
    if character == char::from(mark) || character == '\\' {
        out.push(b'\\');
        push(out, character);
        return;
    }
    if is_print(character) && (character.is_ascii() || !ascii) {
        push(out, character);
        return;
    }
    let code = u32::from(character);
    let text = match character {
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        _ if code < 0x20 || code == 0x7f => format!("\\x{code:02x}"),
        _ if code < 0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}
