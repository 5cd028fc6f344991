//! Classes of characters. All tests look at bytes: what matters is ASCII but for three line breaks.

/// A space or a tab.
pub(crate) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Letters, digits, `_` and `-`.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Length in bytes of the line break (CR LF, CR, LF, NEL, LS or PS) at `at`; 0 when there is none.
pub(crate) fn break_len(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') if text.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\r') => 1,
        Some(0xC2) if text.get(at + 1) == Some(&0x85) => 2,
        Some(0xE2) if text.get(at + 1) == Some(&0x80) && matches!(text.get(at + 2), Some(0xA8 | 0xA9)) => 3,
        _ => 0,
    }
}

/// A line break or the end of the text.
pub(crate) fn is_break_or_end(text: &[u8], at: usize) -> bool {
    at >= text.len() || break_len(text, at) > 0
}

/// A blank, a line break or the end of the text.
pub(crate) fn is_blank_or_end(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        None | Some(b' ' | b'\t' | b'\n' | b'\r') => true,
        Some(0xC2 | 0xE2) => break_len(text, at) > 0,
        Some(_) => false,
    }
}

/// Ends a line, or may.
pub(crate) const LINE: u8 = 1;
/// Ends a word of a plain scalar in a block, or may.
pub(crate) const PLAIN_BLOCK: u8 = 2;
/// Ends a word of a plain scalar inside of brackets, or may.
pub(crate) const PLAIN_FLOW: u8 = 4;
/// Ends a run of ordinary characters in a single quoted scalar, or may.
pub(crate) const SINGLE: u8 = 8;
/// Ends a run of ordinary characters in a double quoted scalar, or may.
pub(crate) const DOUBLE: u8 = 16;

/// Which bytes stop which run.
pub(crate) const STOPS: [u8; 256] = {
    let mut table = [0; 256];
    let words = PLAIN_BLOCK | PLAIN_FLOW | SINGLE | DOUBLE;
    table[b' ' as usize] = words;
    table[b'\t' as usize] = words;
    table[b'\n' as usize] = words | LINE;
    table[b'\r' as usize] = words | LINE;
    table[0xC2] = words | LINE;
    table[0xE2] = words | LINE;
    table[b':' as usize] = PLAIN_BLOCK | PLAIN_FLOW;
    table[b',' as usize] = PLAIN_FLOW;
    table[b'?' as usize] = PLAIN_FLOW;
    table[b'[' as usize] = PLAIN_FLOW;
    table[b']' as usize] = PLAIN_FLOW;
    table[b'{' as usize] = PLAIN_FLOW;
    table[b'}' as usize] = PLAIN_FLOW;
    table[b'\'' as usize] = SINGLE;
    table[b'"' as usize] = DOUBLE;
    table[b'\\' as usize] = DOUBLE;
    table
};
