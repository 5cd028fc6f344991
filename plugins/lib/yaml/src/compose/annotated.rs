//! Trees whose nodes keep their comments, anchors and aliases.

use super::Composer;
use crate::annotated::{Annotated, Notes};
use crate::error::Error;
use crate::node::{Kind, Node, Style};
use crate::parser::{EventKind, Remarks};

/// The notes of a document while it is read.
#[derive(Default)]
struct Table(Vec<Notes>);

impl Table {
    /// The notes of a node, made when it has none yet.
    fn of(&mut self, node: &mut Node) -> Option<&mut Notes> {
        if node.notes == 0 {
            self.0.push(Notes::default());
            node.notes = u32::try_from(self.0.len()).unwrap_or(0);
        }
        let at = usize::try_from(node.notes).ok()?.checked_sub(1)?;
        self.0.get_mut(at)
    }

    fn foot(&mut self, node: &Node) -> Option<&mut String> {
        let at = usize::try_from(node.notes).ok()?.checked_sub(1)?;
        let foot = &mut self.0.get_mut(at)?.remarks.foot;
        (!foot.is_empty()).then_some(foot)
    }

    fn take_foot(&mut self, node: &Node) -> String {
        self.foot(node).map(std::mem::take).unwrap_or_default()
    }

    fn set_foot(&mut self, node: &mut Node, foot: String) {
        if foot.is_empty() {
            return;
        }
        if let Some(notes) = self.of(node) {
            notes.remarks.foot = foot;
        }
    }

    fn set(&mut self, node: &mut Node, remarks: Remarks) {
        if remarks.is_empty() {
            return;
        }
        if let Some(notes) = self.of(node) {
            notes.remarks = remarks;
        }
    }

    /// What the end of a collection brings counts, not what its beginning brought; its head stays.
    fn close(&mut self, node: &mut Node, end: Remarks) {
        let known = self.of(node).map(|notes| std::mem::take(&mut notes.remarks));
        let head = known.unwrap_or_default().head;
        self.set(node, Remarks { head, ..end });
        let is_block_map = node.kind == Kind::Mapping && node.style != Style::Flow;
        let foot = if is_block_map && node.content.len() > 1 {
            self.take_foot(node)
        } else {
            String::new()
        };
        if let Some(at) = node.content.len().checked_sub(2) {
            self.set_foot(&mut node.content[at], foot);
        }
    }

    /// Moves feet to the keys they belong to, once a node was added: the foot of a value to its key, that of a key in a
    /// block to the key before it.
    fn settle_feet(&mut self, parent: &mut Node) {
        if parent.kind != Kind::Mapping {
            return;
        }
        let (length, block) = (parent.content.len(), parent.style != Style::Flow);
        let Some((last, before)) = parent.content.split_last_mut() else {
            return;
        };
        if length % 2 == 1 {
            if block && length > 2 {
                let foot = self.take_foot(last);
                self.set_foot(&mut before[length - 3], foot);
            }
        } else if let Some(key) = before.last_mut()
            && self.foot(key).is_none()
        {
            let foot = self.take_foot(last);
            self.set_foot(key, foot);
        }
    }
}

impl<'a> Composer<'a> {
    /// Keeps comments, anchors and aliases; call it before the first document.
    pub(crate) fn keep_notes(&mut self) {
        self.parser.keep_remarks();
    }

    /// As [`next_document`](Self::next_document), with the notes of its nodes. Aliases are not expanded.
    pub(crate) fn next_annotated(&mut self) -> Result<Option<Annotated>, Error> {
        if self.begin_document()?.is_none() {
            return Ok(None);
        }
        let head = self.parser.take_remarks().head;
        self.anchors.start_document();
        let mut table = Table::default();
        let root = self.compose_annotated(&mut table)?;
        self.parser.next()?;
        let foot = self.parser.take_remarks().foot;
        Ok(Some(Annotated {
            root,
            notes: table.0,
            head,
            foot,
        }))
    }

    fn compose_annotated(&mut self, table: &mut Table) -> Result<Node, Error> {
        loop {
            let Some(node) = self.take_annotated(table)? else {
                continue;
            };
            match self.open.last_mut() {
                Some(parent) => {
                    parent.node.content.push(node);
                    table.settle_feet(&mut parent.node);
                }
                None => return Ok(node),
            }
        }
    }

    /// Handles one event; returns a node when it completes one.
    fn take_annotated(&mut self, table: &mut Table) -> Result<Option<Node>, Error> {
        let event = self.parser.next()?;
        let remarks = self.parser.take_remarks();
        if let EventKind::Alias(name) = event.kind {
            return self.alias(name, remarks, table).map(Some);
        }
        let anchor = match &event.kind {
            EventKind::Scalar { properties, .. }
            | EventKind::SequenceStart { properties, .. }
            | EventKind::MappingStart { properties, .. } => {
                properties.as_ref().and_then(|found| found.anchor)
            }
            _ => None,
        };
        let ends = matches!(event.kind, EventKind::SequenceEnd | EventKind::MappingEnd);
        let mut done = self.take(event)?;
        let node = match (&mut done, self.open.last_mut()) {
            (Some(node), _) => node,
            (None, Some(open)) => &mut open.node,
            (None, None) => return Ok(None),
        };
        if ends {
            table.close(node, remarks);
        } else {
            table.set(node, remarks);
        }
        if let (Some(name), Some(notes)) = (anchor, anchor.and_then(|_| table.of(node))) {
            notes.anchor = Some(name.into());
        }
        Ok(done)
    }

    /// An alias stands for itself, as a text that notes mark as an alias.
    fn alias(&mut self, name: &str, remarks: Remarks, table: &mut Table) -> Result<Node, Error> {
        self.anchors.size(name)?;
        self.count(1)?;
        let mut node = Node::string(format!("*{name}"));
        if let Some(notes) = table.of(&mut node) {
            notes.remarks = remarks;
            notes.is_alias = true;
        }
        Ok(node)
    }
}
