//! `%YAML` and `%TAG`.

use super::{Mark, Scanner, TagText, TokenKind, is_blank, is_blank_or_end};
use crate::error::Error;

/// Most digits of a version number.
const MAX_DIGITS: usize = 2;

impl<'a> Scanner<'a> {
    /// Queues a directive and eats its line.
    pub(super) fn fetch_directive(&mut self) -> Result<(), Error> {
        self.reset_block()?;
        let start = self.mark;
        self.skip(1);
        let kind = match self.scan_directive_name(start)? {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.error(start, "found unknown directive name")),
        };
        self.push(kind, start);
        self.skip_blanks();
        if self.byte() == b'#' {
            self.skip_line_rest();
        }
        self.require_line_end(start)?;
        self.take_break();
        Ok(())
    }

    fn scan_directive_name(&mut self, start: Mark) -> Result<&'a str, Error> {
        let name = self.take_word();
        if name.is_empty() {
            return Err(self.error(start, "could not find expected directive name"));
        }
        if !is_blank_or_end(self.bytes, self.mark.pos) {
            return Err(self.error(start, "found unexpected non-alphabetical character"));
        }
        Ok(name)
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind<'a>, Error> {
        self.skip_blanks();
        let major = self.scan_number(start)?;
        if self.byte() != b'.' {
            return Err(self.error(start, "did not find expected digit or '.' character"));
        }
        self.skip(1);
        let minor = self.scan_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_number(&mut self, start: Mark) -> Result<u8, Error> {
        let mut value = 0;
        let mut length = 0;
        while let digit @ b'0'..=b'9' = self.byte() {
            length += 1;
            if length > MAX_DIGITS {
                return Err(self.error(start, "found extremely long version number"));
            }
            value = value * 10 + (digit - b'0');
            self.skip(1);
        }
        if length == 0 {
            return Err(self.error(start, "did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind<'a>, Error> {
        self.skip_blanks();
        let handle = self.scan_tag_handle(true, start)?;
        if !is_blank(self.byte()) {
            return Err(self.error(start, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.scan_tag_uri("", start)?;
        if !is_blank_or_end(self.bytes, self.mark.pos) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        Ok(TokenKind::TagDirective(Box::new(TagText {
            handle: handle.into(),
            rest: prefix,
        })))
    }
}
