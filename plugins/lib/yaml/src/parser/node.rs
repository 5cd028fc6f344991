//! Nodes: aliases, properties and what follows them.

use super::{Event, EventKind, NodeProperties, Parser, Properties, State, scalar_of};
use crate::error::Error;
use crate::node::Style;
use crate::scanner::{Mark, TagText, Token, TokenKind};
use std::borrow::Cow;

impl<'a> Parser<'a> {
    /// One node. `block`: block collections are allowed; `indentless`: a sequence at the column of its key is.
    pub(super) fn node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        if let TokenKind::Alias(name) = token.kind {
            self.give_remarks();
            self.skip()?;
            self.pop_state();
            return Ok(Event {
                kind: EventKind::Alias(name),
                start,
            });
        }
        let properties = self.properties(start)?;
        let token = self.peek()?;
        let (kind, next) = match token.kind {
            TokenKind::BlockEntry if indentless => {
                (sequence(properties, Style::Block), State::IndentlessSequenceEntry)
            }
            TokenKind::Scalar { .. } => return self.scalar(properties, start),
            TokenKind::FlowSequenceStart => (sequence(properties, Style::Flow), State::FlowSequenceFirst),
            TokenKind::FlowMappingStart => (mapping(properties, Style::Flow), State::FlowMappingFirst),
            TokenKind::BlockSequenceStart if block => {
                (sequence(properties, Style::Block), State::BlockSequenceFirst)
            }
            TokenKind::BlockMappingStart if block => {
                (mapping(properties, Style::Block), State::BlockMappingFirst)
            }
            _ if properties.is_some() => {
                self.pop_state();
                let kind = EventKind::Scalar {
                    properties,
                    value: Cow::Borrowed(""),
                    style: Style::Plain,
                };
                return Ok(Event { kind, start });
            }
            _ => {
                let problem = token.start;
                return Err(self.error(Some(start), problem, "did not find expected node content"));
            }
        };
        self.state = next;
        match next {
            State::FlowSequenceFirst | State::FlowMappingFirst => self.give_remarks(),
            State::BlockSequenceFirst | State::BlockMappingFirst => self.give_stem(),
            _ => {}
        }
        Ok(Event { kind, start })
    }

    fn scalar(&mut self, properties: NodeProperties<'a>, start: Mark) -> Result<Event<'a>, Error> {
        let (value, style) =
            scalar_of(self.scanner.next()?.kind).unwrap_or((Cow::Borrowed(""), Style::Plain));
        self.give_remarks();
        self.pop_state();
        Ok(Event {
            kind: EventKind::Scalar {
                properties,
                value,
                style,
            },
            start,
        })
    }

    /// An anchor and a tag in either order.
    fn properties(&mut self, start: Mark) -> Result<NodeProperties<'a>, Error> {
        let mut anchor = None;
        let mut tag = None;
        for _ in 0..2 {
            match self.peek()?.kind {
                TokenKind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(name);
                    self.skip()?;
                }
                TokenKind::Tag(_) if tag.is_none() => tag = Some(self.scanner.next()?),
                _ => break,
            }
        }
        let tag = match tag {
            Some(Token {
                kind: TokenKind::Tag(text),
                start: at,
                ..
            }) => {
                // An undefined handle is reported once the token behind the properties is known to be sound.
                self.peek()?;
                Some(self.tag(*text, start, at)?)
            }
            _ => None,
        };
        let found = anchor.is_some() || tag.is_some();
        Ok(found.then(|| Box::new(Properties { anchor, tag })))
    }

    /// The long form of a tag.
    fn tag(&self, text: TagText<'a>, start: Mark, at: Mark) -> Result<Cow<'a, str>, Error> {
        if text.handle.is_empty() {
            return Ok(text.rest);
        }
        match self
            .tag_directives
            .iter()
            .find(|known| known.handle == text.handle)
        {
            Some(known) => Ok(Cow::Owned(format!("{}{}", known.rest, text.rest))),
            None => Err(self.error(Some(start), at, "found undefined tag handle")),
        }
    }
}

fn sequence(properties: NodeProperties<'_>, style: Style) -> EventKind<'_> {
    EventKind::SequenceStart { properties, style }
}

fn mapping(properties: NodeProperties<'_>, style: Style) -> EventKind<'_> {
    EventKind::MappingStart { properties, style }
}
