//! Character classes.

use super::PatternError;
use super::escape;
use crate::text::rune;

/// A class being read, in the syntax of the `regex` crate. Perl and POSIX classes are ASCII in Go.
#[derive(Default)]
pub(super) struct Class {
    negated: bool,
    items: String,
}

const DIGIT: &str = "0-9";
const SPACE: &str = r"\t\n\x0C\r\x20";
const WORD: &str = "0-9A-Za-z_";

impl Class {
    pub(super) fn into_text(self) -> String {
        match (self.items.is_empty(), self.negated) {
            (true, true) => r"(?s:.)".to_owned(),
            (true, false) => "[a&&b]".to_owned(),
            (false, negated) => format!("[{}{}]", if negated { "^" } else { "" }, self.items),
        }
    }

    fn add(&mut self, negated: bool, items: &str) {
        if negated {
            self.items.push_str(&format!("[^{items}]"));
        } else {
            self.items.push_str(items);
        }
    }

    fn add_range(&mut self, low: u32, high: u32) {
        // Surrogates are no characters; a range may lie across them.
        let low = if (0xD800..=0xDFFF).contains(&low) {
            0xE000
        } else {
            low
        };
        let high = if (0xD800..=0xDFFF).contains(&high) {
            0xD7FF
        } else {
            high
        };
        if low <= high {
            self.items.push_str(&format!("\\x{{{low:X}}}-\\x{{{high:X}}}"));
        }
    }

    /// Reads `\pL` or `\d`; `None` when the text begins with something else.
    pub(super) fn take_escape<'a>(&mut self, text: &'a [u8]) -> Result<Option<&'a [u8]>, PatternError> {
        let (negated, items) = match (text.first(), text.get(1)) {
            (Some(b'\\'), Some(b'p' | b'P')) => return self.take_unicode(text).map(Some),
            (Some(b'\\'), Some(b'd')) => (false, DIGIT),
            (Some(b'\\'), Some(b'D')) => (true, DIGIT),
            (Some(b'\\'), Some(b's')) => (false, SPACE),
            (Some(b'\\'), Some(b'S')) => (true, SPACE),
            (Some(b'\\'), Some(b'w')) => (false, WORD),
            (Some(b'\\'), Some(b'W')) => (true, WORD),
            _ => return Ok(None),
        };
        self.add(negated, items);
        Ok(Some(&text[2..]))
    }

    fn take_unicode<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], PatternError> {
        let mut negated = text[1] == b'P';
        let (found, length) = rune::decode(&text[2..]);
        let (mut name, rest) = if found == '{' {
            let Some(end) = text.iter().position(|byte| *byte == b'}') else {
                return Err(PatternError::new("invalid character class range", text));
            };
            (&text[3..end], &text[end + 1..])
        } else {
            (&text[2..2 + length], &text[2 + length..])
        };
        let whole = &text[..text.len() - rest.len()];
        if let Some(after) = name.strip_prefix(b"^") {
            negated = !negated;
            name = after;
        }
        let Some(name) = table_name(name) else {
            return Err(PatternError::new("invalid character class range", whole));
        };
        self.items
            .push_str(&format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }));
        Ok(rest)
    }

    /// Reads `[:alpha:]`; `None` when there is no end of it.
    fn take_named<'a>(&mut self, text: &'a [u8]) -> Result<Option<&'a [u8]>, PatternError> {
        let Some(end) = text.windows(2).skip(2).position(|pair| pair == b":]") else {
            return Ok(None);
        };
        let (name, rest) = text.split_at(end + 4);
        let inner = &name[2..end + 2];
        let (negated, inner) = match inner.strip_prefix(b"^") {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let items = match inner {
            b"alnum" => "0-9A-Za-z",
            b"alpha" => "A-Za-z",
            b"ascii" => r"\x00-\x7F",
            b"blank" => r"\t\x20",
            b"cntrl" => r"\x00-\x1F\x7F",
            b"digit" => DIGIT,
            b"graph" => r"\x21-\x7E",
            b"lower" => "a-z",
            b"print" => r"\x20-\x7E",
            b"punct" => r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
            b"space" => r"\t\n\x0B\x0C\r\x20",
            b"upper" => "A-Z",
            b"word" => WORD,
            b"xdigit" => "0-9A-Fa-f",
            _ => return Err(PatternError::new("invalid character class range", name)),
        };
        self.add(negated, items);
        Ok(Some(rest))
    }
}

/// The name of a Unicode table that the `regex` crate knows too. Queries of its own are not Go's.
fn table_name(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|found| found.is_ascii_alphanumeric() || matches!(found, '_' | '-' | ' '));
    (plain && regex_syntax::parse(&format!("\\p{{{name}}}")).is_ok()).then_some(name)
}

/// Reads a class in brackets.
pub(super) fn bracketed(whole: &[u8]) -> Result<(Class, &[u8]), PatternError> {
    let mut class = Class::default();
    let mut rest = &whole[1..];
    if let Some(after) = rest.strip_prefix(b"^") {
        class.negated = true;
        rest = after;
    }
    let mut first = true;
    while first || rest.first() != Some(&b']') {
        first = false;
        if rest.starts_with(b"[:")
            && let Some(after) = class.take_named(rest)?
        {
            rest = after;
            continue;
        }
        if let Some(after) = class.take_escape(rest)? {
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = class_rune(rest, whole)?;
        rest = after;
        let mut high = low;
        if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
            (high, rest) = class_rune(&rest[1..], whole)?;
            if high < low {
                let range = &start[..start.len() - rest.len()];
                return Err(PatternError::new("invalid character class range", range));
            }
        }
        class.add_range(low, high);
    }
    Ok((class, &rest[1..]))
}

fn class_rune<'a>(text: &'a [u8], whole: &[u8]) -> Result<(u32, &'a [u8]), PatternError> {
    if text.is_empty() {
        return Err(PatternError::new("missing closing ]", whole));
    }
    if text[0] == b'\\' {
        return escape::parse(text);
    }
    let (found, length) = rune::decode(text);
    Ok((u32::from(found), &text[length..]))
}
