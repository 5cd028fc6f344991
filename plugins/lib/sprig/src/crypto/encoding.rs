//! Base64 and base32 with Go's words for what cannot be decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `b64enc`
pub fn encode_base64(data: &[u8]) -> String {
    STANDARD.encode(data)
}

/// `b64dec`; line breaks inside do not count. The error is Go's text.
///
/// # Errors
/// The text is no base64.
pub fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut quantum = Quantum::<4>::default();
    let mut at = 0;
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    while at < text.len() {
        let byte = text[at];
        match byte {
            b'\n' | b'\r' => {}
            b'=' => {
                // Only the last one or two characters of a quantum may be missing.
                if quantum.count < 2 {
                    return corrupt(at);
                }
                at = match base64_padding(text, at, quantum.count) {
                    Ok(end) => end,
                    Err(bad) => return corrupt(bad),
                };
                quantum.finish(6, &mut out);
                return if at < text.len() { corrupt(at) } else { Ok(out) };
            }
            _ => match base64_value(byte) {
                Some(value) => quantum.push(value, 6, &mut out),
                None => return corrupt(at),
            },
        }
        at += 1;
    }
    if quantum.count > 0 {
        return corrupt(text.len() - quantum.count);
    }
    Ok(out)
}

/// The end of the padding that begins at a position, or where it is wrong.
fn base64_padding(text: &[u8], at: usize, count: usize) -> Result<usize, usize> {
    let skip_breaks = |mut at: usize| {
        while matches!(text.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    let mut end = at + 1;
    if count == 2 {
        end = skip_breaks(end);
        match text.get(end) {
            Some(b'=') => end += 1,
            Some(_) => return Err(end - 1),
            None => return Err(text.len()),
        }
    }
    Ok(skip_breaks(end))
}

fn base64_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// `b32enc`
pub fn encode_base32(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(5) * 8);
    for chunk in data.chunks(5) {
        let mut bytes = [0; 8];
        bytes[3..3 + chunk.len()].copy_from_slice(chunk);
        let value = u64::from_be_bytes(bytes);
        let used = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = (value >> (35 - 5 * at)) & 31;
            out.push(if at < used {
                BASE32[usize::try_from(digit).unwrap_or_default()]
            } else {
                b'='
            });
        }
    }
    out
}

/// `b32dec`; line breaks inside do not count. The error is Go's text.
///
/// # Errors
/// The text is no base32.
pub fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut quantum = Quantum::<8>::default();
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    for (at, &byte) in text.iter().enumerate() {
        // Padding ends the last quantum, and is a wrong character before.
        if byte == b'=' && quantum.count >= 2 && text.len() - at <= 8 {
            return base32_padding(&text, at, quantum, out);
        }
        match BASE32.iter().position(|found| *found == byte) {
            Some(value) => quantum.push(u8::try_from(value).unwrap_or_default(), 5, &mut out),
            None => return corrupt(at),
        }
    }
    if quantum.count > 0 {
        return corrupt(text.len() - quantum.count);
    }
    Ok(out)
}

fn base32_padding(
    text: &[u8],
    at: usize,
    mut quantum: Quantum<8>,
    mut out: Vec<u8>,
) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let (count, missing) = (quantum.count, 8 - quantum.count);
    let rest = &text[at..];
    if rest.len() < missing {
        return corrupt(text.len());
    }
    if let Some(bad) = rest[..missing].iter().position(|byte| *byte != b'=') {
        // Go counts one too few.
        return corrupt(at + bad - 1);
    }
    // 1, 3 and 6 characters hold no whole number of bytes.
    if matches!(count, 1 | 3 | 6) {
        return corrupt(at);
    }
    // What stands behind the padding is not looked at.
    quantum.finish(5, &mut out);
    Ok(out)
}

/// Characters that make whole bytes together.
struct Quantum<const N: usize> {
    value: u64,
    count: usize,
}

impl<const N: usize> Default for Quantum<N> {
    fn default() -> Self {
        Self { value: 0, count: 0 }
    }
}

impl<const N: usize> Quantum<N> {
    fn push(&mut self, value: u8, bits: usize, out: &mut Vec<u8>) {
        self.value = self.value << bits | u64::from(value);
        self.count += 1;
        if self.count == N {
            self.finish(bits, out);
        }
    }

    /// Writes the whole bytes of what is there; bits that are left over do not count.
    fn finish(&mut self, bits: usize, out: &mut Vec<u8>) {
        let bytes = self.count * bits / 8;
        let left = self.count * bits - bytes * 8;
        let all = (self.value >> left).to_be_bytes();
        out.extend_from_slice(&all[8 - bytes..]);
        (self.value, self.count) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_go_does() {
        assert_eq!(decode_base64(b"aGVs\nbG8="), Ok(b"hello".to_vec()));
        assert_eq!(
            decode_base64(b"!"),
            Err("illegal base64 data at input byte 0".to_owned())
        );
        assert_eq!(
            decode_base64(b"aGVsbG8"),
            Err("illegal base64 data at input byte 4".to_owned())
        );
        assert_eq!(encode_base32(b"hello"), b"NBSWY3DP");
        assert_eq!(
            decode_base32(&encode_base32(b"hi there")),
            Ok(b"hi there".to_vec())
        );
        assert!(decode_base32(b"1").is_err());
    }
}
