//! Splitting a rendered file at lines that start with `---`: a search, not a parser, since templates depend on that.

/// The documents of a file that are not blank, without the white space before them.
///
/// ```
/// let documents = sluice_helm::split(b"\n---\na: 1\n--- \n\n---b: 2\n");
/// assert_eq!(documents, [&b"a: 1\n"[..], b"b: 2\n"]);
/// ```
pub fn split(text: &[u8]) -> Vec<&[u8]> {
    let text = trim_start(text);
    let (mut documents, mut start, mut line) = (Vec::new(), 0, 0);
    while line < text.len() {
        if text[line..].starts_with(b"---") {
            documents.push(&text[start..line]);
            start = line + 3;
            start += text[start..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
        }
        // what follows the mark on its line is no line start
        let from = line.max(start);
        line = match memchr::memchr(b'\n', &text[from..]) {
            Some(found) => from + found + 1,
            None => text.len(),
        };
    }
    documents.push(&text[start..]);
    documents
        .into_iter()
        .map(trim_start)
        .filter(|document| !document.is_empty())
        .collect()
}

/// Without the white space at the start, Unicode's included.
pub(crate) fn trim_start(mut text: &[u8]) -> &[u8] {
    loop {
        match text.first() {
            Some(b'\t'..=b'\r' | b' ') => text = &text[1..],
            Some(128..) => match first_char(text) {
                Some(char) if char.is_whitespace() => text = &text[char.len_utf8()..],
                _ => return text,
            },
            _ => return text,
        }
    }
}

/// Without the white space at both ends.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let mut text = trim_start(text);
    loop {
        match text.last() {
            Some(b'\t'..=b'\r' | b' ') => text = &text[..text.len() - 1],
            Some(128..) => {
                let wide = (2..=3).find_map(|width| {
                    let tail = text.len().checked_sub(width)?;
                    let char = first_char(&text[tail..])?;
                    (char.len_utf8() == width && char.is_whitespace()).then_some(tail)
                });
                match wide {
                    Some(end) => text = &text[..end],
                    None => return text,
                }
            }
            _ => return text,
        }
    }
}

fn first_char(text: &[u8]) -> Option<char> {
    let head = &text[..text.len().min(4)];
    head.utf8_chunks()
        .next()
        .and_then(|chunk| chunk.valid().chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_any_line_that_starts_with_three_dashes() {
        let documents = split("---a: 1\n---   \u{a0}\n--- # x\nb: |\n  x\n---\n  y\n".as_bytes());
        assert_eq!(documents, [&b"a: 1\n"[..], b"# x\nb: |\n  x\n", b"y\n"]);
        assert_eq!(split(b"-------\na: 1"), [&b"----\na: 1"[..]]);
        assert!(split(b" \n\n").is_empty());
        assert_eq!(split(b"a: 1\n ---\n"), [&b"a: 1\n ---\n"[..]]);
        assert_eq!(split(b"---\n---\na"), [&b"a"[..]]);
    }

    #[test]
    fn trims_white_space_of_unicode() {
        assert_eq!(trim("\u{a0}\u{2028} x \u{3000}\n".as_bytes()), b"x");
        assert_eq!(trim(b"\xff \xff"), b"\xff \xff");
    }
}
