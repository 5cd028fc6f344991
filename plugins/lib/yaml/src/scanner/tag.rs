//! Tags: `!local`, `!handle!suffix`, `!<verbatim>`.

use super::{Mark, Scanner, TagText, TokenKind, is_blank_or_end, is_word};
use crate::error::Error;
use std::borrow::Cow;

impl<'a> Scanner<'a> {
    /// Scans a tag from its `!` on.
    pub(super) fn scan_tag(&mut self) -> Result<TokenKind<'a>, Error> {
        let start = self.mark;
        let (handle, suffix) = if self.ahead(1) == b'<' {
            self.skip(2);
            let suffix = self.scan_tag_uri("", start)?;
            if self.byte() != b'>' {
                return Err(self.error(start, "did not find the expected '>'"));
            }
            self.skip(1);
            ("", suffix)
        } else {
            self.scan_short_tag(start)?
        };
        if !is_blank_or_end(self.bytes, self.mark.pos) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        Ok(TokenKind::Tag(Box::new(TagText {
            handle: handle.into(),
            rest: suffix,
        })))
    }

    fn scan_short_tag(&mut self, start: Mark) -> Result<(&'a str, Cow<'a, str>), Error> {
        let handle = self.scan_tag_handle(false, start)?;
        if handle.len() > 1 && handle.ends_with('!') {
            return Ok((handle, self.scan_tag_uri("", start)?));
        }
        let suffix = self.scan_tag_uri(handle, start)?;
        if suffix.is_empty() {
            Ok(("", "!".into()))
        } else {
            Ok(("!", suffix))
        }
    }

    /// Scans `!`, `!!` or `!word!`; also `!word`, which is no handle but the begin of a suffix.
    pub(super) fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<&'a str, Error> {
        if self.byte() != b'!' {
            return Err(self.error(start, "did not find expected '!'"));
        }
        let from = self.mark.pos;
        self.skip(1);
        self.take_word();
        if self.byte() == b'!' {
            self.skip(1);
        } else if directive && self.mark.pos > from + 1 {
            return Err(self.error(start, "did not find expected '!'"));
        }
        Ok(&self.text[from..self.mark.pos])
    }

    /// Scans the characters of a URI after `head`, whose first character is not part of it.
    pub(super) fn scan_tag_uri(&mut self, head: &'a str, start: Mark) -> Result<Cow<'a, str>, Error> {
        let from = self.mark.pos;
        let length = self.bytes[from..]
            .iter()
            .take_while(|byte| is_uri(**byte))
            .count();
        self.skip(length);
        if self.byte() == b'%' {
            return self.scan_escaped_uri(head, from, start);
        }
        if length == 0 && head.is_empty() {
            return Err(self.error(start, "did not find expected tag URI"));
        }
        // `head` ends where the scanned part begins: both are one slice of the input.
        Ok(Cow::Borrowed(
            &self.text[from - head.len().saturating_sub(1)..self.mark.pos],
        ))
    }

    fn scan_escaped_uri(&mut self, head: &str, from: usize, start: Mark) -> Result<Cow<'a, str>, Error> {
        let mut uri = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        uri.extend_from_slice(&self.bytes[from..self.mark.pos]);
        loop {
            match self.byte() {
                b'%' => self.scan_uri_escape(&mut uri, start)?,
                byte if is_uri(byte) => {
                    uri.push(byte);
                    self.skip(1);
                }
                _ => break,
            }
        }
        Ok(Cow::Owned(String::from_utf8_lossy(&uri).into_owned()))
    }

    /// Scans the escaped bytes of one character.
    fn scan_uri_escape(&mut self, uri: &mut Vec<u8>, start: Mark) -> Result<(), Error> {
        let mut missing = 0;
        let mut first = true;
        while first || missing > 0 {
            let digits = (
                char::from(self.ahead(1)).to_digit(16),
                char::from(self.ahead(2)).to_digit(16),
            );
            let (b'%', (Some(high), Some(low))) = (self.byte(), digits) else {
                return Err(self.error(start, "did not find URI escaped octet"));
            };
            let octet = (high * 16 + low) as u8;
            if first {
                missing = match octet {
                    0x00..=0x7F => 1,
                    0xC0..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    0xF0..=0xF7 => 4,
                    _ => return Err(self.error(start, "found an incorrect leading UTF-8 octet")),
                };
                first = false;
            } else if octet & 0xC0 != 0x80 {
                return Err(self.error(start, "found an incorrect trailing UTF-8 octet"));
            }
            uri.push(octet);
            self.skip(3);
            missing -= 1;
        }
        Ok(())
    }
}

fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte)
}
