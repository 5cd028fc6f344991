//! Text and bytes in quotes, with their escapes.

use crate::lexer::{LexError, Token};

/// The quoted literal at the beginning of a text with its length; none when there is none.
pub(crate) fn quoted(rest: &str) -> Result<Option<(Token, usize)>, LexError> {
    let prefix = rest
        .bytes()
        .take(2)
        .take_while(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B'))
        .count();
    let quote = rest[prefix..].chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else { return Ok(None) };
    let marks = rest[..prefix].to_ascii_lowercase();
    if !matches!(marks.as_str(), "" | "r" | "b" | "br") {
        return Ok(None);
    }
    let (raw, bytes) = (marks.contains('r'), marks.contains('b'));
    let triple = quote.to_string().repeat(3);
    let fence = if rest[prefix..].starts_with(&triple) {
        triple.as_str()
    } else {
        &rest[prefix..=prefix]
    };
    let start = prefix + fence.len();
    let end = start + close(&rest[start..], fence, raw).ok_or((0, "unterminated text".to_owned()))?;
    let content = rest[start..end].replace("\r\n", "\n").replace('\r', "\n");
    let content = if raw {
        content.into_bytes()
    } else {
        unescape(&content, bytes).map_err(|reason| (0, reason))?
    };
    let token = if bytes {
        Token::Bytes(content)
    } else {
        Token::Text(String::from_utf8(content).map_err(|_| (0, "text is no UTF-8".to_owned()))?)
    };
    Ok(Some((token, end + fence.len())))
}

/// Where the fence closes.
fn close(text: &str, fence: &str, raw: bool) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if text[at..].starts_with(fence) {
            return Some(at);
        }
        if c == '\n' && fence.len() == 1 {
            return None;
        }
        if c == '\\' && !raw {
            chars.next()?;
        }
    }
    None
}

fn unescape(text: &str, bytes: bool) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escape(&rest[at + 1..], bytes, &mut out)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Writes what an escape stands for; gives what follows it.
fn escape<'a>(text: &'a str, bytes: bool, out: &mut Vec<u8>) -> Result<&'a str, String> {
    let mut chars = text.chars();
    let kind = chars.next().ok_or("unfinished escape")?;
    let simple = match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' | '\'' | '"' | '`' | '?' => kind as u8,
        _ => return code(kind, text, bytes, out),
    };
    out.push(simple);
    Ok(chars.as_str())
}

fn code<'a>(kind: char, text: &'a str, bytes: bool, out: &mut Vec<u8>) -> Result<&'a str, String> {
    let (skip, digits, radix) = match kind {
        'x' | 'X' => (1, 2, 16),
        'u' if !bytes => (1, 4, 16),
        'U' if !bytes => (1, 8, 16),
        '0'..='3' => (0, 3, 8),
        _ => return Err(format!("unknown escape '\\{kind}'")),
    };
    let number = text.get(skip..skip + digits);
    let number = number
        .filter(|digits| digits.chars().all(|digit| digit.is_digit(radix)))
        .and_then(|digits| u32::from_str_radix(digits, radix).ok())
        .ok_or_else(|| format!("unfinished escape '\\{kind}'"))?;
    match u8::try_from(number) {
        Ok(byte) if bytes => out.push(byte),
        _ => {
            let c = char::from_u32(number).ok_or_else(|| format!("invalid code point in '\\{kind}'"))?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(&text[skip + digits..])
}
