//! Double quoted scalars.

use super::Emitter;
use super::plain::split_at_spaces;

/// Bytes that are written as they are wherever they stand.
const ORDINARY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        table[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    table
};

impl Emitter {
    pub(super) fn write_double_quoted(&mut self, text: &str, wrap: bool) {
        self.write_indicator("\"", true, false, false);
        // go-yaml looks for the byte order mark at the start of the text only, and then takes every character for one.
        let escape_all = text.starts_with('\u{FEFF}');
        // An escape takes up to ten columns.
        let fits = !wrap || self.column.saturating_add(text.len() * 10) <= self.best_width;
        if fits && !escape_all {
            self.write_escaped(text, false);
        } else {
            self.write_wrapped(text, wrap, escape_all);
        }
        self.write_indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_wrapped(&mut self, text: &str, wrap: bool, escape_all: bool) {
        let bytes = text.as_bytes();
        let mut spaces = false;
        for (at, piece) in split_at_spaces(text) {
            if piece != " " || escape_all {
                self.write_escaped(piece, escape_all);
                spaces = false;
                continue;
            }
            let inside = at > 0 && at + 1 < bytes.len();
            if wrap && !spaces && self.column > self.best_width && inside {
                self.write_indent();
                if bytes[at + 1] == b' ' {
                    self.put('\\');
                }
            } else {
                self.put(' ');
            }
            spaces = true;
        }
    }

    fn write_escaped(&mut self, piece: &str, escape_all: bool) {
        let bytes = piece.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let ordinary = if escape_all { 0 } else { ordinary_len(&bytes[at..]) };
            self.out.push_str(&piece[at..at + ordinary]);
            self.column += ordinary;
            at += ordinary;
            let Some(found) = piece[at..].chars().next() else {
                break;
            };
            if !escape_all && is_written_raw(found) {
                self.put(found);
            } else {
                self.write_escape(found);
            }
            at += found.len_utf8();
        }
    }

    fn write_escape(&mut self, found: char) {
        let code = u32::from(found);
        let short = match found {
            '\0' => "\\0",
            '\x07' => "\\a",
            '\x08' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\x0B' => "\\v",
            '\x0C' => "\\f",
            '\r' => "\\r",
            '\x1B' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{A0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ if code <= 0xFF => return self.put_text(&format!("\\x{code:02X}")),
            _ if code <= 0xFFFF => return self.put_text(&format!("\\u{code:04X}")),
            _ => return self.put_text(&format!("\\U{code:08X}")),
        };
        self.put_text(short);
    }
}

fn ordinary_len(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| ORDINARY[usize::from(**byte)])
        .count()
}

/// Characters beyond ASCII that are printable and no line break.
fn is_written_raw(found: char) -> bool {
    matches!(found, '\u{A0}'..='\u{2027}' | '\u{202A}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}
