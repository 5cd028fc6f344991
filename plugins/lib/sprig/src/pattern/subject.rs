//! A text as Go's engine sees it: every byte that is no UTF-8 is a replacement character.

use std::borrow::Cow;

use crate::text::rune;

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A text that is UTF-8, with the way back to the positions of the given one.
pub(super) struct Subject<'t> {
    pub(super) given: &'t [u8],
    pub(super) text: Cow<'t, [u8]>,
    /// Where replaced bytes are in `text`, in order.
    replaced: Vec<usize>,
}

impl<'t> Subject<'t> {
    pub(super) fn new(given: &'t [u8]) -> Self {
        let mut subject = Self {
            given,
            text: Cow::Borrowed(given),
            replaced: Vec::new(),
        };
        if std::str::from_utf8(given).is_err() {
            subject.replace_bad_bytes();
        }
        subject
    }

    fn replace_bad_bytes(&mut self) {
        let mut text = Vec::with_capacity(self.given.len() + 16);
        let mut rest = self.given;
        while let Some(first) = rest.first() {
            let length = rune::decode(rest).1.max(1);
            let (character, after) = rest.split_at(length);
            if length == 1 && !first.is_ascii() {
                self.replaced.push(text.len());
                text.extend_from_slice(REPLACEMENT);
            } else {
                text.extend_from_slice(character);
            }
            rest = after;
        }
        self.text = Cow::Owned(text);
    }

    /// A position of `text` in the given text.
    pub(super) fn position(&self, at: usize) -> usize {
        let before = self.replaced.partition_point(|replaced| *replaced < at);
        at - before * (REPLACEMENT.len() - 1)
    }

    /// What stands in the given text where a range of `text` is.
    pub(super) fn given(&self, start: usize, end: usize) -> &'t [u8] {
        let range = self.position(start)..self.position(end);
        self.given.get(range).unwrap_or_default()
    }
}
