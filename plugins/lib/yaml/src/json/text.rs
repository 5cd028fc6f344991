//! Strings in JSON, and how the YAML reader sees them.

use crate::compose::{Composer, open_source};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::resolve::Schema;
use std::borrow::Cow;

/// Longest key of a flow mapping in characters, quotes included.
const MAX_KEY: usize = 1024;

/// A string that goes through JSON.
pub(crate) struct JsonText<'a> {
    text: &'a str,
}

impl<'a> JsonText<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text }
    }

    /// Writes the string in quotes.
    pub(crate) fn write(&self, escape_html: bool, out: &mut String) {
        out.push('"');
        let mut rest = self.text;
        while let Some(at) = rest.find(|found| needs_escape(found, escape_html)) {
            out.push_str(&rest[..at]);
            let Some(found) = rest[at..].chars().next() else {
                break;
            };
            write_escape(found, out);
            rest = &rest[at + found.len_utf8()..];
        }
        out.push_str(rest);
        out.push('"');
    }

    fn quoted(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 2);
        self.write(true, &mut out);
        out
    }

    /// Refuses keys the YAML scanner does not take for keys.
    pub(crate) fn check_key(&self) -> Result<(), Error> {
        // An escape takes at most six characters.
        if self.text.len() * 6 + 2 > MAX_KEY && self.quoted().chars().count() > MAX_KEY {
            return Err(Error::new(ErrorKind::Emit, "did not find expected ',' or '}'"));
        }
        Ok(())
    }

    /// The string as the YAML reader gets it from JSON, which leaves DEL and the C1 controls unescaped: they are refused,
    /// but for NEL, which is a line break and folds.
    pub(crate) fn read_as_yaml(&self) -> Result<Cow<'a, str>, Error> {
        if self.text.bytes().all(|byte| byte < 0x7F) || !self.text.chars().any(is_read_differently) {
            return Ok(Cow::Borrowed(self.text));
        }
        let json = self.quoted();
        let limits = Limits::default();
        let source = open_source(json.as_bytes(), &limits)?;
        let node = Composer::new(&source, Schema::V2, limits).next_document()?;
        Ok(Cow::Owned(node.map(|node| node.value).unwrap_or_default()))
    }
}

fn is_read_differently(found: char) -> bool {
    matches!(found, '\x7F'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}')
}

fn needs_escape(found: char, escape_html: bool) -> bool {
    match found {
        '"' | '\\' | '\0'..='\x1F' | '\u{2028}' | '\u{2029}' => true,
        '<' | '>' | '&' => escape_html,
        _ => false,
    }
}

fn write_escape(found: char, out: &mut String) {
    match found {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x08' => out.push_str("\\b"),
        '\x0C' => out.push_str("\\f"),
        other => out.push_str(&format!("\\u{:04x}", u32::from(other))),
    }
}
