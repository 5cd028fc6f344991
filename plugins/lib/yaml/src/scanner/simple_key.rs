//! Simple keys: where one may begin, and until when.

use super::{MAX_LEVELS, Mark, Scanner, Token, TokenKind};
use crate::error::Error;

/// Longest simple key in characters.
const MAX_LENGTH: usize = 1024;

/// A place that may turn out to be a key, one a flow level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// A block mapping goes on at this column: without `:` it is an error.
    required: bool,
    pub(super) number: usize,
    pub(super) mark: Mark,
}

impl<'a> Scanner<'a> {
    /// Whether the token at the head of the queue may still become a key.
    pub(super) fn head_may_be_key(&mut self) -> Result<bool, Error> {
        while let Some((number, level)) = self.awaited.front().copied() {
            if number > self.handed_out {
                break;
            }
            if number == self.handed_out {
                return if level < self.simple_keys.len() {
                    self.check_simple_key(level)
                } else {
                    Ok(false)
                };
            }
            self.awaited.pop_front();
        }
        Ok(false)
    }

    /// Waits no longer for the key whose token has this number.
    pub(super) fn stop_awaiting(&mut self, number: usize) {
        let newer = self
            .awaited
            .iter()
            .rev()
            .take_while(|entry| entry.0 > number)
            .count();
        let at = self.awaited.len() - newer;
        if at > 0 && self.awaited.get(at - 1).is_some_and(|entry| entry.0 == number) {
            self.awaited.remove(at - 1);
        }
    }

    /// Whether the key of a level is still possible: on the same line and short enough. Forgets it when not.
    pub(super) fn check_simple_key(&mut self, level: usize) -> Result<bool, Error> {
        let key = self.simple_keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line == self.mark.line && !self.is_too_long(key.mark.pos) {
            return Ok(true);
        }
        if key.required {
            return Err(self.error(key.mark, "could not find expected ':'"));
        }
        self.simple_keys[level].possible = false;
        Ok(false)
    }

    fn is_too_long(&self, start: usize) -> bool {
        self.mark.pos - start > MAX_LENGTH && self.chars_between(start, self.mark.pos) > MAX_LENGTH
    }

    /// Notes that a key may begin here.
    pub(super) fn save_simple_key(&mut self) -> Result<(), Error> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow_level == 0 && self.indent == self.column();
        let key = SimpleKey {
            possible: true,
            required,
            number: self.next_number(),
            mark: self.mark,
        };
        self.forget_simple_key()?;
        self.stop_awaiting(key.number);
        self.awaited.push_back((key.number, self.simple_keys.len() - 1));
        if let Some(last) = self.simple_keys.last_mut() {
            *last = key;
        }
        Ok(())
    }

    /// Gives the key of this flow level up.
    pub(super) fn forget_simple_key(&mut self) -> Result<(), Error> {
        if let Some(key) = self.simple_keys.last().copied().filter(|key| key.possible) {
            if key.required {
                return Err(self.error(key.mark, "could not find expected ':'"));
            }
            if let Some(last) = self.simple_keys.last_mut() {
                last.possible = false;
            }
            self.stop_awaiting(key.number);
        }
        Ok(())
    }

    pub(super) fn enter_flow(&mut self) -> Result<(), Error> {
        let key = SimpleKey {
            number: self.next_number(),
            mark: self.mark,
            ..SimpleKey::default()
        };
        self.simple_keys.push(key);
        self.flow_level += 1;
        if self.flow_level > MAX_LEVELS {
            return Err(self.error(self.mark, format!("exceeded max depth of {MAX_LEVELS}")));
        }
        Ok(())
    }

    /// Ends a flow level. What go-yaml stops to await here is the bracket itself when nothing inside could be a key: `{}: a`
    /// is then read as `{}`, if the bracket was handed out before the colon.
    pub(super) fn leave_flow(&mut self) {
        if self.flow_level == 0 {
            return;
        }
        self.flow_level -= 1;
        if let Some(inner) = self.simple_keys.pop() {
            self.stop_awaiting(inner.number);
        }
    }

    /// Opens a block collection when the column is deeper than the current one. The token goes before the one of the
    /// given number, or to the end of the queue.
    pub(super) fn roll_indent(
        &mut self,
        column: i32,
        number: Option<usize>,
        kind: TokenKind<'a>,
        mark: Mark,
    ) -> Result<(), Error> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_LEVELS {
            let context = self.simple_keys.last().map_or(self.mark, |key| key.mark);
            return Err(self.error(context, format!("exceeded max depth of {MAX_LEVELS}")));
        }
        self.insert(number.unwrap_or_else(|| self.next_number()), kind, mark);
        Ok(())
    }

    /// Closes the block collections that are deeper than the column; they end at the given mark.
    pub(super) fn unroll_indent(&mut self, column: i32, end: Mark) {
        if self.flow_level > 0 {
            return;
        }
        let mut end = end;
        if self.remarks.is_some() {
            end.pos = end.pos.saturating_sub(1);
        }
        while self.indent > column {
            if let Some(remarks) = &self.remarks {
                end = remarks.end_of_block(end, self.column_of_remarks());
            }
            self.queue.push_back(Token {
                kind: TokenKind::BlockEnd,
                start: end,
                end,
            });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}
