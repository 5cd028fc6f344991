//! Nodes: aliases, properties and what follows them.

use super::{Event, EventKind, Parser, Properties, State, scalar_of};
use crate::error::Error;
use crate::node::Style;
use crate::scanner::{Mark, TokenKind};
use std::borrow::Cow;

impl<'a> Parser<'a> {
    /// One node. `block`: block collections are allowed; `indentless`: a sequence at the column of its key is.
    pub(super) fn node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        if let TokenKind::Alias(name) = token.kind {
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
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
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
        Ok(Event { kind, start })
    }

    fn scalar(&mut self, properties: Properties<'a>, start: Mark) -> Result<Event<'a>, Error> {
        let (value, style) =
            scalar_of(self.scanner.next()?.kind).unwrap_or((Cow::Borrowed(""), Style::Plain));
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
    fn properties(&mut self, start: Mark) -> Result<Properties<'a>, Error> {
        let mut anchor = None;
        let mut tag = None;
        for _ in 0..2 {
            match self.peek()?.kind {
                TokenKind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(name);
                    self.skip()?;
                }
                TokenKind::Tag { .. } if tag.is_none() => tag = Some(self.take_tag()?),
                _ => break,
            }
        }
        let Some((handle, suffix, at)) = tag else {
            return Ok(Properties { anchor, tag: None });
        };
        // An undefined handle is reported once the token behind the properties is known to be sound.
        self.peek()?;
        Ok(Properties {
            anchor,
            tag: Some(self.tag(handle, suffix, start, at)?),
        })
    }

    fn take_tag(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>, Mark), Error> {
        let token = self.scanner.next()?;
        match token.kind {
            TokenKind::Tag { handle, suffix } => Ok((handle, suffix, token.start)),
            _ => Ok((Cow::Borrowed(""), Cow::Borrowed("!"), token.start)),
        }
    }

    /// The long form of a tag.
    fn tag(
        &self,
        handle: Cow<'a, str>,
        suffix: Cow<'a, str>,
        start: Mark,
        at: Mark,
    ) -> Result<Cow<'a, str>, Error> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        match self.tag_directives.iter().find(|(known, _)| *known == handle) {
            Some((_, prefix)) => Ok(Cow::Owned(format!("{prefix}{suffix}"))),
            None => Err(self.error(Some(start), at, "found undefined tag handle")),
        }
    }
}

fn sequence(properties: Properties<'_>, style: Style) -> EventKind<'_> {
    EventKind::SequenceStart { properties, style }
}

fn mapping(properties: Properties<'_>, style: Style) -> EventKind<'_> {
    EventKind::MappingStart { properties, style }
}
