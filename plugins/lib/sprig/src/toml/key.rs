//! Keys and strings.

/// Writes a string in double quotes.
pub(super) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        let short: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            0x0C => b"\\f",
            b'\r' => b"\\r",
            0..=0x1F | 0x7F => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(short);
    }
    out.push(b'"');
}

/// Writes a part of a key, in quotes where it needs them.
pub(super) fn write_part(part: &[u8], out: &mut Vec<u8>) {
    let is_bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !part.is_empty() && part.iter().all(is_bare) {
        out.extend_from_slice(part);
    } else {
        quote(part, out);
    }
}

/// Writes a key with dots.
pub(super) fn write_whole(key: &[Vec<u8>], out: &mut Vec<u8>) {
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        write_part(part, out);
    }
}
