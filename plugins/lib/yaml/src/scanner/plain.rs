//! Plain scalars.

use super::chars::{PLAIN_BLOCK, PLAIN_FLOW, is_blank};
use super::fold::{Breaks, Text};
use super::{Mark, Scanner, TokenKind, break_len, is_blank_or_end};
use crate::error::Error;
use crate::node::Style;

impl<'a> Scanner<'a> {
    /// Scans a plain scalar. The position ends behind the breaks and blanks that follow it.
    pub(super) fn scan_plain(&mut self) -> Result<TokenKind<'a>, Error> {
        let start = self.mark;
        let indent = self.indent + 1;
        let stops = if self.flow_level > 0 {
            PLAIN_FLOW
        } else {
            PLAIN_BLOCK
        };
        let mut text = Text::new(self.text, start.pos);
        let mut breaks = Breaks::default();
        let mut broken = false;
        while !self.at_document_indicator() && self.byte() != b'#' {
            let from = self.mark.pos;
            let end = self.take_run(stops, ends_word);
            if end > from {
                if broken {
                    text.push_breaks(&mut breaks);
                    text.jump_to(from);
                    broken = false;
                }
                text.extend_to(end);
            }
            if !is_blank_or_end(self.bytes, self.mark.pos) || self.at_end() {
                break;
            }
            self.skip_gap(start, indent, &mut breaks, &mut broken)?;
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if broken {
            self.simple_key_allowed = true;
        }
        Ok(TokenKind::Scalar {
            value: text.finish(),
            style: Style::Plain,
        })
    }

    /// Skips blanks and line breaks between two words.
    fn skip_gap(
        &mut self,
        start: Mark,
        indent: i32,
        breaks: &mut Breaks,
        broken: &mut bool,
    ) -> Result<(), Error> {
        loop {
            if is_blank(self.byte()) {
                if *broken && self.byte() == b'\t' && self.column() < indent {
                    return Err(self.error(start, "found a tab character that violates indentation"));
                }
                self.mark.pos += 1;
                self.mark.column += 1;
            } else if let Some(found) = self.take_break() {
                breaks.note(found, !*broken);
                *broken = true;
            } else {
                return Ok(());
            }
        }
    }
}

fn ends_word(text: &[u8], at: usize) -> bool {
    match text[at] {
        b':' => is_blank_or_end(text, at + 1),
        0xC2 | 0xE2 => break_len(text, at) > 0,
        _ => true,
    }
}
