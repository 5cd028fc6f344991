//! The line being read, rune by rune.

use sluice_sprig::text::rune;

/// A line and how far it is read.
pub(crate) struct Scanner<'l> {
    text: &'l [u8],
    at: usize,
}

/// What ended a run of runes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// One of the runes to stop at.
    Rune(char),
    /// The end of the line.
    Line,
}

impl<'l> Scanner<'l> {
    pub(crate) fn new(text: &'l [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'l [u8] {
        &self.text[self.at..]
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let (found, length) = rune::decode(self.rest());
        self.at += length;
        (length > 0).then_some(found)
    }

    /// Skips a rune if it is the next one.
    pub(crate) fn accept(&mut self, wanted: char) -> bool {
        let (found, length) = rune::decode(self.rest());
        let is_next = length > 0 && found == wanted;
        if is_next {
            self.at += length;
        }
        is_next
    }

    /// The runes up to one to stop at. A backslash takes the rune behind it literally, if `escapes`.
    pub(crate) fn until(&mut self, stops: &[char], escapes: bool) -> (Vec<u8>, End) {
        let mut found = Vec::new();
        while let Some(next) = self.next() {
            if stops.contains(&next) {
                return (found, End::Rune(next));
            }
            let taken = if next == '\\' && escapes {
                self.next()
            } else {
                Some(next)
            };
            match taken {
                Some(taken) => rune::push(&mut found, taken),
                None => break,
            }
        }
        (found, End::Line)
    }

    /// Skips white space; true when nothing but that stands before a comma (which is skipped too) or the end.
    pub(crate) fn is_empty_value(&mut self) -> bool {
        loop {
            let before = self.at;
            match self.next() {
                None | Some(',') => return true,
                Some(found) if rune::is_space(found) => {}
                Some(_) => {
                    self.at = before;
                    return false;
                }
            }
        }
    }
}
