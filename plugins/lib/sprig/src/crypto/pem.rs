//! PEM blocks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A block: its type and its content.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) content: Vec<u8>,
}

/// Writes a block with lines of 64 characters.
pub(super) fn encode(label: &str, content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// The first sound block in a text.
pub(super) fn decode(text: &[u8]) -> Option<Block> {
    let text = std::str::from_utf8(text).ok()?;
    let mut rest = text;
    loop {
        let start = rest.find("-----BEGIN ")?;
        let after = &rest[start + 11..];
        if let Some(block) = block_at(after) {
            return Some(block);
        }
        rest = after;
    }
}

fn block_at(text: &str) -> Option<Block> {
    let (first, body) = text.split_once('\n')?;
    let label = first.trim_end().strip_suffix("-----")?;
    let end = body.find(&format!("-----END {label}-----"))?;
    let mut body = &body[..end];
    // Headers end with an empty line.
    while let Some((line, after)) = body.split_once('\n').filter(|(line, _)| line.contains(':')) {
        let _ = line;
        body = after;
    }
    let encoded: String = body.split_ascii_whitespace().collect();
    Some(Block {
        label: label.to_owned(),
        content: STANDARD.decode(encoded).ok()?,
    })
}
