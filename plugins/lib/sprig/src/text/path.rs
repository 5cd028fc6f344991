//! Slash-separated paths, by text alone.

/// `clean`: the shortest equal path; empty becomes `.`.
pub fn clean(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let rooted = path[0] == b'/';
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// `base`: the last element.
pub fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    let path = &path[..end];
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    if path.is_empty() { b"/" } else { &path[start..] }
}

/// `dir`: everything but the last element, cleaned.
pub fn dir(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    clean(&path[..end])
}

/// `ext`: from the last dot of the last element on.
pub fn ext(path: &[u8]) -> &[u8] {
    let last = path.iter().rposition(|byte| matches!(byte, b'.' | b'/'));
    match last {
        Some(at) if path[at] == b'.' => &path[at..],
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans() {
        for (path, wanted) in [
            ("", "."),
            ("/", "/"),
            ("a//b/../c/.", "a/c"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("./", "."),
            ("..", ".."),
        ] {
            assert_eq!(clean(path.as_bytes()), wanted.as_bytes(), "{path:?}");
        }
    }

    #[test]
    fn takes_paths_apart() {
        assert_eq!(
            (base(b"foo/bar//"), base(b"//"), base(b"")),
            (&b"bar"[..], &b"/"[..], &b"."[..])
        );
        assert_eq!(
            (dir(b"foo/bar/baz"), dir(b"a"), dir(b"/a")),
            (b"foo/bar".to_vec(), b".".to_vec(), b"/".to_vec())
        );
        assert_eq!(
            (ext(b"foo.bar"), ext(b"a.b/c"), ext(b".x")),
            (&b".bar"[..], &b""[..], &b".x"[..])
        );
    }
}
