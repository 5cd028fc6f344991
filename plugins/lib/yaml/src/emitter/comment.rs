//! Comments of a document that has them: where go-yaml's emitter keeps them until it writes them, and how.

use super::Emitter;
use crate::parser::Remarks;
use std::mem::take;

/// Comments that were announced with a node and are not written yet. What finds no place with its own node is written
/// with a later one, unless that has one of the same sort.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) head: String,
    pub(super) line: String,
    pub(super) foot: String,
    /// The foot of the entry before, which is written before the head of the next.
    pub(super) tail: String,
    /// The line comment of a key.
    pub(super) key_line: String,
}

impl Emitter {
    /// Takes comments that come with a node, or with the end of one.
    pub(super) fn announce(&mut self, found: &Remarks, tail: &str) {
        let Some(waiting) = &mut self.waiting else { return };
        let places = [
            (&mut waiting.head, found.head.as_str()),
            (&mut waiting.line, &found.line),
            (&mut waiting.foot, &found.foot),
            (&mut waiting.tail, tail),
        ];
        for (place, text) in places {
            if !text.is_empty() {
                text.clone_into(place);
            }
        }
    }

    /// Whether a comment waits that a flow entry ends its line with.
    pub(super) fn entry_has_comment(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| {
            !(waiting.line.is_empty() && waiting.foot.is_empty() && waiting.tail.is_empty())
        })
    }

    /// Whether a comment waits that stands above the end of a flow mapping.
    pub(super) fn end_has_comment(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| {
            !(waiting.head.is_empty() && waiting.foot.is_empty() && waiting.tail.is_empty())
        })
    }

    fn take_waiting(&mut self, pick: impl Fn(&mut Waiting) -> &mut String) -> Option<String> {
        let text = take(pick(self.waiting.as_mut()?));
        (!text.is_empty()).then_some(text)
    }

    /// Writes the foot of the entry before and the head of what comes.
    pub(super) fn write_head_comment(&mut self) {
        if let Some(tail) = self.take_waiting(|waiting| &mut waiting.tail) {
            self.write_indent();
            self.write_comment(&tail);
            self.foot_indent = self.indent.max(0);
        }
        if let Some(head) = self.take_waiting(|waiting| &mut waiting.head) {
            self.write_indent();
            self.write_comment(&head);
        }
    }

    /// Writes the line comment and ends the line; false when there is none.
    pub(super) fn write_line_comment(&mut self) -> bool {
        let Some(line) = self.take_waiting(|waiting| &mut waiting.line) else {
            return false;
        };
        if !self.whitespace {
            self.put(' ');
        }
        self.write_comment(&line);
        true
    }

    pub(super) fn write_foot_comment(&mut self) {
        if let Some(foot) = self.take_waiting(|waiting| &mut waiting.foot) {
            self.write_indent();
            self.write_comment(&foot);
            self.foot_indent = self.indent.max(0);
        }
    }

    /// Writes the blank line below a foot comment when what comes stands at its column.
    #[cold]
    pub(super) fn part_from_foot(&mut self) {
        if self.foot_indent == self.indent.max(0) {
            self.put_break();
        }
        self.foot_indent = -1;
    }

    /// Sets the line comment of a key aside until it is known what its value is.
    pub(super) fn set_key_comment_aside(&mut self) {
        if let Some(waiting) = &mut self.waiting
            && !waiting.line.is_empty()
        {
            waiting.key_line = take(&mut waiting.line);
        }
    }

    /// The value of the key is a scalar: it takes the comment, unless it has its own.
    pub(super) fn pass_key_comment_on(&mut self) {
        if let Some(waiting) = &mut self.waiting
            && waiting.line.is_empty()
        {
            waiting.line = take(&mut waiting.key_line);
        }
    }

    /// The value of the key is a block: the comment stands before it.
    pub(super) fn write_key_comment(&mut self) {
        let Some(key) = self.take_waiting(|waiting| &mut waiting.key_line) else {
            return;
        };
        let line = self.take_waiting(|waiting| &mut waiting.line).unwrap_or_default();
        if let Some(waiting) = &mut self.waiting {
            waiting.line = key;
        }
        self.write_line_comment();
        if let Some(waiting) = &mut self.waiting {
            waiting.line = line;
        }
    }

    /// Ends the first line of a block scalar.
    pub(super) fn end_block_header(&mut self) {
        if self.waiting.is_none() || !self.write_line_comment() {
            self.put_break();
        }
    }

    fn write_comment(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.put_break();
            }
            if line.is_empty() {
                continue;
            }
            if number > 0 {
                self.write_indent();
            }
            self.put_text(line);
            self.indention = false;
        }
        if !text.ends_with('\n') {
            self.put_break();
        }
        self.whitespace = true;
    }
}
