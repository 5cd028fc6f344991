//! Comments on their way from tokens to events.
//!
//! Most documents are read without them: what is done only with them is kept out of the hot path (`cold`).

use super::Parser;
use crate::error::Error;
use crate::scanner::{Role, TokenKind};

/// The comments of an event, and so of a node: each one or more lines with their `#`, or empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    /// Above it.
    pub(crate) head: String,
    /// Behind it on its line.
    pub(crate) line: String,
    /// Below it.
    pub(crate) foot: String,
}

impl Remarks {
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty()
    }
}

/// What the tokens up to here brought along.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    remarks: Remarks,
    /// The head of an item that is a block collection: it is the head of the collection, not of what that begins with.
    stem: Option<String>,
    /// Those of the last event.
    given: Remarks,
}

impl Waiting {
    #[cold]
    fn give(&mut self) {
        self.given = std::mem::take(&mut self.remarks);
        self.stem = None;
    }

    #[cold]
    fn give_stem(&mut self) {
        if let Some(stem) = self.stem.take() {
            self.given.head = stem;
        }
    }
}

impl Parser<'_> {
    /// Keeps comments; call it before the first event.
    pub(crate) fn keep_remarks(&mut self) {
        self.waiting = Some(Box::default());
        self.scanner.keep_remarks();
    }

    /// The comments of the last event.
    pub(crate) fn take_remarks(&mut self) -> Remarks {
        self.waiting
            .as_mut()
            .map(|waiting| std::mem::take(&mut waiting.given))
            .unwrap_or_default()
    }

    /// Collects the comments that belong to the next token.
    #[cold]
    pub(super) fn gather_remarks(&mut self) -> Result<(), Error> {
        let token = self.scanner.peek()?;
        let (start, ends_block) = (token.start.pos, matches!(token.kind, TokenKind::BlockEnd));
        let Some(waiting) = &mut self.waiting else {
            return Ok(());
        };
        while let Some(found) = self.scanner.next_remark(start, ends_block) {
            let place = match found.role {
                Role::Head => &mut waiting.remarks.head,
                Role::Line => &mut waiting.remarks.line,
                Role::Foot => &mut waiting.remarks.foot,
            };
            if !place.is_empty() {
                place.push('\n');
            }
            place.push_str(&found.text);
        }
        Ok(())
    }

    /// Hands what was collected to the event that is being made.
    #[inline]
    pub(super) fn give_remarks(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.give();
        }
    }

    #[inline]
    pub(super) fn give_stem(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.give_stem();
        }
    }

    /// Gives the document the comments at the top up to the last blank line; those behind it belong to what follows.
    pub(super) fn give_document_head(&mut self) {
        let Some(waiting) = &mut self.waiting else { return };
        let text = &waiting.remarks.head;
        let (head, rest) = match text.strip_suffix('\n') {
            Some(head) => (head.to_owned(), String::new()),
            None => match text.rsplit_once("\n\n") {
                Some((head, rest)) if !head.is_empty() => (head.to_owned(), rest.to_owned()),
                _ => return,
            },
        };
        waiting.given.head = head;
        waiting.remarks.head = rest;
    }

    /// At the end of a document every comment is its foot.
    pub(super) fn give_document_foot(&mut self) {
        self.give_remarks();
        if let Some(waiting) = &mut self.waiting
            && waiting.given.foot.is_empty()
        {
            waiting.given.foot = std::mem::take(&mut waiting.given.head);
        }
    }

    #[inline]
    pub(super) fn length_of_head(&self) -> usize {
        self.waiting
            .as_ref()
            .map_or(0, |waiting| waiting.remarks.head.len())
    }

    /// Sets the head of an item, so many bytes of what was collected, aside when the item is a block collection.
    #[cold]
    pub(super) fn set_stem_aside(&mut self, length: usize) -> Result<(), Error> {
        let opens = matches!(
            self.peek()?.kind,
            TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart
        );
        if let (true, Some(waiting)) = (opens, &mut self.waiting) {
            let head = &mut waiting.remarks.head;
            let rest = head.get(length + 1..).unwrap_or_default().to_owned();
            head.truncate(length);
            waiting.stem = Some(std::mem::replace(head, rest));
        }
        Ok(())
    }
}
