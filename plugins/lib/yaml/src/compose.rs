//! From events to trees: tags are resolved, aliases expanded.

mod alias;
mod annotated;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::node::{Kind, Node, Style, Tag};
use crate::parser::{Event, EventKind, Parser, Properties};
use crate::parts::Take;
use crate::reader::{self, Source};
use crate::resolve::{Schema, short_tag};
use crate::scanner::{Mark, Scanner};
use alias::Anchors;
use std::borrow::Cow;

/// Entries a collection has room for at first.
const FIRST_CAPACITY: usize = 8;

/// Reads the documents of a stream one by one.
pub(crate) struct Composer<'a> {
    parser: Parser<'a>,
    limits: Limits,
    anchors: Anchors<'a>,
    nodes: usize,
    open: Vec<Open<'a>>,
    started: bool,
    /// Where the document that was read last begins.
    begins: Mark,
}

/// A collection that is not closed yet.
struct Open<'a> {
    node: Node,
    anchor: Option<&'a str>,
    /// Nodes read when it began.
    first: usize,
}

impl Open<'_> {
    /// The key of the mapping whose value is being read.
    fn key(&self) -> Option<&str> {
        let awaits_value = self.node.kind == Kind::Mapping && self.node.content.len() % 2 == 1;
        self.node
            .content
            .last()
            .filter(|_| awaits_value)
            .map(|key| key.value.as_str())
    }
}

/// Checks the size of an input and decodes it.
pub(crate) fn open_source<'a>(input: &'a [u8], limits: &Limits) -> Result<Source<'a>, Error> {
    if input.len() > limits.max_bytes {
        let message = format!(
            "input of {} bytes exceeds the limit of {} bytes",
            input.len(),
            limits.max_bytes
        );
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(reader::open(input))
}

impl<'a> Composer<'a> {
    pub(crate) fn new(source: &'a Source<'a>, schema: Schema, limits: Limits) -> Self {
        Self {
            parser: Parser::new(Scanner::new(&source.text, source.fault, schema)),
            limits,
            anchors: Anchors::default(),
            nodes: 0,
            open: Vec::new(),
            started: false,
            begins: Mark::default(),
        }
    }

    /// Keeps comments; call it before the first document.
    pub(crate) fn keep_comments(&mut self) {
        self.parser.scanner_mut().keep_comments();
    }

    /// The places of all comments of the stream.
    pub(crate) fn take_comments(&mut self) -> Vec<(Mark, usize)> {
        self.parser.scanner_mut().take_comments()
    }

    /// Offset of the document that was read last: its `---`, or else its first token.
    pub(crate) fn begins(&self) -> usize {
        self.begins.pos
    }

    /// Where the next document begins; `None` at the end of the stream.
    fn begin_document(&mut self) -> Result<Option<Mark>, Error> {
        if !self.started {
            self.parser.next()?;
            self.started = true;
        }
        let event = self.parser.next()?;
        Ok(matches!(event.kind, EventKind::DocumentStart).then_some(event.start))
    }

    /// The next document; `None` at the end of the stream.
    pub(crate) fn next_document(&mut self) -> Result<Option<Node>, Error> {
        let Some(begins) = self.begin_document()? else {
            return Ok(None);
        };
        self.begins = begins;
        if self.parser.schema() == Schema::V2 {
            self.anchors = Anchors::default();
        }
        self.anchors.start_document();
        let root = self.compose_root()?;
        self.parser.next()?;
        Ok(Some(root))
    }

    fn compose_root(&mut self) -> Result<Node, Error> {
        loop {
            let event = self.parser.next()?;
            let Some(node) = self.take(event)? else { continue };
            match self.open.last_mut() {
                Some(parent) => parent.node.content.push(node),
                None => return Ok(node),
            }
        }
    }

    /// As [`next_document`](Self::next_document), but the items of sequences that stand `depth` collections deep are
    /// handed to `take` as they complete, with the keys that lead to them, and are not in the document. Items that an
    /// anchor could give again stay in it.
    pub(crate) fn next_parts<E: From<Error>>(
        &mut self,
        depth: usize,
        take: &mut Take<'_, E>,
    ) -> Result<Option<Node>, E> {
        if self.begin_document()?.is_none() {
            return Ok(None);
        }
        self.anchors = Anchors::default();
        self.anchors.start_document();
        loop {
            let event = self.parser.next()?;
            let Some(node) = self.take(event)? else { continue };
            if self.is_part(depth) {
                let keys: Vec<&str> = self.open[..depth - 1].iter().filter_map(Open::key).collect();
                take(&keys, node)?;
                continue;
            }
            match self.open.last_mut() {
                Some(parent) => parent.node.content.push(node),
                None => {
                    self.parser.next()?;
                    return Ok(Some(node));
                }
            }
        }
    }

    /// Whether the node that was just completed is an item to hand out.
    fn is_part(&self, depth: usize) -> bool {
        self.open.len() == depth
            && self
                .open
                .last()
                .is_some_and(|parent| parent.node.kind == Kind::Sequence)
            && self.open.iter().all(|open| open.anchor.is_none())
    }

