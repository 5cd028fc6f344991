//! Streams, documents and their directives.

use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::scanner::{Mark, TagText, TokenKind};

/// Handles that are known without a directive.
const DEFAULT_HANDLES: [(&str, &str); 2] = [("!", "!"), ("!!", "tag:yaml.org,2002:")];

impl<'a> Parser<'a> {
    pub(super) fn stream_start(&mut self) -> Result<Event<'a>, Error> {
        let (start, _) = self.skip()?;
        self.state = State::ImplicitDocumentStart;
        Ok(Event {
            kind: EventKind::StreamStart,
            start,
        })
    }

    /// The start of the next document, or the end of the stream. Only the first document may do without `---`.
    pub(super) fn document_start(&mut self, implicit: bool) -> Result<Event<'a>, Error> {
        while !implicit && matches!(self.peek()?.kind, TokenKind::DocumentEnd) {
            self.skip()?;
        }
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            TokenKind::StreamEnd => {
                self.skip()?;
                self.state = State::End;
                return Ok(Event {
                    kind: EventKind::StreamEnd,
                    start,
                });
            }
            TokenKind::VersionDirective { .. } | TokenKind::TagDirective(_) | TokenKind::DocumentStart => {}
            _ if implicit => {
                self.process_directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                self.give_document_head();
                return Ok(Event {
                    kind: EventKind::DocumentStart,
                    start,
                });
            }
            _ => {}
        }
        self.process_directives()?;
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::DocumentStart) {
            let problem = token.start;
            return Err(self.error(None, problem, "did not find expected <document start>"));
        }
        self.skip()?;
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event {
            kind: EventKind::DocumentStart,
            start,
        })
    }

    pub(super) fn document_content(&mut self) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        match token.kind {
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective(_)
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let start = token.start;
                let next = self.states.pop().unwrap_or(State::End);
                self.empty_scalar(start, next)
            }
            _ => self.node(true, false),
        }
    }

    pub(super) fn document_end(&mut self) -> Result<Event<'a>, Error> {
        let token = self.peek()?;
        let start = token.start;
        if matches!(token.kind, TokenKind::DocumentEnd) {
            self.skip()?;
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        self.give_document_foot();
        Ok(Event {
            kind: EventKind::DocumentEnd,
            start,
        })
    }

    fn process_directives(&mut self) -> Result<(), Error> {
        let mut versioned = false;
        loop {
            let token = self.peek()?;
            let start = token.start;
            match token.kind {
                TokenKind::VersionDirective { major, minor } => {
                    if versioned {
                        return Err(self.error(None, start, "found duplicate %YAML directive"));
                    }
                    if (major, minor) != (1, 1) {
                        return Err(self.error(None, start, "found incompatible YAML document"));
                    }
                    versioned = true;
                    self.skip()?;
                }
                TokenKind::TagDirective(_) => self.take_tag_directive(start)?,
                _ => break,
            }
        }
        for (handle, prefix) in DEFAULT_HANDLES {
            if !self.knows_handle(handle) {
                self.tag_directives.push(TagText {
                    handle: handle.into(),
                    rest: prefix.into(),
                });
            }
        }
        Ok(())
    }

    fn take_tag_directive(&mut self, start: Mark) -> Result<(), Error> {
        if let TokenKind::TagDirective(found) = self.scanner.next()?.kind {
            if self.knows_handle(&found.handle) {
                return Err(self.error(None, start, "found duplicate %TAG directive"));
            }
            self.tag_directives.push(*found);
        }
        Ok(())
    }

    fn knows_handle(&self, handle: &str) -> bool {
        self.tag_directives.iter().any(|known| known.handle == handle)
    }
}
