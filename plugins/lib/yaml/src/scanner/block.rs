//! Block scalars: literal and folded text by indentation.

use super::chars::is_blank;
use super::{Mark, Scanner, break_len};
use crate::error::Error;
use crate::node::Style;

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    /// Scans a block scalar from its indicator on.
    pub(super) fn scan_block_scalar(&mut self, style: Style) -> Result<String, Error> {
        let start = self.mark;
        self.skip(1);
        let (chomping, increment) = self.scan_block_header(start)?;
        self.skip_blanks();
        if self.byte() == b'#' {
            self.take_line_comment(start);
        }
        self.require_line_end(start)?;
        self.take_break();
        let mut indent = match increment {
            0 => 0,
            increment if self.indent >= 0 => self.indent + increment,
            increment => increment,
        };
        let (mut text, last, trailing) = self.scan_block_lines(&mut indent, style, start)?;
        if chomping != Chomping::Strip {
            text.extend(last);
        }
        if chomping == Chomping::Keep {
            text.push_str(&trailing);
        }
        Ok(text)
    }

    /// Scans the lines of a block scalar: the text up to the last line break, that break, and the empty lines behind it.
    fn scan_block_lines(
        &mut self,
        indent: &mut i32,
        style: Style,
        start: Mark,
    ) -> Result<(String, Option<char>, String), Error> {
        let mut text = String::new();
        let mut trailing = String::new();
        self.take_indentation(indent, &mut trailing, start)?;
        let mut last = None;
        let mut was_blank = false;
        while self.column() == *indent && !self.at_end() {
            let blank = is_blank(self.byte());
            let folds = style == Style::Folded && last == Some('\n') && !was_blank && !blank;
            match last {
                Some(_) if folds && trailing.is_empty() => text.push(' '),
                Some(found) if !folds => text.push(found),
                _ => {}
            }
            text.push_str(&trailing);
            trailing.clear();
            was_blank = blank;
            self.take_line(&mut text);
            last = self.take_break();
            self.take_indentation(indent, &mut trailing, start)?;
        }
        Ok((text, last, trailing))
    }

    fn take_line(&mut self, text: &mut String) {
        let (from, fresh_lines) = (self.mark.pos, self.fresh_lines);
        self.skip_line_rest();
        let line = &self.text[from..self.mark.pos];
        if line.bytes().all(is_blank) {
            // For the comments behind the scalar it is an empty line.
            self.fresh_lines = fresh_lines;
        }
        text.push_str(line);
    }

    /// Scans the chomping and indentation indicators, in either order.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i32), Error> {
        let mut chomping = self.take_chomping();
        let increment = match self.byte() {
            b'0' => return Err(self.error(start, "found an indentation indicator equal to 0")),
            digit @ b'1'..=b'9' => {
                self.skip(1);
                i32::from(digit - b'0')
            }
            _ => 0,
        };
        if chomping.is_none() && increment > 0 {
            chomping = self.take_chomping();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn take_chomping(&mut self) -> Option<Chomping> {
        let found = match self.byte() {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.skip(1);
        Some(found)
    }

    /// Eats the indentation of a line and the empty lines before it. An `indent` of 0 is found out here.
    fn take_indentation(&mut self, indent: &mut i32, breaks: &mut String, start: Mark) -> Result<(), Error> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.byte() == b' ' {
                self.mark.pos += 1;
                self.mark.column += 1;
            }
            deepest = deepest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.byte() == b'\t' {
                return Err(self.error(
                    start,
                    "found a tab character where an indentation space is expected",
                ));
            }
            if break_len(self.bytes, self.mark.pos) == 0 {
                break;
            }
            breaks.extend(self.take_break());
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
