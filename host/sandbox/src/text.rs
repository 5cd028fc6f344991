//! Text from guests made fit for logs, events and conditions.

/// Longest message of an error, in bytes.
const MAX_MESSAGE: usize = 8 << 10;

/// At most `limit` bytes, each control character (newline, escape, ...) a space, so that nothing forges a line.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    cut(text, limit)
        .chars()
        .map(|c| if is_unsafe(c) { ' ' } else { c })
        .collect()
}

/// An error's message: as [`one_line`], but newlines and tabs stay.
pub(crate) fn message(text: &str) -> String {
    let keep = |c: char| c == '\n' || c == '\t' || !is_unsafe(c);
    cut(text, MAX_MESSAGE)
        .chars()
        .map(|c| if keep(c) { c } else { ' ' })
        .collect()
}

/// The last `limit` bytes in one line, for what stands at the end of standard error.
pub(crate) fn last_line(text: &str, limit: usize) -> String {
    let text = text.trim();
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    one_line(&text[start..], limit)
}

fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Control characters, line separators, and marks that reorder what is shown.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L5, P9: no forged lines, no colours.
    #[test]
    fn drops_control_characters() {
        assert_eq!(one_line("a\nlevel=error\x1b[31m\r", 64), "a level=error [31m ");
        assert_eq!(message("a\nb\x1b"), "a\nb ");
        assert_eq!(one_line("äö", 3), "ä");
        assert_eq!(last_line("panicked\nat x\n", 4), "at x");
        assert_eq!(last_line("xä", 1), "");
    }
}
