//! Raw commit objects (git's object format): what the event and the choice between equal versions need.

/// Longest subject that is shown, in characters.
const SUBJECT: usize = 50;

/// The first line of a commit's message, cut to 50 characters.
pub fn subject(raw: &[u8]) -> String {
    let message = raw
        .windows(2)
        .position(|pair| pair == b"\n\n")
        .map_or(&[][..], |at| &raw[at + 2..]);
    let line = message.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    match line.char_indices().nth(SUBJECT) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.into_owned(),
    }
}

/// When a commit was committed, in seconds since the Unix epoch.
pub fn committed_at(raw: &[u8]) -> Option<i64> {
    let header = raw
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty());
    let line = header
        .into_iter()
        .find_map(|line| line.strip_prefix(b"committer "))?;
    let line = std::str::from_utf8(line.rsplit(|byte| *byte == b'>').next()?).ok()?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "tree 1\nparent 2\nauthor A <a@b> 1 +0000\ncommitter C > D <c@d> 1700000000 +0200\n\nFix it\n\nWhy.\n";

    #[test]
    fn reads_subject_and_time() {
        assert_eq!(subject(RAW.as_bytes()), "Fix it");
        assert_eq!(committed_at(RAW.as_bytes()), Some(1_700_000_000));
        let long = format!("tree 1\n\n{}\nmore", "é".repeat(51));
        assert_eq!(subject(long.as_bytes()), format!("{}...", "é".repeat(50)));
        assert_eq!(subject(b"tree 1"), "");
        assert_eq!(subject(b"tree 1\n\n"), "");
        assert_eq!(committed_at(b"tree 1\n\ncommitter x <y> 5 +0000"), None);
    }
}
