//! Tokens and positions.

use crate::node::Style;
use std::borrow::Cow;

/// A position: byte offset, line and column (in characters), all from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    pub(crate) pos: usize,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// One token with the range it covers.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind<'a> {
    StreamStart,
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective(Box<TagText<'a>>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag(Box<TagText<'a>>),
    Scalar { value: Cow<'a, str>, style: Style },
}

/// A handle with what follows it: the prefix it stands for, or the rest of a tag. Boxed, to keep other tokens small.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TagText<'a> {
    pub(crate) handle: Cow<'a, str>,
    pub(crate) rest: Cow<'a, str>,
}
