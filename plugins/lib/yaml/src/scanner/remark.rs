//! Comments and the tokens they belong to, by the rules of go-yaml v3.
//!
//! A comment is a *head* (of the token behind it), a *line* comment (of the token before it on its line) or a *foot* (of what
//! ends before it). Which one it is follows from blank lines and from columns, compared with the indentation at its place.

use super::chars::{break_len, is_blank};
use super::fetch::COMMENT_REACH;
use super::{Mark, Scanner, TokenKind};

/// What a comment is to the token it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Head,
    Line,
    Foot,
}

/// Comment lines that stand together.
#[derive(Debug)]
pub(crate) struct Remark {
    pub(crate) role: Role,
    /// Lines with their `#`, without indentation; an empty last one stands for a blank line.
    pub(crate) text: String,
    /// It belongs to the first token that does not begin before this offset.
    owner: usize,
    /// Where it begins. The column counts from 1, but from 0 for what was read as a line comment.
    start: Mark,
    /// Offset of its end; 0 for what was read as a line comment.
    end: usize,
    /// Offset from which on there was nothing but blanks before it.
    blank_from: usize,
}

/// The comments of a stream.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    list: Vec<Remark>,
    /// How many were handed out.
    taken: usize,
}

impl Remarks {
    /// Where a block ends: before the first of the comments in a row behind it that stand at its own column.
    pub(super) fn end_of_block(&self, end: Mark, column: u32) -> Mark {
        let (mut end, mut stop) = (end, end.pos);
        for remark in self.list.iter().skip(self.taken).rev() {
            if remark.end < stop {
                break;
            }
            if remark.start.column == column {
                end = remark.start;
            }
            stop = remark.blank_from;
        }
        end
    }
}

/// Comment lines while they are read.
struct Run {
    text: String,
    start: Mark,
    owner: usize,
    blank_from: usize,
    /// Line and column (from 1) of the character looked at.
    line: u32,
    column: u32,
    /// Indentation that a head has at least.
    indent: u32,
    /// The line on which the foot of the content before begins; none where a foot cannot be.
    foot_line: Option<u32>,
    after_value: bool,
    /// No blank line was met yet.
    unbroken: bool,
    after_gap: bool,
}

impl Run {
    fn is_dedented(&self) -> bool {
        self.start.column <= self.indent
    }

    /// Whether what was read so far is a foot, now that a blank line follows it.
    fn is_foot(&self) -> bool {
        let below = self.foot_line == Some(self.start.line) && !self.after_value;
        self.unbroken && (below || self.is_dedented())
    }

    fn take_foot(&mut self, end: usize) -> Remark {
        let remark = Remark {
            role: Role::Foot,
            text: std::mem::take(&mut self.text),
            owner: self.owner,
            start: self.start,
            end,
            blank_from: self.blank_from,
        };
        self.blank_from = end;
        self.owner = end;
        remark
    }
}

