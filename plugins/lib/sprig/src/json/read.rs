//! Reading JSON, with the errors of `encoding/json`.

use sluice_go_template::{List, ListType, Map, MapType, Value};

use super::MAX_DEPTH;
use crate::text::rune::{REPLACEMENT, positioned, push};

/// The text is no JSON, or not of the wanted shape. Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

/// What the text is read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// `interface {}`
    Any,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
}

/// Reads a whole text. Numbers become floats.
///
/// # Errors
/// Go's words for what is wrong first.
pub fn read(text: &[u8], target: Target) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        problem: None,
    };
    let found = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.unexpected("after top-level value"));
    }
    let wanted = match (target, &found) {
        (Target::Map, Value::Nil) => return Ok(Value::Map(Map::nil(&MapType::ANY))),
        (Target::List, Value::Nil) => return Ok(Value::List(List::nil(&ListType::ANY))),
        (Target::Any, _) | (Target::Map, Value::Map(_)) | (Target::List, Value::List(_)) => {
            return reader.problem.map_or(Ok(found), Err);
        }
        (Target::Map, _) => "map[string]interface {}",
        (Target::List, _) => "[]interface {}",
    };
    let kind = match found {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        _ => "number",
    };
    Err(JsonError(format!(
        "json: cannot unmarshal {kind} into Go value of type {wanted}"
    )))
}

/// Reads the value that a text begins with, as `json.Decoder` does; returns it and its length.
///
/// # Errors
/// Go's words for what is wrong first.
pub fn read_first(text: &[u8]) -> Result<(Value, usize), JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        problem: None,
    };
    let found = reader.value(0).map_err(|error| {
        let at_end = reader.at >= text.len();
        if at_end {
            JsonError("unexpected EOF".to_owned())
        } else {
            error
        }
    })?;
    let length = reader.at;
    reader.problem.map_or(Ok((found, length)), Err)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// The first number that does not fit. Wrong syntax anywhere comes before it.
    problem: Option<JsonError>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The error for the byte at hand, or for the end.
    fn unexpected(&self, context: &str) -> JsonError {
        // Go tries whether a blank would be all right at the end.
        let takes_blank = context.starts_with("looking for")
            || matches!(
                context,
                "after object key"
                    | "after object key:value pair"
                    | "after array element"
                    | "in string literal"
            );
        match self.peek() {
            None if takes_blank => JsonError("unexpected end of JSON input".to_owned()),
            found => JsonError(format!(
                "invalid character {} {context}",
                quote(found.unwrap_or(b' '))
            )),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Err(self.unexpected("exceeded max depth")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::from),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        for letter in word.chars() {
            if self.peek().map(char::from) != Some(letter) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{letter}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(Map::new()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            entries.push((key, self.value(depth + 1)?));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::map(entries));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.some_digits("in exponent of numeric literal")?;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        let number: f64 = text.parse().unwrap_or_default();
        if number.is_infinite() {
            let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
            self.problem.get_or_insert(JsonError(message));
            return Ok(Value::Nil);
        }
        Ok(Value::Float(number))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, context: &str) -> Result<(), JsonError> {
        let start = self.at;
        self.digits();
        if self.at == start {
            Err(self.unexpected(context))
        } else {
            Ok(())
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, JsonError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let start = self.at;
            while matches!(self.peek(), Some(byte) if byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            let plain = &self.text[start..self.at];
            if plain.is_ascii() {
                out.extend_from_slice(plain);
            } else {
                positioned(plain).for_each(|(_, found, _)| push(&mut out, found));
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0C,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let found = self.unicode()?;
                push(out, found);
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    /// Four digits, or a pair of surrogates; a surrogate alone is U+FFFD.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex()?;
        if let Some(found) = char::from_u32(first) {
            return Ok(found);
        }
        let back = self.at;
        if first < 0xDC00 && self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(joined).unwrap_or(REPLACEMENT));
            }
            self.at = back;
        }
        Ok(REPLACEMENT)
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }
}

/// A byte as Go quotes a character.
fn quote(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0C => r"'\f'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0x0B => r"'\v'".to_owned(),
        b' '..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => format!("'{}'", char::from(byte)),
        0x80..=0xFF => format!("'\\u{byte:04x}'"),
        _ => format!("'\\x{byte:02x}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_in_gos_words() {
        for (text, wanted) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("-", "invalid character ' ' in numeric literal"),
            (
                "{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            ("01", "invalid character '1' after top-level value"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            (
                "1.x",
                "invalid character 'x' after decimal point in numeric literal",
            ),
            (
                "1e999",
                "json: cannot unmarshal number 1e999 into Go value of type float64",
            ),
            ("é", "invalid character 'Ã' looking for beginning of value"),
        ] {
            assert_eq!(
                read(text.as_bytes(), Target::Any).expect_err(text).to_string(),
                wanted
            );
        }
        let error = read(b"[]", Target::Map).expect_err("a list").to_string();
        assert_eq!(
            error,
            "json: cannot unmarshal array into Go value of type map[string]interface {}"
        );
        assert!(read("[".repeat(100_000).as_bytes(), Target::Any).is_err());
    }

    #[test]
    fn surrogates_make_pairs() {
        let found = read(br#""\ud83d\ude00\ud83d\u0041""#, Target::Any).expect("a string");
        assert_eq!(found.as_bytes(), Some("😀\u{FFFD}A".as_bytes()));
    }
}
