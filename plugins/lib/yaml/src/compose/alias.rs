//! Anchors and the bound on what aliases may expand to.

use crate::error::{Error, ErrorKind};
use crate::node::Node;
use std::collections::HashMap;

/// Below so many nodes nearly all may come from aliases.
const RATIO_LOW: usize = 400_000;
/// From so many nodes on only a tenth may.
const RATIO_HIGH: usize = 4_000_000;

/// The anchors known so far, and the counts behind go-yaml's alias limit.
#[derive(Default)]
pub(super) struct Anchors<'a> {
    known: HashMap<&'a str, Anchor>,
    decoded: usize,
    aliased: usize,
}

/// An anchored node: its copy and size once it is complete.
struct Anchor {
    node: Option<Node>,
    size: usize,
}

impl<'a> Anchors<'a> {
    /// Starts the counts again: the limit is one of a document.
    pub(super) fn start_document(&mut self) {
        self.decoded = 1;
        self.aliased = 0;
    }

    pub(super) fn count(&mut self, nodes: usize) {
        self.decoded += nodes;
    }

    /// An anchored collection begins.
    pub(super) fn begin(&mut self, name: &'a str) {
        self.known.insert(name, Anchor { node: None, size: 0 });
    }

    /// The anchored collection is complete. An anchor of the same name inside of it stays in force.
    pub(super) fn complete(&mut self, name: &'a str, node: &Node, size: usize) {
        if matches!(self.known.get(name), Some(Anchor { node: None, .. })) {
            self.define(name, node, size);
        }
    }

    /// An anchored scalar was read.
    pub(super) fn define(&mut self, name: &'a str, node: &Node, size: usize) {
        self.known.insert(
            name,
            Anchor {
                node: Some(node.clone()),
                size,
            },
        );
    }

    /// Number of nodes an alias stands for.
    pub(super) fn size(&self, name: &str) -> Result<usize, Error> {
        self.known
            .get(name)
            .map(|anchor| anchor.size)
            .ok_or_else(|| unknown(name))
    }

    /// Counts the nodes of an alias against the ratio.
    pub(super) fn count_expansion(&mut self, size: usize) -> Result<(), Error> {
        self.decoded += size + 1;
        self.aliased += size;
        let ratio = self.aliased as f64 / self.decoded as f64;
        if self.aliased > 100 && self.decoded > 1000 && ratio > allowed_ratio(self.decoded) {
            return Err(Error::new(
                ErrorKind::Compose,
                "document contains excessive aliasing",
            ));
        }
        Ok(())
    }

    /// A copy of the node an alias stands for.
    pub(super) fn copy(&self, name: &str) -> Result<Node, Error> {
        let anchor = self.known.get(name).ok_or_else(|| unknown(name))?;
        let message = || format!("anchor '{name}' value contains itself");
        anchor
            .node
            .clone()
            .ok_or_else(|| Error::new(ErrorKind::Compose, message()))
    }
}

fn unknown(name: &str) -> Error {
    Error::new(ErrorKind::Compose, format!("unknown anchor '{name}' referenced"))
}

/// The share of nodes that may come from aliases, falling from 99 % to 10 %.
fn allowed_ratio(decoded: usize) -> f64 {
    if decoded <= RATIO_LOW {
        0.99
    } else if decoded >= RATIO_HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - RATIO_LOW) as f64 / (RATIO_HIGH - RATIO_LOW) as f64)
    }
}
