//! Documents that keep their comments, anchors and aliases when they are written again.

use crate::compose::{Composer, open_source};
use crate::emitter::{EmitOptions, emit_annotated};
use crate::error::Error;
use crate::limits::Limits;
use crate::node::Node;
use crate::parser::Remarks;
use crate::resolve::Schema;

/// What a node has beside its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) remarks: Remarks,
    pub(crate) anchor: Option<Box<str>>,
    /// The node is an alias; its text is the name behind `*`.
    pub(crate) is_alias: bool,
}

/// A document with the comments, anchors and aliases of its nodes, as a `yaml.Node` of go-yaml v3 has them. Nodes may be
/// changed, moved and replaced: notes go with their node.
///
/// ```
/// use sluice_yaml::{Annotated, EmitOptions, Limits, Node};
/// let mut document = Annotated::parse(b"# of a\na: 1 # one\n# b: off\n", &Limits::default()).unwrap().unwrap();
/// document.root.set("b", Node::int(2));
/// assert_eq!(document.emit(&EmitOptions::KYAML).unwrap(), "# of a\na: 1 # one\n# b: off\n\nb: 2\n");
/// ```
#[derive(Debug, Clone)]
pub struct Annotated {
    /// The document. Aliases are texts (`*name`) in it.
    pub root: Node,
    /// Those of the node with number 1, 2, ...
    pub(crate) notes: Vec<Notes>,
    /// Comments at the top that a blank line parts from the first node.
    pub(crate) head: String,
    /// Comments behind the end.
    pub(crate) foot: String,
}

impl Annotated {
    /// The first document of a stream; `None` when the stream holds none.
    ///
    /// # Errors
    /// As [`crate::parse_document`], but an alias inside of its own anchor is none.
    pub fn parse(input: &[u8], limits: &Limits) -> Result<Option<Self>, Error> {
        let source = open_source(input, limits)?;
        let mut composer = Composer::new(&source, Schema::V3, *limits);
        composer.keep_notes();
        composer.next_annotated()
    }

    /// Whether a node of this document is an alias.
    pub fn is_alias(&self, node: &Node) -> bool {
        self.notes_of(node).is_some_and(|notes| notes.is_alias)
    }

    /// Writes the document, with the final line break.
    ///
    /// # Errors
    /// As [`crate::emit_node`].
    pub fn emit(&self, options: &EmitOptions) -> Result<String, Error> {
        emit_annotated(self, &self.root, (&self.head, &self.foot), options)
    }

    /// Writes a node of this document as a document of its own.
    ///
    /// # Errors
    /// As [`crate::emit_node`].
    pub fn emit_part(&self, part: &Node, options: &EmitOptions) -> Result<String, Error> {
        emit_annotated(self, part, ("", ""), options)
    }

    pub(crate) fn notes_of(&self, node: &Node) -> Option<&Notes> {
        let at = usize::try_from(node.notes).ok()?.checked_sub(1)?;
        self.notes.get(at)
    }
}

#[cfg(test)]
mod tests;
