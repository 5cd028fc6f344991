//! Writing trees of nodes, as v3's encoder does.

use super::collection::Brackets;
use super::key::is_simple;
use super::style::Text;
use super::tag::WrittenTag;
use super::{EmitOptions, Emitter, Place};
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, Style, Tag};
use crate::resolve::{Schema, short_tag};

/// Writes one document, with the final line break.
///
/// # Errors
/// Nesting beyond the limit, or a mapping with a key but no value.
///
/// ```
/// use sluice_yaml::{EmitOptions, Node, emit_node};
/// let node = Node::map_of([("on", Node::string("1.0"))]);
/// assert_eq!(emit_node(&node, &EmitOptions::KYAML).unwrap(), "on: \"1.0\"\n");
/// ```
pub fn emit_node(node: &Node, options: &EmitOptions) -> Result<String, Error> {
    let mut emitter = Emitter::new(Schema::V3, options, 256);
    emitter.node(node, Place::default())?;
    Ok(emitter.finish())
}

/// A scalar node as it will be written.
pub(super) struct ScalarNode<'a> {
    text: Text<'a>,
    tag: Option<WrittenTag<'a>>,
}

impl<'a> ScalarNode<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        let (tag, force_quotes) = written_tag(node);
        let style = match node.style {
            Style::DoubleQuoted | Style::SingleQuoted | Style::Literal | Style::Folded => node.style,
            _ if node.value.contains('\n') => Style::Literal,
            _ if force_quotes => Style::DoubleQuoted,
            _ => Style::Plain,
        };
        Self {
            text: Text::new(&node.value, style, Schema::V3),
            tag,
        }
    }

    fn is_simple(&self) -> bool {
        self.is_simple_behind(0)
    }

    /// Whether it can be a key without `?` when its anchor takes so many bytes.
    pub(super) fn is_simple_behind(&self, anchor: usize) -> bool {
        is_simple(&self.text, anchor + self.tag.as_ref().map_or(0, WrittenTag::len))
    }
}

/// The tag to write, if it says more than the text; and whether the text must be quoted to stay a string.
pub(super) fn written_tag(node: &Node) -> (Option<WrittenTag<'_>>, bool) {
    let tag = WrittenTag::of(&node.tag);
    if node.tagged || tag.is_none() {
        return (tag, false);
    }
    match node.kind {
        Kind::Mapping => (tag.filter(|_| node.tag != Tag::Map), false),
        Kind::Sequence => (tag.filter(|_| node.tag != Tag::Seq), false),
        Kind::Scalar if node.tag == Tag::Str && node.is_quoted() => (None, false),
        Kind::Scalar => match short_tag(&node.value, Schema::V3) {
            // `<<` resolves to a string unless it is parsed as a key.
            Tag::Merge if node.tag == Tag::Str => (None, false),
            Tag::Merge => (tag, false),
            found if found == node.tag => (None, false),
            _ if node.tag == Tag::Str => (None, true),
            _ => (tag, false),
        },
    }
}

impl Emitter {
    fn node(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        match node.kind {
            Kind::Scalar => {
                self.scalar_node(&ScalarNode::of(node), place);
                Ok(())
            }
            Kind::Sequence | Kind::Mapping => {
                if let (Some(tag), _) = written_tag(node) {
                    self.write_tag(&tag);
                }
                self.enter()?;
                let flow = self.flow_level > 0 || node.style == Style::Flow || node.content.is_empty();
                match (node.kind, flow) {
                    (Kind::Sequence, true) => self.flow_sequence(node, place)?,
                    (Kind::Sequence, false) => self.block_sequence(node, place)?,
                    (_, true) => self.flow_mapping(node, place)?,
                    (_, false) => self.block_mapping(node, place)?,
                }
                self.leave();
                Ok(())
            }
        }
    }

    pub(super) fn scalar_node(&mut self, scalar: &ScalarNode<'_>, place: Place) {
        if let Some(tag) = &scalar.tag {
            self.write_tag(tag);
        }
        self.write_scalar(&scalar.text, place);
    }

    fn block_sequence(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        let before = self.open_block_sequence(place);
        for item in &node.content {
            let place = self.write_block_entry();
            self.node(item, place)?;
        }
        self.close_block(before);
        Ok(())
    }

    fn block_mapping(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        let before = self.open_block_mapping(place);
        for pair in node.content.chunks(2) {
            let [key, value] = pair else {
                return Err(odd_mapping());
            };
            let simple = is_simple_key(key);
            let place = self.write_block_key(simple);
            self.node(key, place)?;
            let place = self.write_block_value(simple);
            self.node(value, place)?;
        }
        self.close_block(before);
        Ok(())
    }

    fn flow_sequence(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        let before = self.open_flow(Brackets::Sequence, place);
        for (at, item) in node.content.iter().enumerate() {
            let place = self.write_flow_separator(at == 0);
            self.node(item, place)?;
        }
        self.close_flow(Brackets::Sequence, before);
        Ok(())
    }

    fn flow_mapping(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        let before = self.open_flow(Brackets::Mapping, place);
        for (at, pair) in node.content.chunks(2).enumerate() {
            let [key, value] = pair else {
                return Err(odd_mapping());
            };
            let simple = is_simple_key(key);
            let place = self.write_flow_key(at == 0, simple);
            self.node(key, place)?;
            let place = self.write_flow_value(simple);
            self.node(value, place)?;
        }
        self.close_flow(Brackets::Mapping, before);
        Ok(())
    }
}

fn is_simple_key(key: &Node) -> bool {
    match key.kind {
        Kind::Scalar => ScalarNode::of(key).is_simple(),
        Kind::Mapping | Kind::Sequence => key.content.is_empty(),
    }
}

pub(super) fn odd_mapping() -> Error {
    Error::new(ErrorKind::Emit, "a mapping has a key without a value")
}
