//! Writing documents with their comments, anchors and aliases, as v3's encoder does.
//!
//! It is the walk of the ordinary writer with stops for comments. A node begins (all of a scalar; anchor and tag of a
//! collection), then waiting comments are written, then the entries of a collection follow.

use super::collection::Brackets;
use super::node::{ScalarNode, odd_mapping, written_tag};
use super::{EmitOptions, Emitter, Place};
use crate::annotated::Annotated;
use crate::error::Error;
use crate::node::{Kind, Node, Style};
use crate::parser::Remarks;
use crate::resolve::Schema;

/// Writes a node of a document between the comments at the top and those at the end, with the final line break.
pub(crate) fn emit_annotated(
    document: &Annotated,
    root: &Node,
    (top, end): (&str, &str),
    options: &EmitOptions,
) -> Result<String, Error> {
    let mut emitter = Emitter::new(Schema::V3, options, 256);
    emitter.waiting = Some(Box::default());
    let mut writer = Writer { document, emitter };
    writer.top(top);
    writer.announce(root, "", true);
    writer.emitter.write_head_comment();
    writer.node(root, Place::default())?;
    writer.end(end);
    Ok(writer.emitter.finish())
}

struct Writer<'d> {
    document: &'d Annotated,
    emitter: Emitter,
}

impl<'d> Writer<'d> {
    /// Writes the comments at the top, and a blank line below them.
    fn top(&mut self, head: &str) {
        if head.is_empty() {
            return;
        }
        let remarks = Remarks {
            head: head.to_owned(),
            ..Remarks::default()
        };
        self.emitter.announce(&remarks, "");
        self.emitter.write_head_comment();
        self.emitter.put_break();
    }

    /// Writes the comments at the end, below a blank line.
    fn end(&mut self, foot: &str) {
        let remarks = Remarks {
            foot: foot.to_owned(),
            ..Remarks::default()
        };
        self.emitter.announce(&remarks, "");
        self.emitter.foot_indent = 0;
        self.emitter.write_foot_comment();
        self.emitter.foot_indent = -1;
    }

    fn is_alias(&self, node: &Node) -> bool {
        self.document.is_alias(node)
    }

    fn anchor(&self, node: &Node) -> Option<&str> {
        self.document.notes_of(node)?.anchor.as_deref()
    }

    fn remarks(&self, node: &Node) -> Remarks {
        let notes = self.document.notes_of(node);
        notes.map(|notes| notes.remarks.clone()).unwrap_or_default()
    }

    /// Announces the comments that come with the beginning of a node; a foot is passed on by keys.
    fn announce(&mut self, node: &Node, tail: &str, with_foot: bool) {
        let is_alias = self.is_alias(node);
        let tail = if is_alias || node.kind == Kind::Sequence {
            ""
        } else {
            tail
        };
        let found = self.remarks(node);
        let begins = match node.kind {
            Kind::Scalar if with_foot => found,
            Kind::Scalar => Remarks {
                foot: String::new(),
                ..found
            },
            Kind::Sequence | Kind::Mapping => Remarks {
                head: found.head,
                ..Remarks::default()
            },
        };
        self.emitter.announce(&begins, tail);
    }

    /// Announces the comments that come with the end of a collection.
    fn announce_end(&mut self, node: &Node, tail: &str, with_foot: bool) {
        let mut found = self.remarks(node);
        found.head.clear();
        if !with_foot {
            found.foot.clear();
        }
        self.emitter.announce(&found, tail);
    }
}

impl<'d> Writer<'d> {
    /// All of a node of which nothing but the comments at its beginning was announced.
    fn node(&mut self, node: &Node, place: Place) -> Result<(), Error> {
        self.begin(node, place);
        self.emitter.write_line_comment();
        self.emitter.write_foot_comment();
        self.entries(node, place, true)
    }

    /// Writes an alias or a scalar, or the anchor and the tag of a collection.
    fn begin(&mut self, node: &Node, place: Place) {
        if self.is_alias(node) {
            self.emitter.write_indicator(&node.value, true, false, false);
            return;
        }
        if let Some(name) = self.anchor(node).map(|name| format!("&{name}")) {
            self.emitter.write_indicator(&name, true, false, false);
        }
        if node.kind == Kind::Scalar {
            self.emitter.scalar_node(&ScalarNode::of(node), place);
        } else if let (Some(tag), _) = written_tag(node) {
            self.emitter.write_tag(&tag);
        }
    }

    /// Writes the entries of a collection; nothing of a scalar.
    fn entries(&mut self, node: &Node, place: Place, with_foot: bool) -> Result<(), Error> {
        if node.kind == Kind::Scalar {
            return Ok(());
        }
        self.emitter.enter()?;
        let flow = self.emitter.flow_level > 0 || node.style == Style::Flow || node.content.is_empty();
        match (node.kind, flow) {
            (Kind::Sequence, true) => self.flow_sequence(node, place, with_foot)?,
            (Kind::Sequence, false) => self.block_sequence(node, place, with_foot)?,
            (_, true) => self.flow_mapping(node, place, with_foot)?,
            (_, false) => self.block_mapping(node, place, with_foot)?,
        }
        self.emitter.leave();
        Ok(())
    }

