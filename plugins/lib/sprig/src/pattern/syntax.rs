//! From Go's syntax to that of the `regex` crate: every atom is written out with its flags.

use super::PatternError;
use super::class::{self, Class};
use super::escape;
use crate::text::rune;

/// Deepest nesting of groups and repetitions.
pub(super) const MAX_DEPTH: u32 = 200;
/// Most repetitions, also of nested ones together.
const MAX_REPEAT: u32 = 1_000;

/// What the `regex` crate gets.
pub(super) struct Translated {
    pub(super) text: String,
    pub(super) names: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_newline: bool,
    swap_greed: bool,
}

/// A part of a pattern that can be repeated.
struct Piece {
    text: String,
    /// How often what is inside may be repeated by counts.
    copies: u32,
    depth: u32,
}

/// An open group.
struct Group {
    capture: bool,
    /// Flags to come back to.
    flags: Flags,
    /// Finished alternatives, with the bars behind them.
    alternatives: String,
    pieces: Vec<Piece>,
    copies: u32,
    depth: u32,
}

impl Group {
    fn new(capture: bool, flags: Flags) -> Self {
        Self {
            capture,
            flags,
            alternatives: String::new(),
            pieces: Vec::new(),
            copies: 1,
            depth: 0,
        }
    }

    fn end_alternative(&mut self) {
        for piece in self.pieces.drain(..) {
            self.alternatives.push_str(&piece.text);
            self.copies = self.copies.max(piece.copies);
            self.depth = self.depth.max(piece.depth);
        }
    }
}

/// Translates a pattern that is UTF-8.
pub(super) fn translate(pattern: &[u8]) -> Result<Translated, PatternError> {
    let mut parser = Parser {
        whole: pattern,
        flags: Flags::default(),
        groups: vec![Group::new(false, Flags::default())],
        names: vec![Vec::new()],
    };
    parser.run()?;
    let (Some(mut root), true) = (parser.groups.pop(), parser.groups.is_empty()) else {
        return Err(PatternError::new("missing closing )", pattern));
    };
    root.end_alternative();
    Ok(Translated {
        text: root.alternatives,
        names: parser.names,
    })
}

struct Parser<'p> {
    whole: &'p [u8],
    flags: Flags,
    groups: Vec<Group>,
    names: Vec<Vec<u8>>,
}

/// Bounds of a repetition; [`None`] is no bound.
type Bounds = (u32, Option<u32>);

impl<'p> Parser<'p> {
    fn run(&mut self) -> Result<(), PatternError> {
        let mut rest = self.whole;
        // Where the last repetition began, when it stands right before.
        let mut last: Option<&'p [u8]> = None;
        while let Some(&first) = rest.first() {
            let before = rest;
            let mut repeated = None;
            match first {
                b'(' if rest.starts_with(b"(?") => rest = self.open_special(rest)?,
                b'(' => {
                    self.open(true, Vec::new());
                    rest = &rest[1..];
                }
                b'|' => {
                    if let Some(group) = self.groups.last_mut() {
                        group.end_alternative();
                        group.alternatives.push('|');
                    }
                    rest = &rest[1..];
                }
                b')' => {
                    self.close()?;
                    rest = &rest[1..];
                }
                b'^' | b'$' | b'.' => {
                    self.push_assertion(first);
                    rest = &rest[1..];
                }
                b'[' => rest = self.push_class(rest)?,
                b'*' | b'+' | b'?' => {
                    let bounds = match first {
                        b'*' => (0, None),
                        b'+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    rest = self.repeat(bounds, false, before, &rest[1..], last)?;
                    repeated = Some(before);
                }
                b'{' => match counts(rest) {
                    Some((bounds, after)) => {
                        check_counts(bounds, before, after)?;
                        let (low, high) = bounds;
                        let bounds = (low.unwrap_or(MAX_REPEAT), high.flatten());
                        rest = self.repeat(bounds, true, before, after, last)?;
                        repeated = Some(before);
                    }
                    None => rest = self.push_rune(rest),
                },
                b'\\' => rest = self.push_escape(rest)?,
                _ => rest = self.push_rune(rest),
            }
            last = repeated;
        }
        Ok(())
    }

    fn push(&mut self, text: String) {
        if let Some(group) = self.groups.last_mut() {
            let (copies, depth) = (1, 0);
            group.pieces.push(Piece { text, copies, depth });
        }
    }

    fn push_literal(&mut self, found: u32) {
        let atom = escape::atom(found);
        self.push(self.folded(atom));
    }

    fn folded(&self, atom: String) -> String {
        if self.flags.fold {
            format!("(?i:{atom})")
        } else {
            atom
        }
    }

    fn push_rune<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let (found, length) = rune::decode(rest);
        self.push_literal(u32::from(found));
        &rest[length..]
    }

