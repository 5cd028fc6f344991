//! Block sequences and mappings.

use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::scanner::{Mark, TokenKind};

impl<'a> Parser<'a> {
    pub(super) fn block_sequence_entry(&mut self, first: bool) -> Result<Event<'a>, Error> {
        if first {
            self.skip_opening()?;
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let (_, end) = self.skip_entry()?;
                if matches!(self.peek()?.kind, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    return self.empty_scalar(end, State::BlockSequenceEntry);
                }
                self.states.push(State::BlockSequenceEntry);
                self.node(true, false)
            }
            TokenKind::BlockEnd => self.close(EventKind::SequenceEnd),
            _ => {
                let problem = token.start;
                Err(self.unclosed(problem, "did not find expected '-' indicator"))
            }
        }
    }

    /// Takes the `-` of an entry.
    fn skip_entry(&mut self) -> Result<(Mark, Mark), Error> {
        let head = self.length_of_head();
        let place = self.skip()?;
        if head > 0 {
            self.set_stem_aside(head)?;
        }
        Ok(place)
    }

    /// An entry of a sequence that is not indented below its key.
    pub(super) fn indentless_sequence_entry(&mut self) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        if !matches!(token.kind, TokenKind::BlockEntry) {
            self.pop_state();
            return Ok(Event {
                kind: EventKind::SequenceEnd,
                start,
            });
        }
        let (_, end) = self.skip_entry()?;
        match self.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty_scalar(end, State::IndentlessSequenceEntry)
            }
            _ => {
                self.states.push(State::IndentlessSequenceEntry);
                self.node(true, false)
            }
        }
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Result<Event<'a>, Error> {
        if first {
            self.skip_opening()?;
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::Key => self.block_mapping_part(State::BlockMappingValue),
            TokenKind::BlockEnd => {
                self.give_remarks();
                self.close(EventKind::MappingEnd)
            }
            _ => {
                let problem = token.start;
                Err(self.unclosed(problem, "did not find expected key"))
            }
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value) {
            return self.block_mapping_part(State::BlockMappingKey);
        }
        let start = token.start;
        self.empty_scalar(start, State::BlockMappingKey)
    }

    /// What follows `?` or `:`, nothing perhaps.
    fn block_mapping_part(&mut self, next: State) -> Result<Event<'a>, Error> {
        let (_, end) = self.skip()?;
        if matches!(
            self.peek()?.kind,
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
        ) {
            return self.empty_scalar(end, next);
        }
        self.states.push(next);
        self.node(true, true)
    }
}