impl Scanner<'_> {
    /// Keeps comments with their tokens from here on.
    pub(crate) fn keep_remarks(&mut self) {
        self.remarks = Some(Box::default());
    }

    /// The next comment that belongs to the token that begins at `start`. The end of a block has no head.
    pub(crate) fn next_remark(&mut self, start: usize, ends_block: bool) -> Option<Remark> {
        let remarks = self.remarks.as_mut()?;
        let found = remarks.list.get_mut(remarks.taken)?;
        if found.owner > start || (ends_block && found.role == Role::Head) {
            return None;
        }
        remarks.taken += 1;
        let text = std::mem::take(&mut found.text);
        Some(Remark { text, ..*found })
    }

    /// Column from 1 at which comments of the innermost block stand.
    pub(super) fn column_of_remarks(&self) -> u32 {
        u32::try_from(self.indent + 1).unwrap_or(0)
    }

    /// The token to which a line comment behind the next token belongs: a colon, or a comma in brackets, leaves it to the
    /// token before.
    #[cold]
    pub(super) fn owner_of_line_comment(&self) -> Mark {
        let passes_on = if self.flow_level == 0 { b':' } else { b',' };
        match self.queue.back() {
            Some(before) if self.byte() == passes_on => before.start,
            _ => self.mark,
        }
    }

    /// Takes the comment at the position as a line comment.
    pub(super) fn take_line_comment(&mut self, owner: Mark) {
        let start = self.mark;
        self.skip_comment();
        if let Some(remarks) = &mut self.remarks {
            remarks.list.push(Remark {
                role: Role::Line,
                text: self.text[start.pos..self.mark.pos].to_owned(),
                owner: owner.pos,
                start,
                end: 0,
                blank_from: 0,
            });
        }
    }

    /// The line comment before the first `-` of a sequence becomes a head: of what follows the `-` when that is on the next
    /// line.
    #[cold]
    pub(super) fn raise_line_comment(&mut self) {
        let mut last = self.queue.iter().rev();
        let opens = matches!(last.next(), Some(token) if matches!(token.kind, TokenKind::BlockEntry))
            && matches!(last.next(), Some(token) if matches!(token.kind, TokenKind::BlockSequenceStart));
        if !opens || break_len(self.bytes, self.mark.pos) > 0 {
            return;
        }
        let mark = self.mark;
        let Some(remarks) = &mut self.remarks else { return };
        let waiting = remarks.list.get_mut(remarks.taken..).unwrap_or_default();
        if let Some(remark) = waiting.last_mut().filter(|remark| remark.role == Role::Line) {
            remark.role = Role::Head;
            if remark.start.line + 1 == mark.line {
                remark.owner = mark.pos;
            }
        }
    }

    /// Takes all comments up to the next token, the position being at the first one. Only blanks lie behind `before`.
    #[cold]
    pub(super) fn take_comments_before_token(&mut self, before: Mark) {
        let mut run = self.begin_run(before);
        let mut ahead = 0;
        while ahead < COMMENT_REACH {
            match self.look_at(&mut run, ahead) {
                Some(next) => ahead = next,
                None => break,
            }
        }
        if !run.text.is_empty() {
            let end = self.mark.pos + ahead - 1;
            let (role, owner) = (Role::Head, run.start.pos);
            self.push_remark(Remark {
                role,
                owner,
                ..run.take_foot(end)
            });
        }
    }

    /// Looks at the character so far ahead; returns how far ahead the next one is, none at the end of the comments.
    fn look_at(&mut self, run: &mut Run, ahead: usize) -> Option<usize> {
        run.column += 1;
        let at = self.mark.pos + ahead;
        let found = self.bytes.get(at).copied();
        let breaks = break_len(self.bytes, at) > 0;
        let closes = self.flow_level > 0 && matches!(found, Some(b']' | b'}'));
        if found.is_some_and(is_blank) {
            return Some(ahead + 1);
        }
        if closes || breaks || found.is_none() {
            self.meet_gap(run, at, closes);
            run.unbroken = false;
            run.after_gap = true;
            run.column = 0;
            run.line += 1;
            return breaks.then_some(ahead + 1);
        }
        self.part_by_column(run, at);
        if found != Some(b'#') {
            return None;
        }
        self.take_comment_line(run, at);
        Some(1)
    }

    fn begin_run(&self, before: Mark) -> Run {
        let last = self.queue.back();
        let is_comma = matches!(last, Some(token) if matches!(token.kind, TokenKind::FlowEntry));
        let token = match self.queue.len().checked_sub(2).and_then(|at| self.queue.get(at)) {
            Some(earlier) if is_comma => Some(earlier),
            _ => last,
        };
        let below_content = self.fresh_lines == 0 && self.mark.column > 1;
        let foot_line = (self.mark.line + 1 + u32::from(below_content)).saturating_sub(self.fresh_lines);
        Run {
            text: String::new(),
            start: Mark::default(),
            owner: token.map_or(0, |token| token.start.pos),
            blank_from: before.pos,
            line: self.mark.line,
            column: self.mark.column,
            indent: u32::try_from(self.indent).unwrap_or(0),
            foot_line: (before.line > 0).then_some(foot_line),
            after_value: matches!(token, Some(token) if matches!(token.kind, TokenKind::Value)),
            unbroken: self.fresh_lines <= 1,
            after_gap: false,
        }
    }

    /// A blank line, the end of the text or a closing bracket follows what was read.
    fn meet_gap(&mut self, run: &mut Run, at: usize, closes: bool) {
        if run.text.is_empty() || (run.after_gap && !closes) {
            return;
        }
        if closes || run.is_foot() {
            if run.is_dedented() {
                run.owner = run.start.pos;
            }
            let foot = run.take_foot(at);
            self.push_remark(foot);
        } else if at < self.bytes.len() {
            run.text.push('\n');
        }
    }

    /// What was read is a foot when the next thing stands further left, out of the block.
    fn part_by_column(&mut self, run: &mut Run, at: usize) {
        if !run.text.is_empty() && run.column <= run.indent && run.column != run.start.column {
            let foot = run.take_foot(at);
            self.push_remark(foot);
        }
    }

    fn take_comment_line(&mut self, run: &mut Run, at: usize) {
        if run.text.is_empty() {
            run.start = Mark {
                pos: at,
                line: run.line,
                column: run.column,
            };
        } else {
            run.text.push('\n');
        }
        run.after_gap = false;
        self.skip_blank_lines(at);
        self.skip_comment();
        run.text.push_str(&self.text[at..self.mark.pos]);
        run.column = 0;
        run.line = self.mark.line;
    }

    fn push_remark(&mut self, remark: Remark) {
        if let Some(remarks) = &mut self.remarks {
            remarks.list.push(remark);
        }
    }
}
