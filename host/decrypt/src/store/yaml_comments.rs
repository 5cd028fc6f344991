//! Where the comments of a YAML document stand among its items, and how they get into the written text.
//!
//! sops knows comments on lines of their own only: one before an item, or behind the last item of a map or list. Their
//! column tells which map or list a comment behind an item belongs to.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::slice::Iter;

use sluice_yaml::{Comment, Node};
use zeroize::Zeroizing;

use crate::tree::{Branch, Item, Key, Text, Value};

/// What comments can be put into.
pub(super) trait TakesComments {
    /// Adds a comment at the end.
    fn comment(&mut self, text: Text);
}

impl TakesComments for Branch {
    fn comment(&mut self, text: Text) {
        let value = Value::Null;
        self.push(Item {
            key: Key::Comment(text),
            value,
        });
    }
}

impl TakesComments for Vec<Value> {
    fn comment(&mut self, text: Text) {
        self.push(Value::Comment(text));
    }
}

/// The comments of a document that no item has taken yet.
pub(super) struct Comments<'a>(Peekable<Iter<'a, Comment>>);

impl<'a> Comments<'a> {
    pub fn new(comments: &'a [Comment]) -> Self {
        Self(comments.iter().peekable())
    }

    fn take(&mut self, to: &mut impl TakesComments, wanted: impl Fn(&Comment) -> bool) {
        while let Some(comment) = self.0.next_if(|comment| wanted(comment)) {
            to.comment(comment.text.clone().into_bytes().into());
        }
    }

    /// Takes the comments above an item, and of a leaf (`next` is where the following node begins) those behind it on
    /// its lines.
    pub fn before(&mut self, item: &Node, next: Option<u32>, to: &mut impl TakesComments) {
        self.take(to, |comment| {
            comment.line < item.line
                || (!comment.alone && comment.line == item.line && next.is_some())
                || (!comment.alone && next.is_some_and(|next| comment.line < next))
        });
    }

    /// Takes the comments behind the last item of a map or list.
    pub fn foot(&mut self, node: &Node, end: u32, to: &mut impl TakesComments) {
        self.take(to, |comment| comment.line < end && comment.column >= node.column);
    }

    /// Takes what is left.
    pub fn rest(&mut self, to: &mut impl TakesComments) {
        self.take(to, |_| true);
    }
}

/// Lines to put in, by the line (from 0) that they go before.
#[derive(Default)]
struct Inserts(BTreeMap<usize, Vec<(usize, Text)>>);

/// Puts the comments of a branch into its written text.
pub(super) fn weave(text: &str, branch: &Branch, written: &Node) -> Zeroizing<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut inserts = Inserts::default();
    inserts.branch(branch, written, lines.len(), &lines);
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for at in 0..=lines.len() {
        for (indent, comment) in inserts.0.get(&at).into_iter().flatten() {
            let comment = Zeroizing::new(String::from_utf8_lossy(comment).into_owned());
            for part in comment.split('\n') {
                out.extend(std::iter::repeat_n(' ', *indent));
                out.push('#');
                out.push_str(part);
                out.push('\n');
            }
        }
        out.push_str(lines.get(at).copied().unwrap_or_default());
    }
    out
}

impl Inserts {
    fn put(&mut self, line: usize, indent: usize, comments: &mut Vec<Text>) {
        let slot = self.0.entry(line).or_default();
        slot.extend(comments.drain(..).map(|comment| (indent, comment)));
    }

    /// `end`: the line behind the map.
    fn branch(&mut self, branch: &Branch, node: &Node, end: usize, lines: &[&str]) {
        let mut waiting = Vec::new();
        let mut at = 0;
        for item in branch {
            match &item.key {
                Key::Comment(text) => waiting.push(text.clone()),
                Key::Name(_) => {
                    let Some([key, value]) = node.content.get(2 * at..2 * at + 2) else {
                        return;
                    };
                    let line = line_of(key);
                    self.put(line, indent_of(lines, line), &mut waiting);
                    let next = node.content.get(2 * at + 2).map_or(end, line_of);
                    self.value(&item.value, value, next, lines);
                    at += 1;
                }
            }
        }
        self.put(end, indent_behind(node), &mut waiting);
    }

    fn value(&mut self, value: &Value, node: &Node, end: usize, lines: &[&str]) {
        match value {
            Value::Branch(branch) => self.branch(branch, node, end, lines),
            Value::List(items) => self.list(items, node, end, lines),
            _ => {}
        }
    }

    fn list(&mut self, items: &[Value], node: &Node, end: usize, lines: &[&str]) {
        let mut waiting = Vec::new();
        let mut at = 0;
        for item in items {
            if let Value::Comment(text) = item {
                waiting.push(text.clone());
                continue;
            }
            let Some(written) = node.content.get(at) else {
                return;
            };
            let line = line_of(written);
            self.put(line, indent_of(lines, line), &mut waiting);
            let next = node.content.get(at + 1).map_or(end, line_of);
            self.value(item, written, next, lines);
            at += 1;
        }
        self.put(end, indent_behind(node), &mut waiting);
    }
}

fn line_of(node: &Node) -> usize {
    (node.line as usize).saturating_sub(1)
}

/// Blanks at the start of a line: what stands above `- a: 1` stands above its dash.
fn indent_of(lines: &[&str], line: usize) -> usize {
    lines
        .get(line)
        .map_or(0, |text| text.len() - text.trim_start_matches(' ').len())
}

fn indent_behind(node: &Node) -> usize {
    (node.column as usize).saturating_sub(1)
}
