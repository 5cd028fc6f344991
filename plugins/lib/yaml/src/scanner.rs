//! From text to tokens: the look-ahead queue, indentation levels and simple keys.
//!
//! A simple key is a key without `?`: only the `:` after it tells, so its KEY token is inserted into the queue later on.

mod block;
mod chars;
mod cursor;
mod directive;
mod fetch;
mod flow_scalar;
mod fold;
mod plain;
mod remark;
mod simple_key;
mod tag;
mod token;

pub(crate) use chars::{break_len, is_blank, is_blank_or_end, is_word};
pub(crate) use remark::Role;
pub(crate) use token::{Mark, TagText, Token, TokenKind};

use crate::error::{Error, ErrorKind};
use crate::reader::Fault;
use crate::resolve::Schema;
use remark::Remarks;
use simple_key::SimpleKey;
use std::collections::VecDeque;

/// Deepest nesting of brackets, and of indentation, go-yaml scans.
const MAX_LEVELS: usize = 10_000;

/// The scanner over one stream.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    fault: Option<Fault>,
    schema: Schema,
    mark: Mark,
    /// Line breaks since the last character that was neither blank nor break.
    fresh_lines: u32,
    queue: VecDeque<Token<'a>>,
    /// Number of tokens handed out.
    handed_out: usize,
    head_ready: bool,
    started: bool,
    indent: i32,
    indents: Vec<i32>,
    flow_level: usize,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    /// Number and flow level of tokens that may become keys. An entry outlives its key when that one is given up because
    /// the line ended, as in go-yaml: the head of the queue then waits for the next key of the level.
    awaited: VecDeque<(usize, usize)>,
    /// Where comments begin and end, when they are kept.
    comments: Option<Vec<(Mark, usize)>>,
    /// Comments with the tokens they belong to, when nodes shall keep theirs.
    remarks: Option<Box<Remarks>>,
}

impl<'a> Scanner<'a> {
    /// A scanner over checked text.
    pub(crate) fn new(text: &'a str, fault: Option<Fault>, schema: Schema) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            fault,
            schema,
            mark: Mark::default(),
            fresh_lines: 0,
            queue: VecDeque::with_capacity(16),
            handed_out: 0,
            head_ready: false,
            started: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            awaited: VecDeque::new(),
            comments: None,
            remarks: None,
        }
    }

    /// Keeps the places of comments from here on.
    pub(crate) fn keep_comments(&mut self) {
        self.comments = Some(Vec::new());
    }

    /// The places of the kept comments: where each begins, and the offset of its end.
    pub(crate) fn take_comments(&mut self) -> Vec<(Mark, usize)> {
        self.comments.take().unwrap_or_default()
    }

    /// Moves over the comment at the position.
    fn skip_comment(&mut self) {
        let start = self.mark;
        self.skip_line_rest();
        if let Some(comments) = &mut self.comments {
            comments.push((start, self.mark.pos));
        }
    }

    /// Which dialect is scanned.
    pub(crate) fn schema(&self) -> Schema {
        self.schema
    }

    /// The next token, left in the queue.
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>, Error> {
        if !self.head_ready {
            self.fill_queue()?;
        }
        self.queue.front().ok_or_else(Self::past_the_end)
    }

    /// Takes the next token off the queue.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Error> {
        if !self.head_ready {
            self.fill_queue()?;
        }
        self.head_ready = false;
        self.handed_out += 1;
        self.queue.pop_front().ok_or_else(Self::past_the_end)
    }

    fn past_the_end() -> Error {
        Error::new(
            ErrorKind::Parser,
            "attempted to go past the end of stream; corrupted value?",
        )
    }

    /// Fetches until the head of the queue is certain. v3 reads two tokens further for its comments, and so meets
    /// scanner errors earlier.
    fn fill_queue(&mut self) -> Result<(), Error> {
        let ahead = match self.schema {
            Schema::V2 => 0,
            Schema::V3 => 2,
        };
        while self.queue.len() <= ahead || self.head_may_be_key()? {
            self.fetch_next()?;
        }
        self.head_ready = true;
        Ok(())
    }

    fn push(&mut self, kind: TokenKind<'a>, start: Mark) {
        self.queue.push_back(Token {
            kind,
            start,
            end: self.mark,
        });
    }

    /// Puts a token of no width before the token of the given number; last when that one was handed out already.
    fn insert(&mut self, number: usize, kind: TokenKind<'a>, mark: Mark) {
        let at = number
            .checked_sub(self.handed_out)
            .map_or(self.queue.len(), |at| at.min(self.queue.len()));
        self.queue.insert(
            at,
            Token {
                kind,
                start: mark,
                end: mark,
            },
        );
    }

    /// Number of the token fetched next.
    fn next_number(&self) -> usize {
        self.handed_out + self.queue.len()
    }

    /// A scanner error: v3 names the line where the construct begins, v2 the one where it breaks.
    fn error(&self, context: Mark, message: impl Into<String>) -> Error {
        let line = match (self.schema, context.line, self.mark.line) {
            (Schema::V3, 0, 0) | (Schema::V2, 0, 0) => 0,
            (Schema::V3, 0, problem) => problem + 1,
            (Schema::V3, context, _) => context + 1,
            (Schema::V2, context, 0) => context,
            (Schema::V2, _, problem) => problem + 1,
        };
        Error::at(ErrorKind::Scanner, line, message)
    }
}
