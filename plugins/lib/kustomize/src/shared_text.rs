//! Scalars that kustomize's label and annotation transformers put into several places of an object as one node.
//!
//! A later change of one place changes all of them in kustomize: a patch of `metadata.labels.app` also changes the
//! selector, when both came from the same `commonLabels`. Users' output depends on it, so it is kept: such scalars carry
//! a mark in place of a position, and after a change the places are made equal again.

use sluice_yaml::{Node, Style, Tag};

/// The line of a marked scalar; its column is the number of the text.
const MARK: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq)]
struct Text {
    value: String,
    tag: Tag,
    style: Style,
}

impl Text {
    fn of(node: &Node) -> Self {
        Self {
            value: node.value.clone(),
            tag: node.tag.clone(),
            style: node.style,
        }
    }
}

/// The texts that one object shares between places.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedTexts {
    texts: Vec<Text>,
}

impl SharedTexts {
    /// Marks a scalar as one place of a new text.
    pub fn start(&mut self, node: &mut Node) -> u32 {
        let number = u32::try_from(self.texts.len()).unwrap_or(MARK);
        self.texts.push(Text::of(node));
        mark(node, number);
        number
    }

    /// Forgets all texts: the object was made anew.
    pub fn clear(&mut self) {
        self.texts.clear();
    }

    /// Makes all places of each text equal again after some of them were changed; the last change counts.
    pub fn settle(&mut self, node: &mut Node) {
        if self.texts.is_empty() {
            return;
        }
        let mut changed = vec![None; self.texts.len()];
        self.find_changes(node, &mut changed);
        if changed.iter().all(Option::is_none) {
            return;
        }
        for (text, new) in self.texts.iter_mut().zip(changed) {
            if let Some(new) = new {
                *text = new;
            }
        }
        self.write(node);
    }

    fn find_changes(&self, node: &Node, changed: &mut [Option<Text>]) {
        if let Some(number) = number_of(node) {
            if self
                .texts
                .get(number)
                .is_some_and(|text| text.value != node.value || text.tag != node.tag)
            {
                changed[number] = Some(Text::of(node));
            }
            return;
        }
        if !node.is_map() {
            node.content
                .iter()
                .for_each(|item| self.find_changes(item, changed));
            return;
        }
        // kustomize visits fields by name.
        let mut pairs: Vec<_> = node.pairs().collect();
        pairs.sort_by(|a, b| a.0.value.cmp(&b.0.value));
        pairs
            .into_iter()
            .for_each(|(_, value)| self.find_changes(value, changed));
    }

    fn write(&self, node: &mut Node) {
        match number_of(node).and_then(|number| self.texts.get(number)) {
            Some(text) => {
                node.value.clone_from(&text.value);
                node.tag = text.tag.clone();
                node.style = text.style;
            }
            None => node.content.iter_mut().for_each(|child| self.write(child)),
        }
    }
}

/// Marks a scalar as a place of a text.
pub(crate) fn mark(node: &mut Node, number: u32) {
    node.line = MARK;
    node.column = number;
}

/// Keeps the mark of the scalar that a new one takes the place of.
pub(crate) fn keep_mark(new: &mut Node, old_line: u32, old_column: u32) {
    if old_line == MARK {
        new.line = old_line;
        new.column = old_column;
    }
}

/// Forgets where a scalar was read, but not its mark.
pub(crate) fn forget_place(node: &mut Node) {
    if node.line != MARK {
        node.line = 0;
        node.column = 0;
    }
}

/// Takes all marks away, for a copy that goes into another object.
pub(crate) fn unmark(node: &mut Node) {
    if node.line == MARK {
        node.line = 0;
        node.column = 0;
    }
    node.content.iter_mut().for_each(unmark);
}

fn number_of(node: &Node) -> Option<usize> {
    if node.line == MARK && node.is_scalar() {
        usize::try_from(node.column).ok()
    } else {
        None
    }
}

/// The line to tell a user; none for marked and made nodes.
pub(crate) fn line_of(node: &Node) -> Option<u32> {
    Some(node.line).filter(|line| *line != 0 && *line != MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_reaches_all_places() {
        let mut texts = SharedTexts::default();
        let mut label = Node::string("x");
        let number = texts.start(&mut label);
        let mut second = Node::string("x");
        mark(&mut second, number);
        let mut object = Node::map_of([("a", label), ("b", second), ("c", Node::string("x"))]);
        object.get_mut("a").expect("there").value = "y".into();
        texts.settle(&mut object);
        let text = |name: &str| object.get(name).expect("there").value.clone();
        assert_eq!(
            (text("a"), text("b"), text("c")),
            ("y".into(), "y".into(), "x".into())
        );
    }
}
