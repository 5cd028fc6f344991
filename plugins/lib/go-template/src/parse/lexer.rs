//! The lexer: text outside of actions, tokens within them; trimming happens here.

use super::token::{Kind, Token};
use crate::unicode::{decode, decode_last, is_alphanumeric, is_print};

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
/// A trim marker and its blank.
const MARKER: usize = 2;

pub(super) struct Lexer<'t> {
    input: &'t [u8],
    pos: usize,
    start: usize,
    at_eof: bool,
    parens: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
    pub break_ok: bool,
    pub continue_ok: bool,
    /// The text of the error token.
    pub message: String,
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_blank(byte: &u8) -> bool {
    is_space(char::from(*byte))
}

fn has_left_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', blank, ..] if is_blank(blank))
}

fn has_right_marker(text: &[u8]) -> bool {
    matches!(text, [blank, b'-', ..] if is_blank(blank))
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let mut starts = memchr::memchr_iter(pattern[0], text);
    starts.find(|start| text[*start..].starts_with(pattern))
}

fn newlines(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// Go's `%#U`.
fn describe(character: char) -> String {
    let code = u32::from(character);
    if is_print(character) {
        format!("U+{code:04X} '{character}'")
    } else {
        format!("U+{code:04X}")
    }
}

impl<'t> Lexer<'t> {
    pub fn new(input: &'t [u8]) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            at_eof: false,
            parens: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            break_ok: true,
            continue_ok: true,
            message: String::new(),
        }
    }

    pub fn next_token(&mut self) -> Token {
        if self.inside_action {
            self.action()
        } else {
            self.text()
        }
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos..]
    }

    /// The next character, or [`None`] at the end.
    fn next(&mut self) -> Option<char> {
        let (character, length) = decode(self.rest());
        if length == 0 {
            self.at_eof = true;
            return None;
        }
        self.pos += length;
        self.line += usize::from(character == '\n');
        Some(character)
    }

    fn backup(&mut self) {
        if !self.at_eof && self.pos > 0 {
            let (character, length) = decode_last(&self.input[..self.pos]);
            self.pos -= length;
            self.line -= usize::from(character == '\n');
        }
    }

    fn peek(&mut self) -> Option<char> {
        let (character, length) = decode(self.rest());
        self.at_eof |= length == 0;
        (length > 0).then_some(character)
    }

    /// Passes letters, digits and underscores; the character behind them, or [`None`] at the end.
    fn pass_word(&mut self) -> Option<char> {
        loop {
            let word = self.rest().iter();
            self.pos += word
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                .count();
            match self.peek() {
                Some(character) if is_alphanumeric(character) => self.pos += character.len_utf8(),
                behind => return behind,
            }
        }
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = Token {
            kind,
            start: self.start,
            end: self.pos,
            line: self.start_line,
        };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    /// Skips what was passed without [`Lexer::next`].
    fn ignore(&mut self) {
        self.line += newlines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.message = message.into();
        let token = Token {
            kind: Kind::Error,
            start: self.start,
            end: self.start,
            line: self.start_line,
        };
        self.start = 0;
        self.pos = 0;
        self.input = &[];
        token
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let character = self.next();
        let accepted = character.is_some_and(|found| found.is_ascii() && valid.contains(&(found as u8)));
        if !accepted {
            self.backup();
        }
        accepted
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn text(&mut self) -> Token {
        loop {
            let Some(length) = find(self.rest(), LEFT) else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    self.line += newlines(&self.input[self.start..self.pos]);
                    return self.emit(Kind::Text);
                }
                return self.emit(Kind::Eof);
            };
            if length > 0 {
                self.pos += length;
                let mut trimmed = 0;
                if has_left_marker(&self.rest()[LEFT.len()..]) {
                    let text = &self.input[self.start..self.pos];
                    trimmed = text.iter().rev().take_while(|byte| is_blank(byte)).count();
                }
                self.pos -= trimmed;
                self.line += newlines(&self.input[self.start..self.pos]);
                let token = self.emit(Kind::Text);
                self.pos += trimmed;
                self.ignore();
                if token.end > token.start {
                    return token;
                }
            }
            if let Some(token) = self.left_delimiter() {
                return token;
            }
        }
    }

    /// The left delimiter, or nothing where a comment was passed.
    fn left_delimiter(&mut self) -> Option<Token> {
        self.pos += LEFT.len();
        let marker = if has_left_marker(self.rest()) { MARKER } else { 0 };
        if self.rest()[marker..].starts_with(b"/*") {
            self.pos += marker;
            self.ignore();
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += marker;
        self.ignore();
        self.parens = 0;
        Some(token)
    }

    /// Passes a comment; a token only where it is wrong.
    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(length) = find(self.rest(), b"*/") else {
            return Some(self.fail("unclosed comment"));
        };
        self.pos += length + 2;
        let Some(trim) = self.at_right_delimiter() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.pass_right_delimiter(trim);
        self.ignore();
        None
    }

    fn pass_right_delimiter(&mut self, trim: bool) {
        if trim {
            self.pos += MARKER;
        }
        self.pos += RIGHT.len();
        if trim {
            self.pos += self.rest().iter().take_while(|byte| is_blank(byte)).count();
        }
    }

    /// Whether a right delimiter is here, and whether it trims.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[MARKER..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn right_delimiter(&mut self, trim: bool) -> Token {
        if trim {
            self.pos += MARKER;
            self.ignore();
        }
        self.pos += RIGHT.len();
        let token = self.emit(Kind::RightDelim);
        if trim {
            self.pos += self.rest().iter().take_while(|byte| is_blank(byte)).count();
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn action(&mut self) -> Token {
        if let Some(trim) = self.at_right_delimiter() {
            if self.parens == 0 {
                return self.right_delimiter(trim);
            }
            return self.fail("unclosed left paren");
        }
        let Some(character) = self.next() else {
            return self.fail("unclosed action");
        };
        match character {
            _ if is_space(character) => {
                self.backup();
                self.space()
            }
            '=' => self.emit(Kind::Assign),
            ':' if self.next() == Some('=') => self.emit(Kind::Declare),
            ':' => self.fail("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '`' => self.raw_string(),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '$' => self.field_or_variable(Kind::Variable),
            '.' if self.rest().first().is_some_and(|byte| !byte.is_ascii_digit()) => {
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.backup();
                self.number()
            }
            _ if is_alphanumeric(character) => {
                self.backup();
                self.identifier()
            }
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.fail("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            _ if character.is_ascii() && is_print(character) => self.emit(Kind::Char),
            _ => self.fail(format!(
                "unrecognized character in action: {}",
                describe(character)
            )),
        }
    }

    /// Blanks, except the one that belongs to a trim marker.
    fn space(&mut self) -> Token {
        let count = self.rest().iter().take_while(|byte| is_blank(byte)).count();
        self.line += newlines(&self.rest()[..count]);
        self.pos += count;
        let last = &self.input[self.pos - 1..];
        if has_right_marker(last) && last[MARKER..].starts_with(RIGHT) {
            self.backup();
            if count == 1 {
                return self.right_delimiter(true);
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token {
        let behind = self.pass_word();
        let word = &self.input[self.start..self.pos];
        if !self.at_terminator() {
            return self.fail(format!("bad character {}", describe(behind.unwrap_or_default())));
        }
        let kind = match Kind::keyword(word) {
            Some(Kind::Break) if !self.break_ok => Kind::Identifier,
            Some(Kind::Continue) if !self.continue_ok => Kind::Identifier,
            Some(keyword) => keyword,
            None if word == b"true" || word == b"false" => Kind::Bool,
            None => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        let behind = self.pass_word();
        if !self.at_terminator() {
            return self.fail(format!("bad character {}", describe(behind.unwrap_or_default())));
        }
        self.emit(kind)
    }

    fn at_terminator(&mut self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(character) if is_space(character) => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    fn quoted(&mut self, mark: char, kind: Kind, unterminated: &str) -> Token {
        loop {
            // none of the characters that matter is part of another one
            let run = |byte: &u8| !matches!(*byte, b'\\' | b'\n') && char::from(*byte) != mark;
            self.pos += self.rest().iter().take_while(|byte| run(byte)).count();
            match self.next() {
                Some('\\') if !matches!(self.next(), None | Some('\n')) => {}
                Some('\\' | '\n') | None => return self.fail(unterminated),
                Some(character) if character == mark => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        let Some(length) = memchr::memchr(b'`', self.rest()) else {
            return self.fail("unterminated raw quoted string");
        };
        self.line += newlines(&self.rest()[..length]);
        self.pos += length + 1;
        self.emit(Kind::RawString)
    }

    fn number(&mut self) -> Token {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || self.input[self.pos - 1] != b'i' {
                return self.bad_number();
            }
            return self.emit(Kind::Complex);
        }
        self.emit(Kind::Number)
    }

    fn bad_number(&mut self) -> Token {
        let text = crate::format::quote(&self.input[self.start..self.pos]);
        self.fail(format!("bad number syntax: {}", String::from_utf8_lossy(&text)))
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        const HEXADECIMAL: &[u8] = b"0123456789abcdefABCDEF_";
        self.accept(b"+-");
        let mut digits = DECIMAL;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = HEXADECIMAL;
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        let exponent: &[u8] = match digits {
            DECIMAL => b"eE",
            HEXADECIMAL => b"pP",
            _ => b"",
        };
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}
