//! The words of an expression.

use crate::quoted;

/// A word, or what stands for one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Ident(String),
    /// Digits with their radix; the sign is the parser's.
    Int(String, u32),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Something that is no word: where, and why.
pub(crate) type LexError = (usize, String);

/// Longest first.
const SIGNS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}", "=", "&",
];

/// All words with their offsets; the last is [`Token::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<(usize, Token)>, LexError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        if next.is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else {
            let (token, length) = token(rest, next).map_err(|(offset, reason)| (at + offset, reason))?;
            found.push((at, token));
            at += length;
        }
    }
    found.push((source.len(), Token::End));
    Ok(found)
}

fn token(rest: &str, next: char) -> Result<(Token, usize), LexError> {
    if let Some(quoted) = quoted::quoted(rest)? {
        return Ok(quoted);
    }
    let second_is_digit = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if next.is_ascii_digit() || (next == '.' && second_is_digit) {
        return number(rest);
    }
    if next.is_ascii_alphabetic() || next == '_' {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        return Ok((Token::Ident(rest[..end].to_owned()), end));
    }
    SIGNS
        .iter()
        .find(|sign| rest.starts_with(**sign))
        .map(|sign| (Token::Sign(sign), sign.len()))
        .ok_or_else(|| (0, format!("token recognition error at: '{next}'")))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn number(rest: &str) -> Result<(Token, usize), LexError> {
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let length = hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        if length > 0 {
            return whole(&hex[..length], 16, &hex[length..], length + 2);
        }
    }
    let mut length = digits(rest);
    let fraction = rest[length..].strip_prefix('.').map_or(0, digits);
    let mut is_double = fraction > 0;
    if is_double {
        length += 1 + fraction;
    }
    if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[sign..]);
        if count > 0 {
            length += 1 + sign + count;
            is_double = true;
        }
    }
    if !is_double {
        return whole(&rest[..length], 10, &rest[length..], length);
    }
    match rest[..length].parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Double(number), length)),
        _ => Err((0, "invalid double literal".into())),
    }
}

fn whole(digits: &str, radix: u32, after: &str, length: usize) -> Result<(Token, usize), LexError> {
    if !after.starts_with(['u', 'U']) {
        return Ok((Token::Int(digits.to_owned(), radix), length));
    }
    u64::from_str_radix(digits, radix)
        .map(|number| (Token::Uint(number), length + 1))
        .map_err(|_| (0, "invalid uint literal".into()))
}
