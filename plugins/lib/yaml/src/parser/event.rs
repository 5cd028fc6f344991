//! Events: what the parser tells the composer.

use crate::node::Style;
use crate::scanner::Mark;
use std::borrow::Cow;

/// One event and where it begins.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) kind: EventKind<'a>,
    pub(crate) start: Mark,
}

/// Anchor and tag of a node.
#[derive(Debug)]
pub(crate) struct Properties<'a> {
    pub(crate) anchor: Option<&'a str>,
    /// The tag in its long form; `!` alone stays `!`.
    pub(crate) tag: Option<Cow<'a, str>>,
}

/// Properties are rare, and boxed to keep events small.
pub(crate) type NodeProperties<'a> = Option<Box<Properties<'a>>>;

/// What an event says.
#[derive(Debug)]
pub(crate) enum EventKind<'a> {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar {
        properties: NodeProperties<'a>,
        value: Cow<'a, str>,
        style: Style,
    },
    SequenceStart {
        properties: NodeProperties<'a>,
        style: Style,
    },
    SequenceEnd,
    MappingStart {
        properties: NodeProperties<'a>,
        style: Style,
    },
    MappingEnd,
}

impl EventKind<'_> {
    pub(crate) fn empty_scalar() -> Self {
        Self::Scalar {
            properties: None,
            value: Cow::Borrowed(""),
            style: Style::Plain,
        }
    }
}
