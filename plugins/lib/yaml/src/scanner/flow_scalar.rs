//! Scalars in single and double quotes.

use super::chars::{DOUBLE, SINGLE, is_blank};
use super::fold::{Breaks, Text};
use super::{Mark, Scanner, TokenKind, break_len, is_blank_or_end};
use crate::error::Error;
use crate::node::Style;

/// What ended a run of characters.
enum Stop {
    /// The closing quote.
    Quote,
    /// A blank, a line break or the end.
    Gap,
    /// A backslash before a line break, both eaten.
    EscapedBreak,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_single_quoted(&mut self) -> Result<TokenKind<'a>, Error> {
        self.scan_quoted(Style::SingleQuoted, |scanner, text, _| {
            Ok(scanner.take_single(text))
        })
    }

    pub(super) fn scan_double_quoted(&mut self) -> Result<TokenKind<'a>, Error> {
        self.scan_quoted(Style::DoubleQuoted, Self::take_double)
    }

    /// Scans a quoted scalar; `take_run` moves over its characters until something else comes.
    fn scan_quoted(
        &mut self,
        style: Style,
        take_run: impl Fn(&mut Self, &mut Text<'a>, Mark) -> Result<Stop, Error>,
    ) -> Result<TokenKind<'a>, Error> {
        let start = self.mark;
        self.skip(1);
        let mut text = Text::new(self.text, self.mark.pos);
        let mut breaks = Breaks::default();
        loop {
            if self.at_document_indicator() {
                return Err(self.error(start, "found unexpected document indicator"));
            }
            if self.at_end() {
                return Err(self.error(start, "found unexpected end of stream"));
            }
            let broken = match take_run(self, &mut text, start)? {
                Stop::Quote => break,
                Stop::Gap => false,
                Stop::EscapedBreak => true,
            };
            if self.at_quote(style) {
                break;
            }
            self.take_gap(broken, &mut text, &mut breaks);
        }
        self.skip(1);
        Ok(TokenKind::Scalar {
            value: text.finish(),
            style,
        })
    }

    fn at_quote(&self, style: Style) -> bool {
        self.byte() == if style == Style::SingleQuoted { b'\'' } else { b'"' }
    }

    /// Moves over blanks and breaks, which fold to what the breaks leave; without breaks the blanks stay.
    fn take_gap(&mut self, mut broken: bool, text: &mut Text<'a>, breaks: &mut Breaks) {
        loop {
            if is_blank(self.byte()) {
                self.mark.pos += 1;
                self.mark.column += 1;
            } else if let Some(found) = self.take_break() {
                breaks.note(found, !broken);
                broken = true;
            } else {
                break;
            }
        }
        if broken {
            text.push_breaks(breaks);
            text.jump_to(self.mark.pos);
        } else {
            text.extend_to(self.mark.pos);
        }
    }

    fn take_single(&mut self, text: &mut Text<'a>) -> Stop {
        loop {
            let end = self.take_run(SINGLE, stops_quoted);
            text.extend_to(end);
            if self.byte() != b'\'' {
                return Stop::Gap;
            }
            if self.ahead(1) != b'\'' {
                return Stop::Quote;
            }
            text.extend_to(end + 1);
            self.skip(2);
            text.jump_to(self.mark.pos);
        }
    }

    fn take_double(&mut self, text: &mut Text<'a>, start: Mark) -> Result<Stop, Error> {
        loop {
            let end = self.take_run(DOUBLE, stops_quoted);
            text.extend_to(end);
            match self.byte() {
                b'"' => return Ok(Stop::Quote),
                b'\\' if break_len(self.bytes, self.mark.pos + 1) > 0 => {
                    self.skip(1);
                    self.take_break();
                    text.jump_to(self.mark.pos);
                    return Ok(Stop::EscapedBreak);
                }
                b'\\' => {
                    let found = self.take_escape(start)?;
                    text.push(found);
                    text.jump_to(self.mark.pos);
                }
                _ => return Ok(Stop::Gap),
            }
        }
    }

    /// Takes a backslash and what it escapes.
    fn take_escape(&mut self, start: Mark) -> Result<char, Error> {
        let found = match self.ahead(1) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0B',
            b'f' => '\x0C',
            b'r' => '\r',
            b'e' => '\x1B',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.take_code(2, start),
            b'u' => return self.take_code(4, start),
            b'U' => return self.take_code(8, start),
            _ => return Err(self.error(start, "found unknown escape character")),
        };
        self.skip(2);
        Ok(found)
    }

    /// Takes `\x`, `\u` or `\U` with its digits.
    fn take_code(&mut self, digits: usize, start: Mark) -> Result<char, Error> {
        self.skip(2);
        let mut value = 0u32;
        for at in 0..digits {
            let Some(digit) = char::from(self.ahead(at)).to_digit(16) else {
                return Err(self.error(start, "did not find expected hexdecimal number"));
            };
            value = (value << 4) | digit;
        }
        let Some(found) = char::from_u32(value) else {
            return Err(self.error(start, "found invalid Unicode character escape code"));
        };
        self.skip(digits);
        Ok(found)
    }
}

fn stops_quoted(text: &[u8], at: usize) -> bool {
    matches!(text[at], b'\'' | b'"' | b'\\') || is_blank_or_end(text, at)
}