    /// Handles one event; returns a node when it completes one.
    fn take(&mut self, event: Event<'a>) -> Result<Option<Node>, Error> {
        match event.kind {
            EventKind::Scalar {
                properties,
                value,
                style,
            } => {
                let anchor = properties.as_ref().and_then(|found| found.anchor);
                let node = self.scalar(properties.as_deref(), value, style, event.start);
                self.count(1)?;
                self.anchors.count(1);
                if let Some(name) = anchor {
                    self.anchors.define(name, &node, 1);
                }
                Ok(Some(node))
            }
            EventKind::SequenceStart { properties, style } => {
                self.open_collection(Kind::Sequence, properties.as_deref(), style, event.start)?;
                Ok(None)
            }
            EventKind::MappingStart { properties, style } => {
                self.open_collection(Kind::Mapping, properties.as_deref(), style, event.start)?;
                Ok(None)
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close_collection().map(Some),
            EventKind::Alias(name) => self.expand(name).map(Some),
            EventKind::StreamStart
            | EventKind::StreamEnd
            | EventKind::DocumentStart
            | EventKind::DocumentEnd => Err(Error::new(
                ErrorKind::Parser,
                "attempted to go past the end of stream; corrupted value?",
            )),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.max_nodes {
            let message = format!("more than {} nodes", self.limits.max_nodes);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Ok(())
    }

    fn scalar(
        &self,
        properties: Option<&Properties<'a>>,
        value: Cow<'a, str>,
        style: Style,
        start: Mark,
    ) -> Node {
        let schema = self.parser.schema();
        let explicit = properties.and_then(|found| found.tag.as_deref());
        let (tag, tagged) = match (explicit, style) {
            (Some("!"), _) if schema == Schema::V2 => (Tag::Str, false),
            (None | Some("!" | ""), Style::Plain) => (short_tag(&value, schema), false),
            (None | Some("!" | ""), _) => (Tag::Str, false),
            (Some(tag), _) => (Tag::from_text(tag), true),
        };
        let value = value.into_owned();
        let content = Vec::new();
        Node {
            kind: Kind::Scalar,
            tag,
            tagged,
            style,
            value,
            content,
            line: start.line + 1,
            column: start.column + 1,
            notes: 0,
        }
    }

    fn open_collection(
        &mut self,
        kind: Kind,
        properties: Option<&Properties<'a>>,
        style: Style,
        start: Mark,
    ) -> Result<(), Error> {
        if self.open.len() >= self.limits.max_depth {
            let message = format!("exceeded max depth of {}", self.limits.max_depth);
            return Err(Error::at(ErrorKind::Limit, start.line + 1, message));
        }
        let first = self.nodes;
        self.count(1)?;
        self.anchors.count(1);
        let default = if kind == Kind::Mapping { Tag::Map } else { Tag::Seq };
        let anchor = properties.and_then(|found| found.anchor);
        let (tag, tagged) = match properties.and_then(|found| found.tag.as_deref()) {
            None | Some("!" | "") => (default, false),
            Some(tag) => (Tag::from_text(tag), true),
        };
        if let Some(name) = anchor {
            self.anchors.begin(name);
        }
        let (value, content) = (String::new(), Vec::with_capacity(FIRST_CAPACITY));
        let node = Node {
            kind,
            tag,
            tagged,
            style,
            value,
            content,
            line: start.line + 1,
            column: start.column + 1,
            notes: 0,
        };
        self.open.push(Open { node, anchor, first });
        Ok(())
    }

    fn close_collection(&mut self) -> Result<Node, Error> {
        let Some(done) = self.open.pop() else {
            return Err(Error::new(
                ErrorKind::Parser,
                "attempted to go past the end of stream; corrupted value?",
            ));
        };
        if let Some(name) = done.anchor {
            let size = self.nodes - done.first;
            self.count(size)?;
            self.anchors.complete(name, &done.node, size);
        }
        Ok(done.node)
    }

    /// True when the next node is the value of a merge key.
    fn awaits_merge(&self) -> bool {
        self.open.last().is_some_and(|open| {
            let content = &open.node.content;
            open.node.kind == Kind::Mapping
                && content.len() % 2 == 1
                && content.last().is_some_and(|key| key.tag == Tag::Merge)
        })
    }

    fn expand(&mut self, name: &'a str) -> Result<Node, Error> {
        let size = self.anchors.size(name)?;
        self.count(size)?;
        self.anchors.count_expansion(size)?;
        let node = self.anchors.copy(name)?;
        if node.kind == Kind::Sequence && self.awaits_merge() {
            // A sequence of maps merges only when it is written out: whoever merges refuses a scalar.
            return Ok(Node::string(format!("*{name}")));
        }
        if self.open.len() + node.depth() > self.limits.max_depth {
            let message = format!("exceeded max depth of {}", self.limits.max_depth);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Ok(node)
    }
}
