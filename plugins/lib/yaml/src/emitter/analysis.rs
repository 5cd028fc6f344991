//! What a text may be written as without changing when it is read again.

use crate::resolve::Schema;
use crate::scanner::{break_len, is_blank, is_blank_or_end};

/// Which styles a text allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) flow_plain: bool,
    pub(super) block_plain: bool,
    pub(super) single_quoted: bool,
    pub(super) block: bool,
}

impl Analysis {
    const ANY: Self = Self {
        multiline: false,
        flow_plain: true,
        block_plain: true,
        single_quoted: true,
        block: true,
    };
    const EMPTY: Self = Self {
        multiline: false,
        flow_plain: false,
        block_plain: true,
        single_quoted: true,
        block: false,
    };
}

/// Characters that change nothing wherever they are, but for a first one that is no letter, digit or slash.
const HARMLESS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let found = byte as u8;
        table[byte] =
            found.is_ascii_alphanumeric() || matches!(found, b'_' | b'-' | b'.' | b'/' | b'=' | b'+' | b';');
        byte += 1;
    }
    table
};

/// Analyses a text.
pub(super) fn analyse(text: &str, schema: Schema) -> Analysis {
    let bytes = text.as_bytes();
    match bytes.first() {
        None => return Analysis::EMPTY,
        Some(first) if first.is_ascii_alphanumeric() || *first == b'/' => {
            if bytes.iter().all(|byte| HARMLESS[usize::from(*byte)]) {
                return Analysis::ANY;
            }
        }
        Some(_) => {}
    }
    let mut findings = Findings::default();
    if bytes.starts_with(b"---") || bytes.starts_with(b"...") {
        findings.block_indicator = true;
        findings.flow_indicator = true;
    }
    let mut at = 0;
    let mut after_blank = true;
    while at < bytes.len() {
        let width = width(bytes[at]);
        findings.note_indicator(bytes, at, width, after_blank);
        findings.note_character(bytes, at, width, schema);
        after_blank = is_blank_or_end(bytes, at);
        at += width;
    }
    findings.conclude()
}

/// What was seen in a text.
#[derive(Default)]
struct Findings {
    block_indicator: bool,
    flow_indicator: bool,
    breaks: bool,
    special: bool,
    tab: bool,
    blank_at_end: bool,
    space_at_end: bool,
    break_then_space: bool,
    space_then_break: bool,
    previous_space: bool,
    previous_break: bool,
}

impl Findings {
    fn note_indicator(&mut self, bytes: &[u8], at: usize, width: usize, after_blank: bool) {
        let next = at + width;
        let before_blank = bytes.get(next).is_none_or(|byte| is_blank(*byte));
        let (flow, block) = match (bytes[at], at) {
            (
                b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
                | b'%' | b'@' | b'`',
                0,
            ) => (true, true),
            (b'?', 0) | (b':', _) => (true, before_blank),
            (b'-', 0) => (before_blank, before_blank),
            (b',' | b'?' | b'[' | b']' | b'{' | b'}', _) => (true, false),
            (b'#', _) => (after_blank, after_blank),
            _ => (false, false),
        };
        self.flow_indicator |= flow;
        self.block_indicator |= block;
    }

    fn note_character(&mut self, bytes: &[u8], at: usize, width: usize, schema: Schema) {
        let found = bytes[at];
        if found == b'\t' && schema == Schema::V3 {
            self.tab = true;
        } else if !is_printable(bytes, at) {
            self.special = true;
        }
        let at_edge = at == 0 || at + width == bytes.len();
        let is_space = found == b' ';
        let is_break = break_len(bytes, at) > 0;
        if is_space {
            self.blank_at_end |= at_edge;
            self.space_at_end |= at + width == bytes.len();
            self.break_then_space |= self.previous_break;
        } else if is_break {
            self.breaks = true;
            self.blank_at_end |= at_edge;
            self.space_then_break |= self.previous_space;
        }
        self.previous_space = is_space;
        self.previous_break = is_break;
    }

    fn conclude(&self) -> Analysis {
        let fragile = self.space_then_break || self.special;
        let plain = !(self.blank_at_end || self.break_then_space || fragile || self.tab || self.breaks);
        Analysis {
            multiline: self.breaks,
            flow_plain: plain && !self.flow_indicator,
            block_plain: plain && !self.block_indicator,
            single_quoted: !(self.break_then_space || fragile || self.tab),
            block: !(self.space_at_end || fragile),
        }
    }
}

/// Length in bytes of the character that begins with this byte.
pub(super) fn width(lead: u8) -> usize {
    match lead {
        0x00..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
    }
}

/// Whether a character is written as it is: in the basic plane, no control character, no byte order mark.
pub(super) fn is_printable(bytes: &[u8], at: usize) -> bool {
    let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or(0);
    match bytes[at] {
        b'\n' | b' '..=b'~' => true,
        0xC2 => next(1) >= 0xA0,
        0xC3..=0xEC | 0xEE => true,
        0xED => next(1) < 0xA0,
        0xEF => !matches!((next(1), next(2)), (0xBB, 0xBF) | (0xBF, 0xBE | 0xBF)),
        _ => false,
    }
}
