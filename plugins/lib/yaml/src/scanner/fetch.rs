//! Finding the next token and telling by its first characters what it is.

use super::chars::{break_len, is_blank, is_blank_or_end, is_break_or_end};
use super::{Mark, Scanner, TokenKind};
use crate::error::{Error, ErrorKind};
use crate::node::Style;
use crate::resolve::Schema;

/// How far v3 looks for a comment.
pub(super) const COMMENT_REACH: usize = 512;

impl<'a> Scanner<'a> {
    /// Puts the next token, or tokens, into the queue.
    pub(super) fn fetch_next(&mut self) -> Result<(), Error> {
        let fetched = self.fetch_token();
        match self.fault {
            // Whatever was found in reach of the bad character counts for nothing: go-yaml has met that first.
            Some(fault) if self.mark.pos + 4 > fault.limit => {
                Err(Error::new(ErrorKind::Reader, fault.message))
            }
            _ => fetched,
        }
    }

    fn fetch_token(&mut self) -> Result<(), Error> {
        if !self.started {
            self.started = true;
            self.push(TokenKind::StreamStart, self.mark);
            return Ok(());
        }
        let before = self.mark;
        self.skip_to_token();
        let ends = if self.schema == Schema::V3 {
            before
        } else {
            self.mark
        };
        self.unroll_indent(self.column(), ends);
        if self.at_end() {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && self.byte() == b'%' {
            return self.fetch_directive();
        }
        if self.at_document_indicator() {
            return self.fetch_document_indicator();
        }
        let owner = match self.remarks {
            Some(_) => self.owner_of_line_comment(),
            None => self.mark,
        };
        self.fetch_content()?;
        self.skip_line_comment(owner);
        Ok(())
    }

    fn fetch_content(&mut self) -> Result<(), Error> {
        let blank_follows = is_blank_or_end(self.bytes, self.mark.pos + 1);
        match self.byte() {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if blank_follows => self.fetch_block_entry(),
            b'?' if self.flow_level > 0 || blank_follows => self.fetch_key(),
            b':' if self.flow_level > 0 || blank_follows => self.fetch_value(),
            b'*' => self.fetch_anchor(true),
            b'&' => self.fetch_anchor(false),
            b'!' => self.fetch_tag(),
            b'|' if self.flow_level == 0 => self.fetch_block_scalar(Style::Literal),
            b'>' if self.flow_level == 0 => self.fetch_block_scalar(Style::Folded),
            b'\'' => self.fetch_scalar(|scanner| scanner.scan_single_quoted()),
            b'"' => self.fetch_scalar(|scanner| scanner.scan_double_quoted()),
            // A tab, or one of the three remaining breaks, cannot be here but where blanks are not skipped.
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.error(self.mark, "found character that cannot start any token"))
            }
            _ => self.fetch_scalar(|scanner| scanner.scan_plain()),
        }
    }

    /// Skips blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        let before = self.mark;
        if self.mark.pos == 0 && self.text.starts_with('\u{FEFF}') {
            self.mark.pos = '\u{FEFF}'.len_utf8();
            self.mark.column = 1;
        }
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while self.byte() == b' ' || (tabs && self.byte() == b'\t') {
                self.mark.pos += 1;
                self.mark.column += 1;
            }
            if self.remarks.is_some() {
                self.raise_line_comment();
            }
            if self.byte() == b'#' {
                self.skip_comments(before);
            }
            if self.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Skips a comment. v3 takes the comments of the following lines along, whatever blanks stand before them.
    fn skip_comments(&mut self, before: Mark) {
        if self.remarks.is_some() {
            self.take_comments_before_token(before);
            return;
        }
        self.skip_comment();
        while self.schema == Schema::V3 {
            let Some(distance) = self.next_comment() else {
                return;
            };
            self.skip_blank_lines(self.mark.pos + distance);
            self.skip_comment();
        }
    }

    /// Moves over blanks and line breaks to an offset.
    pub(super) fn skip_blank_lines(&mut self, to: usize) {
        while self.mark.pos < to {
            if self.take_break().is_none() {
                self.mark.pos += 1;
                self.mark.column += 1;
            }
        }
    }

    /// Distance from the end of a comment line to the next comment when only blanks and breaks lie between.
    fn next_comment(&self) -> Option<usize> {
        let mut distance = 1;
        while distance < COMMENT_REACH {
            let at = self.mark.pos + distance;
            match self.bytes.get(at)? {
                b'#' => return Some(distance),
                byte if is_blank(*byte) || break_len(self.bytes, at) > 0 => distance += 1,
                _ => return None,
            }
        }
        None
    }

    /// v3 eats a comment behind a token together with any tabs before it, where tabs would not be allowed as such.
    fn skip_line_comment(&mut self, owner: Mark) {
        let next = self.byte();
        if self.schema == Schema::V2 || self.fresh_lines > 0 || !(next == b'#' || is_blank(next)) {
            return;
        }
        if matches!(self.queue.back(), Some(token) if matches!(token.kind, TokenKind::BlockEntry)) {
            return;
        }
        let blanks = (0..COMMENT_REACH)
            .take_while(|distance| is_blank(self.ahead(*distance)))
            .count();
        if blanks < COMMENT_REACH && self.ahead(blanks) == b'#' {
            self.skip_blanks();
            self.take_line_comment(owner);
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.reset_block()?;
        self.push(TokenKind::StreamEnd, self.mark);
        Ok(())
    }

    /// Ends all block collections, and with them any key.
    pub(super) fn reset_block(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1, self.mark);
        self.forget_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_document_indicator(&mut self) -> Result<(), Error> {
        self.reset_block()?;
        let kind = if self.byte() == b'-' {
            TokenKind::DocumentStart
        } else {
            TokenKind::DocumentEnd
        };
        self.fetch_indicator(kind, 3);
        Ok(())
    }

    /// Eats an indicator and queues its token.
    fn fetch_indicator(&mut self, kind: TokenKind<'a>, length: usize) {
        let start = self.mark;
        self.skip(length);
        self.push(kind, start);
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Result<(), Error> {
        self.save_simple_key()?;
        self.enter_flow()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Result<(), Error> {
        self.forget_simple_key()?;
        self.leave_flow();
        self.simple_key_allowed = false;
        self.fetch_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        self.open_block(
            TokenKind::BlockSequenceStart,
            "block sequence entries are not allowed in this context",
        )?;
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        self.open_block(
            TokenKind::BlockMappingStart,
            "mapping keys are not allowed in this context",
        )?;
        self.forget_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.fetch_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let level = self.simple_keys.len() - 1;
        if self.check_simple_key(level)? {
            let key = self.simple_keys[level];
            self.insert(key.number, TokenKind::Key, key.mark);
            let column = i32::try_from(key.mark.column).unwrap_or(i32::MAX);
            self.roll_indent(column, Some(key.number), TokenKind::BlockMappingStart, key.mark)?;
            self.simple_keys[level].possible = false;
            self.stop_awaiting(key.number);
            self.simple_key_allowed = false;
        } else {
            self.open_block(
                TokenKind::BlockMappingStart,
                "mapping values are not allowed in this context",
            )?;
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(TokenKind::Value, 1);
        Ok(())
    }

    /// Opens a block collection at this column unless inside of brackets.
    fn open_block(&mut self, kind: TokenKind<'a>, refusal: &str) -> Result<(), Error> {
        if self.flow_level > 0 {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return Err(self.error(self.mark, refusal));
        }
        self.roll_indent(self.column(), None, kind, self.mark)
    }

    fn fetch_block_scalar(&mut self, style: Style) -> Result<(), Error> {
        self.forget_simple_key()?;
        self.simple_key_allowed = true;
        let start = self.mark;
        let value = self.scan_block_scalar(style)?;
        self.push(
            TokenKind::Scalar {
                value: value.into(),
                style,
            },
            start,
        );
        Ok(())
    }

    /// Queues a token that may be a simple key.
    pub(super) fn fetch_scalar(
        &mut self,
        scan: impl FnOnce(&mut Self) -> Result<TokenKind<'a>, Error>,
    ) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start: Mark = self.mark;
        let kind = scan(self)?;
        self.push(kind, start);
        Ok(())
    }

    fn fetch_anchor(&mut self, alias: bool) -> Result<(), Error> {
        self.fetch_scalar(|scanner| scanner.scan_anchor(alias))
    }

    fn fetch_tag(&mut self) -> Result<(), Error> {
        self.fetch_scalar(Self::scan_tag)
    }

    /// Scans the name of an anchor or alias.
    fn scan_anchor(&mut self, alias: bool) -> Result<TokenKind<'a>, Error> {
        let start = self.mark;
        self.skip(1);
        let name = self.take_word();
        let ends = is_blank_or_end(self.bytes, self.mark.pos)
            || matches!(self.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.error(start, "did not find expected alphabetic or numeric character"));
        }
        Ok(if alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        })
    }

    /// Takes letters, digits, `_` and `-`.
    pub(super) fn take_word(&mut self) -> &'a str {
        let from = self.mark.pos;
        let length = self.bytes[from..]
            .iter()
            .take_while(|byte| super::is_word(**byte))
            .count();
        self.skip(length);
        &self.text[from..from + length]
    }

    pub(super) fn require_line_end(&self, start: Mark) -> Result<(), Error> {
        if is_break_or_end(self.bytes, self.mark.pos) {
            return Ok(());
        }
        Err(self.error(start, "did not find expected comment or line break"))
    }
}
