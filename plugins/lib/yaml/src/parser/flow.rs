//! Flow sequences and mappings, and the single pairs a flow sequence may hold.

use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::node::Style;
use crate::scanner::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Result<Event<'a>, Error> {
        if first {
            self.skip_opening()?;
        }
        if !matches!(self.peek()?.kind, TokenKind::FlowSequenceEnd) {
            if !first {
                self.skip_comma("did not find expected ',' or ']'")?;
            }
            match self.peek()?.kind {
                TokenKind::Key => {
                    let (start, _) = self.skip()?;
                    self.state = State::FlowPairKey;
                    let kind = EventKind::MappingStart {
                        properties: None,
                        style: Style::Flow,
                    };
                    return Ok(Event { kind, start });
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry);
                    return self.node(false, false);
                }
            }
        }
        self.give_remarks();
        self.close(EventKind::SequenceEnd)
    }

    fn skip_comma(&mut self, refusal: &str) -> Result<(), Error> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::FlowEntry) {
            let problem = token.start;
            return Err(self.unclosed(problem, refusal));
        }
        self.skip()?;
        Ok(())
    }

    /// The key of a pair in a sequence. When it is missing, the token in its place is dropped, as libyaml does.
    pub(super) fn flow_pair_key(&mut self) -> Result<Event<'a>, Error> {
        match self.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                let (_, end) = self.skip()?;
                self.empty_scalar(end, State::FlowPairValue)
            }
            _ => {
                self.states.push(State::FlowPairValue);
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        if matches!(token.kind, TokenKind::Value) {
            self.skip()?;
            if !matches!(
                self.peek()?.kind,
                TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
            ) {
                self.states.push(State::FlowPairEnd);
                return self.node(false, false);
            }
        }
        self.empty_scalar(start, State::FlowPairEnd)
    }

    pub(super) fn flow_pair_end(&mut self) -> Result<Event<'a>, Error> {
        let start = self.peek()?.start;
        self.state = State::FlowSequenceEntry;
        Ok(Event {
            kind: EventKind::MappingEnd,
            start,
        })
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>, Error> {
        if first {
            self.skip_opening()?;
        }
        if !matches!(self.peek()?.kind, TokenKind::FlowMappingEnd) {
            if !first {
                self.skip_comma("did not find expected ',' or '}'")?;
            }
            match self.peek()?.kind {
                TokenKind::Key => {
                    self.skip()?;
                    return self.flow_mapping_part(State::FlowMappingValue);
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingEmptyValue);
                    return self.node(false, false);
                }
            }
        }
        self.give_remarks();
        self.close(EventKind::MappingEnd)
    }

    /// The key after `?`, nothing perhaps.
    fn flow_mapping_part(&mut self, next: State) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                self.empty_scalar(start, next)
            }
            _ => {
                self.states.push(next);
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let mut start = token.start;
        if !empty && matches!(token.kind, TokenKind::Value) {
            self.skip()?;
            let token = self.peek()?;
            start = token.start;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(false, false);
            }
        }
        self.empty_scalar(start, State::FlowMappingKey)
    }
}
