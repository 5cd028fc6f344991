//! From tokens to events: a table of states, as the grammar of YAML 1.1 has it.
//!
//! ```text
//! stream   = document*                 node  = alias | properties? content
//! block    = sequence | mapping        flow  = [ entry, ... ] | { entry, ... }
//! ```

mod block;
mod document;
mod event;
mod flow;
mod node;
mod remark;

pub(crate) use event::{Event, EventKind, NodeProperties, Properties};
pub(crate) use remark::Remarks;
use remark::Waiting;

use crate::error::{Error, ErrorKind};
use crate::node::Style;
use crate::resolve::Schema;
use crate::scanner::{Mark, Scanner, TagText, Token, TokenKind};
use std::borrow::Cow;

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// The parser over one stream.
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// States to return to.
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tag_directives: Vec<TagText<'a>>,
    /// Comments on their way to an event, when nodes shall keep theirs.
    waiting: Option<Box<Waiting>>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(scanner: Scanner<'a>) -> Self {
        Self {
            scanner,
            state: State::StreamStart,
            states: Vec::with_capacity(16),
            marks: Vec::with_capacity(16),
            tag_directives: Vec::new(),
            waiting: None,
        }
    }

    /// The scanner below.
    pub(crate) fn scanner_mut(&mut self) -> &mut Scanner<'a> {
        &mut self.scanner
    }

    pub(crate) fn schema(&self) -> Schema {
        self.scanner.schema()
    }

    /// The next event. After the end of the stream it is `StreamEnd` again.
    pub(crate) fn next(&mut self) -> Result<Event<'a>, Error> {
        match self.state {
            State::StreamStart => self.stream_start(),
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirst => self.block_sequence_entry(true),
            State::BlockSequenceEntry => self.block_sequence_entry(false),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirst => self.block_mapping_key(true),
            State::BlockMappingKey => self.block_mapping_key(false),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingFirst => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true),
            State::End => Ok(Event {
                kind: EventKind::StreamEnd,
                start: Mark::default(),
            }),
        }
    }

    fn peek(&mut self) -> Result<&Token<'a>, Error> {
        if self.waiting.is_some() {
            self.gather_remarks()?;
        }
        self.scanner.peek()
    }

    /// Takes the next token and returns where it began and ended.
    fn skip(&mut self) -> Result<(Mark, Mark), Error> {
        let token = self.scanner.next()?;
        Ok((token.start, token.end))
    }

    /// Takes the token that opens a collection and remembers where that was.
    fn skip_opening(&mut self) -> Result<(), Error> {
        let (start, _) = self.skip()?;
        self.marks.push(start);
        Ok(())
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// An empty plain scalar at a position; `next` is the state after it.
    fn empty_scalar(&mut self, start: Mark, next: State) -> Result<Event<'a>, Error> {
        self.state = next;
        Ok(Event {
            kind: EventKind::empty_scalar(),
            start,
        })
    }

    /// Takes the token that closes a collection.
    fn close(&mut self, kind: EventKind<'a>) -> Result<Event<'a>, Error> {
        let (start, _) = self.skip()?;
        self.pop_state();
        self.marks.pop();
        Ok(Event { kind, start })
    }

    /// A parser error: v3 names the line of the context first, v2 the one of the problem; both one too low.
    fn error(&self, context: Option<Mark>, problem: Mark, message: &str) -> Error {
        let context = context.map_or(0, |mark| mark.line);
        let line = match (self.schema(), context, problem.line) {
            (Schema::V3, 0, line) | (Schema::V3, line, _) | (Schema::V2, line, 0) | (Schema::V2, _, line) => {
                line
            }
        };
        Error::at(ErrorKind::Parser, line, message)
    }

    fn unclosed(&mut self, problem: Mark, message: &str) -> Error {
        let context = self.marks.pop();
        self.error(context, problem, message)
    }
}

/// A scalar token's parts, or nothing.
fn scalar_of(kind: TokenKind<'_>) -> Option<(Cow<'_, str>, Style)> {
    match kind {
        TokenKind::Scalar { value, style } => Some((value, style)),
        _ => None,
    }
}
