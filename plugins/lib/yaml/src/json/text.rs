//! Strings in JSON, and how the YAML reader sees them.

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

    /// Whether a YAML reader makes something else of the JSON: DEL and the C1 controls stay unescaped and are refused, but
    /// for NEL, which is a line break and folds; keys may be too long.
    pub(crate) fn is_read_differently(&self, is_key: bool) -> bool {
        if is_key && self.text.len() * 6 + 2 > MAX_KEY && self.quoted().chars().count() > MAX_KEY {
            return true;
        }
        let is_suspect = |byte: u8| matches!(byte, 0x7F | 0xC2 | 0xEF);
        self.text.bytes().any(is_suspect)
            && self
                .text
                .chars()
                .any(|found| matches!(found, '\x7F'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}'))
    }
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
