//! ASCII armor (RFC 4880, section 6.2). The checksum is not looked at: what is inside is authenticated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::MAX_ARMORED;

/// The bytes of all blocks of a kind, one after the other.
pub(super) fn read(text: &[u8], kind: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() <= MAX_ARMORED)?;
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let mut out = Zeroizing::new(Vec::new());
    let mut lines = text.lines().map(str::trim);
    let mut found = false;
    while lines.by_ref().any(|line| line == begin) {
        // headers such as `Version:` end with an empty line
        let mut base64 = Zeroizing::new(String::new());
        let mut in_headers = true;
        loop {
            let line = lines.next()?;
            if line == end {
                break;
            }
            if in_headers && (line.is_empty() || line.contains(": ")) {
                continue;
            }
            in_headers = false;
            if !line.starts_with('=') {
                base64.push_str(line);
            }
        }
        out.extend_from_slice(&Zeroizing::new(STANDARD.decode(base64.as_bytes()).ok()?));
        found = true;
    }
    found.then_some(out)
}
