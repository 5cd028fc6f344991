//! The text of a flow scalar while it is scanned: borrowed as long as it is one piece of the input, owned once lines are
//! folded or escapes resolved.

use std::borrow::Cow;

/// Text under construction.
pub(super) struct Text<'a> {
    input: &'a str,
    done: String,
    /// Byte range of the input that follows `done`.
    from: usize,
    to: usize,
}

/// Line breaks met since the last word.
#[derive(Default)]
pub(super) struct Breaks {
    first: Option<char>,
    more: String,
}

impl<'a> Text<'a> {
    /// Empty text; its first piece begins at the offset.
    pub(super) fn new(input: &'a str, at: usize) -> Self {
        Self {
            input,
            done: String::new(),
            from: at,
            to: at,
        }
    }

    /// Takes the input up to `to` along; it directly follows what was taken before.
    pub(super) fn extend_to(&mut self, to: usize) {
        self.to = to;
    }

    /// Goes on with a piece of the input somewhere else.
    pub(super) fn jump_to(&mut self, at: usize) {
        self.flush();
        self.from = at;
        self.to = at;
    }

    /// Appends a character that is not in the input.
    pub(super) fn push(&mut self, found: char) {
        self.flush();
        self.done.push(found);
        self.from = self.to;
    }

    /// Appends what line breaks fold to: one is a space, more lose their first.
    pub(super) fn push_breaks(&mut self, breaks: &mut Breaks) {
        self.flush();
        self.from = self.to;
        match breaks.first {
            Some('\n') if breaks.more.is_empty() => self.done.push(' '),
            Some('\n') | None => self.done.push_str(&breaks.more),
            Some(other) => {
                self.done.push(other);
                self.done.push_str(&breaks.more);
            }
        }
        breaks.first = None;
        breaks.more.clear();
    }

    fn flush(&mut self) {
        self.done.push_str(&self.input[self.from..self.to]);
        self.from = self.to;
    }

    /// The finished text.
    pub(super) fn finish(mut self) -> Cow<'a, str> {
        if self.done.is_empty() {
            return Cow::Borrowed(&self.input[self.from..self.to]);
        }
        self.flush();
        Cow::Owned(self.done)
    }
}

impl Breaks {
    /// Notes one more line break. The first one of a run is special unless `escaped`.
    pub(super) fn note(&mut self, found: char, is_first: bool) {
        if is_first {
            self.first = Some(found);
        } else {
            self.more.push(found);
        }
    }
}
