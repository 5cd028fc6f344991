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
#[derive(Debug, Default)]
pub(crate) struct Properties<'a> {
    pub(crate) anchor: Option<&'a str>,
    /// The tag in its long form; `!` alone stays `!`.
    pub(crate) tag: Option<Cow<'a, str>>,
}

/// What an event says.
#[derive(Debug)]
pub(crate) enum EventKind<'a> {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar {
        properties: Properties<'a>,
        value: Cow<'a, str>,
        style: Style,
    },
    SequenceStart {
        properties: Properties<'a>,
        style: Style,
    },
    SequenceEnd,
    MappingStart {
        properties: Properties<'a>,
        style: Style,
    },
    MappingEnd,
}

impl EventKind<'_> {
    pub(crate) fn empty_scalar() -> Self {
        Self::Scalar {
            properties: Properties::default(),
            value: Cow::Borrowed(""),
            style: Style::Plain,
        }
    }
}