    fn push_assertion(&mut self, byte: u8) {
        let text = match (byte, self.flags.multi_line, self.flags.dot_newline) {
            (b'^', true, _) => "(?m:^)",
            (b'^', false, _) => r"\A",
            (b'$', true, _) => "(?m:$)",
            (b'$', false, _) => r"\z",
            (_, _, true) => "(?s:.)",
            (_, _, false) => r"[^\n]",
        };
        self.push(text.to_owned());
    }

    fn push_class(&mut self, rest: &'p [u8]) -> Result<&'p [u8], PatternError> {
        let (class, rest) = class::bracketed(rest)?;
        self.push(self.folded(class.into_text()));
        Ok(rest)
    }

    fn push_escape(&mut self, rest: &'p [u8]) -> Result<&'p [u8], PatternError> {
        let assertion = match rest.get(1) {
            Some(b'A') => r"\A",
            Some(b'b') => r"(?-u:\b)",
            Some(b'B') => r"(?-u:\B)",
            Some(b'z') => r"\z",
            Some(b'C') => return Err(PatternError::new("invalid escape sequence", &rest[..2])),
            Some(b'Q') => return Ok(self.push_quoted(&rest[2..])),
            _ => {
                let mut class = Class::default();
                if let Some(after) = class.take_escape(rest)? {
                    self.push(self.folded(class.into_text()));
                    return Ok(after);
                }
                let (found, after) = escape::parse(rest)?;
                self.push_literal(found);
                return Ok(after);
            }
        };
        self.push(assertion.to_owned());
        Ok(&rest[2..])
    }

    /// `\Q…\E`: all of it is literal.
    fn push_quoted<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = rest.windows(2).position(|pair| pair == br"\E");
        let mut quoted = &rest[..end.unwrap_or(rest.len())];
        while !quoted.is_empty() {
            quoted = self.push_rune(quoted);
        }
        end.map_or(&[], |end| &rest[end + 2..])
    }

    fn open(&mut self, capture: bool, name: Vec<u8>) {
        if capture {
            self.names.push(name);
        }
        self.groups.push(Group::new(capture, self.flags));
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let unexpected = || PatternError::new("unexpected )", self.whole);
        if self.groups.len() < 2 {
            return Err(unexpected());
        }
        let mut group = self.groups.pop().ok_or_else(unexpected)?;
        group.end_alternative();
        self.flags = group.flags;
        let text = format!(
            "({}{})",
            if group.capture { "" } else { "?:" },
            group.alternatives
        );
        let depth = group.depth + 1;
        self.check_depth(depth)?;
        if let Some(parent) = self.groups.last_mut() {
            let copies = group.copies;
            parent.pieces.push(Piece { text, copies, depth });
        }
        Ok(())
    }

    fn check_depth(&self, depth: u32) -> Result<(), PatternError> {
        if depth > MAX_DEPTH || self.groups.len() > MAX_DEPTH as usize {
            return Err(PatternError::new("expression nests too deeply", self.whole));
        }
        Ok(())
    }

    /// `(?P<name>`, `(?:`, `(?i)` and the like.
    fn open_special(&mut self, rest: &'p [u8]) -> Result<&'p [u8], PatternError> {
        let name_at = match rest {
            [_, _, b'P', b'<', _, ..] => Some(4),
            [_, _, b'<', _, ..] => Some(3),
            _ => None,
        };
        let Some(name_at) = name_at else {
            return self.take_flags(rest);
        };
        let Some(end) = rest.iter().position(|byte| *byte == b'>') else {
            return Err(PatternError::new("invalid named capture", rest));
        };
        let name = rest.get(name_at..end).unwrap_or_default();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(is_word) {
            return Err(PatternError::new("invalid named capture", &rest[..=end]));
        }
        self.open(true, name.to_vec());
        Ok(&rest[end + 1..])
    }

    fn take_flags(&mut self, rest: &'p [u8]) -> Result<&'p [u8], PatternError> {
        let (mut flags, mut on, mut seen) = (self.flags, true, false);
        let mut at = 2;
        while at < rest.len() {
            let (found, length) = rune::decode(&rest[at..]);
            at += length;
            match found {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    (on, seen) = (false, false);
                    continue;
                }
                ':' | ')' if on || seen => {
                    if found == ':' {
                        self.open(false, Vec::new());
                    }
                    self.flags = flags;
                    return Ok(&rest[at..]);
                }
                _ => break,
            }
            seen = true;
        }
        let part = &rest[..at.min(rest.len())];
        Err(PatternError::new("invalid or unsupported Perl syntax", part))
    }

    fn repeat(
        &mut self,
        (low, high): Bounds,
        counted: bool,
        before: &'p [u8],
        after: &'p [u8],
        last: Option<&'p [u8]>,
    ) -> Result<&'p [u8], PatternError> {
        let reluctant = after.first() == Some(&b'?');
        let after = if reluctant { &after[1..] } else { after };
        let lazy = reluctant != self.flags.swap_greed;
        let part = |from: &'p [u8]| &from[..from.len() - after.len()];
        if let Some(last) = last {
            return Err(PatternError::new(
                "invalid nested repetition operator",
                part(last),
            ));
        }
        let Some(piece) = self.groups.last_mut().and_then(|group| group.pieces.pop()) else {
            let problem = "missing argument to repetition operator";
            return Err(PatternError::new(problem, part(before)));
        };
        let times = high.unwrap_or(low);
        let copies = piece
            .copies
            .saturating_mul(if counted { times.max(1) } else { 1 });
        if counted && times >= 2 && copies > MAX_REPEAT {
            return Err(PatternError::new("invalid repeat count", part(before)));
        }
        let bounds = match (low, high) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (low, None) => format!("{{{low},}}"),
            (low, Some(high)) => format!("{{{low},{high}}}"),
        };
        let text = format!("(?:{}){bounds}{}", piece.text, if lazy { "?" } else { "" });
        let depth = piece.depth + 1;
        self.check_depth(depth)?;
        if let Some(group) = self.groups.last_mut() {
            group.pieces.push(Piece { text, copies, depth });
        }
        Ok(after)
    }
}