    fn block_sequence(&mut self, node: &Node, place: Place, with_foot: bool) -> Result<(), Error> {
        let before = self.emitter.open_block_sequence(place);
        for item in &node.content {
            self.announce(item, "", true);
            self.emitter.write_head_comment();
            let place = self.emitter.write_block_entry();
            self.node(item, place)?;
        }
        self.announce_end(node, "", with_foot);
        self.emitter.close_block(before);
        Ok(())
    }

    fn block_mapping(&mut self, node: &Node, place: Place, with_foot: bool) -> Result<(), Error> {
        let before = self.emitter.open_block_mapping(place);
        let mut tail = "";
        for pair in node.content.chunks(2) {
            let [key, value] = pair else {
                return Err(odd_mapping());
            };
            self.announce(key, tail, false);
            self.emitter.write_head_comment();
            self.emitter.set_key_comment_aside();
            let simple = self.is_simple_key(key);
            let place = self.emitter.write_block_key(simple);
            self.begin(key, place);
            self.entries(key, place, false)?;
            self.announce(value, "", true);
            let place = self.emitter.write_block_value(simple);
            self.place_key_comment(value);
            self.node(value, place)?;
            tail = self.foot(key);
        }
        self.announce_end(node, tail, with_foot);
        self.emitter.write_head_comment();
        self.emitter.close_block(before);
        Ok(())
    }

    fn place_key_comment(&mut self, value: &Node) {
        match value.kind {
            Kind::Scalar if self.is_alias(value) => {}
            Kind::Scalar => self.emitter.pass_key_comment_on(),
            Kind::Sequence | Kind::Mapping if value.style != Style::Flow => self.emitter.write_key_comment(),
            Kind::Sequence | Kind::Mapping => {}
        }
    }

    fn flow_sequence(&mut self, node: &Node, place: Place, with_foot: bool) -> Result<(), Error> {
        let before = self.emitter.open_flow(Brackets::Sequence, place);
        let mut parted = true;
        for item in &node.content {
            self.announce(item, "", true);
            self.part_entries(parted);
            parted = self.flow_entry(item, Place::default())?;
        }
        self.announce_end(node, "", with_foot);
        self.emitter.close_flow(Brackets::Sequence, before);
        self.end_flow();
        Ok(())
    }

    fn flow_mapping(&mut self, node: &Node, place: Place, with_foot: bool) -> Result<(), Error> {
        let before = self.emitter.open_flow(Brackets::Mapping, place);
        let (mut parted, mut tail) = (true, "");
        for pair in node.content.chunks(2) {
            let [key, value] = pair else {
                return Err(odd_mapping());
            };
            self.announce(key, tail, false);
            self.part_entries(parted);
            let simple = self.is_simple_key(key);
            let place = self.emitter.write_flow_mark(simple);
            self.begin(key, place);
            self.entries(key, place, false)?;
            self.announce(value, "", true);
            let place = self.emitter.write_flow_value(simple);
            parted = self.flow_entry(value, place)?;
            tail = self.foot(key);
        }
        self.announce_end(node, tail, with_foot);
        if !parted && self.emitter.end_has_comment() {
            self.emitter.write_indicator(",", false, false, false);
        }
        self.emitter.write_head_comment();
        self.emitter.close_flow(Brackets::Mapping, before);
        self.end_flow();
        Ok(())
    }

    /// Writes the comma behind the entry before, unless that is `parted` already, and the comments above the next.
    fn part_entries(&mut self, parted: bool) {
        if !parted {
            self.emitter.write_indicator(",", false, false, false);
        }
        self.emitter.write_head_comment();
        if self.emitter.column == 0 || self.emitter.column > self.emitter.best_width {
            self.emitter.write_indent();
        }
    }

    /// Writes an item or a value in brackets. True when the comma behind it stands already, before its comment.
    fn flow_entry(&mut self, node: &Node, place: Place) -> Result<bool, Error> {
        let parted = self.emitter.entry_has_comment();
        self.begin(node, place);
        if parted {
            self.emitter.write_indicator(",", false, false, false);
        }
        self.emitter.write_line_comment();
        self.emitter.write_foot_comment();
        self.entries(node, place, true)?;
        Ok(parted)
    }

    fn end_flow(&mut self) {
        self.emitter.write_line_comment();
        self.emitter.write_foot_comment();
    }

    fn foot(&self, node: &Node) -> &'d str {
        let document = self.document;
        document
            .notes_of(node)
            .map_or("", |notes| notes.remarks.foot.as_str())
    }

    fn is_simple_key(&self, key: &Node) -> bool {
        let anchor = self.anchor(key).map_or(0, str::len);
        match key.kind {
            Kind::Scalar => ScalarNode::of(key).is_simple_behind(anchor),
            Kind::Mapping | Kind::Sequence => key.content.is_empty(),
        }
    }
}
