//! Text cut to a width: wrapping and abbreviation, both counting bytes.

/// `wrapWith`: breaks at blanks; words longer than the width are cut when `cut_words`, else they stand out.
pub fn wrap(text: &[u8], width: i64, line_break: &[u8], cut_words: bool) -> Vec<u8> {
    let line_break = if line_break.is_empty() { b"\n" } else { line_break };
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let last_blank = text[at..=at + width].iter().rposition(|byte| *byte == b' ');
        let (end, skipped) = match last_blank {
            Some(blank) => (at + blank, 1),
            None if cut_words => (at + width, 0),
            None => match text[at + width..].iter().position(|byte| *byte == b' ') {
                Some(blank) => (at + width + blank, 1),
                None => break,
            },
        };
        out.extend_from_slice(&text[at..end]);
        out.extend_from_slice(line_break);
        at = end + skipped;
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// `abbrevboth`: at most `width` bytes, dots for what is left out on either side. A width too small gives nothing.
pub fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if text.is_empty() || width < 4 {
        return Vec::new();
    }
    if length <= width {
        return text.to_vec();
    }
    let kept = width - 3;
    let mut offset = offset.min(length);
    if length - offset < kept {
        offset = length - kept;
    }
    if offset <= 4 {
        return [part(text, 0, kept), b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < length {
        return [
            b"...".as_slice(),
            &abbreviate(part(text, offset, length), 0, kept),
        ]
        .concat();
    }
    [b"...", part(text, length - kept, length)].concat()
}

fn part(text: &[u8], start: i64, end: i64) -> &[u8] {
    let clamp = |at: i64| usize::try_from(at).unwrap_or(0).min(text.len());
    let (start, end) = (clamp(start), clamp(end));
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_blanks() {
        let text = b"Hello World, a verylongword";
        assert_eq!(wrap(text, 5, b"", false), b"Hello\nWorld,\na\nverylongword");
        assert_eq!(wrap(text, 5, b"\t", true), b"Hello\tWorld\t, a\tveryl\tongwo\trd");
        assert_eq!(wrap(b"ab", -1, b"", true), b"a\nb");
    }

    #[test]
    fn abbreviates() {
        assert_eq!(abbreviate(b"hello world", 0, 5), b"he...");
        assert_eq!(abbreviate(b"1234 5678 9123", 5, 10), b"...5678...");
        assert_eq!(abbreviate(b"1234 5678 9123", 9, 7), b"... ...");
        assert_eq!(abbreviate(b"abc", 0, 4), b"abc");
    }
}