/// Lower and upper count; an inner [`None`] is a number that is too large, a missing upper one no bound.
type Counts = (Option<u32>, Option<Option<u32>>);

/// `{2}`, `{2,}` or `{2,3}`, and what follows; anything else is text.
fn counts(text: &[u8]) -> Option<(Counts, &[u8])> {
    let (low, rest) = count(text.get(1..)?)?;
    let (high, rest) = match rest.strip_prefix(b",") {
        None => (Some(low), rest),
        Some(rest) if rest.starts_with(b"}") => (None, rest),
        Some(rest) => {
            let (high, rest) = count(rest)?;
            (Some(high), rest)
        }
    };
    Some(((low, high), rest.strip_prefix(b"}")?))
}

/// Digits without a leading zero; the number is missing when it is above any limit.
fn count(text: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || (digits > 1 && text[0] == b'0') {
        return None;
    }
    let (digits, rest) = text.split_at(digits);
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    Some((number, rest))
}

fn check_counts((low, high): Counts, before: &[u8], after: &[u8]) -> Result<(), PatternError> {
    let allowed = |number: Option<u32>| number.is_some_and(|number| number <= MAX_REPEAT);
    let ordered = high.is_none_or(|high| low <= high);
    if allowed(low) && high.is_none_or(allowed) && ordered {
        return Ok(());
    }
    let part = &before[..before.len() - after.len()];
    Err(PatternError::new("invalid repeat count", part))
}
