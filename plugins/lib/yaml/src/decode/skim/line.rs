//! The lines of a document that have content, and those of scalars that are longer than one.

use std::ops::Range;

use super::scalar::{Quoted, close_quote, is_end};

/// Characters that break lines beside the line feed, or are no part of a text.
const BREAKS: [char; 5] = ['\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'];

/// What stands in a line, without the blanks around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    /// Where the text begins, in bytes from the beginning of the line.
    pub(super) column: usize,
    /// Offset of the line in the document.
    pub(super) start: usize,
}

impl Line<'_> {
    /// What stands behind so many bytes of the text.
    pub(super) fn behind(self, length: usize) -> Self {
        let behind = &self.text[length..];
        let text = behind.trim_start_matches(' ');
        Self {
            text,
            column: self.column + self.text.len() - text.len(),
            start: self.start,
        }
    }

    /// Nothing, or nothing but a comment.
    pub(super) fn is_bare(self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }

    /// A dash that begins an entry of a sequence.
    pub(super) fn is_entry(self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }
}

pub(super) struct Lines<'t> {
    document: &'t str,
    has_tabs: bool,
    at: usize,
}

impl<'t> Lines<'t> {
    /// None where lines may end with something else than a line feed.
    pub(super) fn new(document: &'t str) -> Option<Self> {
        let breaks = if document.is_ascii() {
            document.contains('\r')
        } else {
            document.contains(BREAKS)
        };
        (!breaks).then(|| Self {
            document,
            has_tabs: document.contains('\t'),
            at: 0,
        })
    }

    pub(super) fn text(&self, range: Range<usize>) -> &'t str {
        self.document.get(range).unwrap_or_default()
    }

    /// The next line and where the one behind it starts.
    fn peek(&self) -> Option<(&'t str, usize)> {
        let rest = self.document.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').unwrap_or(rest.len());
        Some((&rest[..length], self.at + length + 1))
    }

    /// The next line with content, a comment included. The outer none is a line with a tab, the inner one the end.
    #[allow(clippy::option_option)]
    pub(super) fn next(&mut self) -> Option<Option<Line<'t>>> {
        while let Some((line, behind)) = self.peek() {
            let start = std::mem::replace(&mut self.at, behind);
            let text = line.trim_start_matches(' ');
            let column = line.len() - text.len();
            let text = text.trim_end_matches(' ');
            if text.is_empty() {
                continue;
            }
            if self.has_tabs && !text.starts_with('#') && text.contains('\t') {
                return None;
            }
            return Some(Some(Line { text, column, start }));
        }
        Some(None)
    }

    /// Passes the lines of a block scalar below a collection in column `parent`; none where its indentation is not plain.
    pub(super) fn pass_block(&mut self, parent: usize) -> Option<()> {
        let mut indent = None;
        let mut widest_blank = 0;
        while let Some((line, behind)) = self.peek() {
            let text = line.trim_start_matches(' ');
            let column = line.len() - text.len();
            if text.is_empty() {
                if indent.is_none() {
                    widest_blank = widest_blank.max(column);
                }
            } else if text.starts_with('\t') && indent.is_none_or(|indent| column < indent) {
                return None;
            } else if column <= parent {
                return Some(());
            } else if widest_blank > *indent.get_or_insert(column)
                || indent.is_some_and(|indent| column < indent)
            {
                return None;
            }
            self.at = behind;
        }
        Some(())
    }

    /// Passes the lines of a quoted scalar up to its end, and a comment behind it; none where one is not deeper than
    /// `parent`.
    pub(super) fn pass_quoted(&mut self, mark: u8, parent: usize) -> Option<()> {
        loop {
            let line = self.next()??;
            if line.column <= parent || line.text.contains('\t') {
                return None;
            }
            if let Quoted::Ends(length) = close_quote(line.text.as_bytes(), mark)? {
                return is_end(&line.text.as_bytes()[length..]).then_some(());
            }
        }
    }
}
