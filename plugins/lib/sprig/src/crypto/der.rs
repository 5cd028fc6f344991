//! Writing DER.

pub(super) const BOOLEAN_TRUE: &[u8] = &[1, 1, 0xFF];
pub(super) const NULL: &[u8] = &[5, 0];
/// Tag of a sequence.
pub(super) const SEQUENCE: u8 = 0x30;
/// Tag of a set.
pub(super) const SET: u8 = 0x31;
/// Tag of an octet string.
pub(super) const OCTETS: u8 = 4;
/// Tag of an object identifier.
pub(super) const OID: u8 = 6;
/// Tag of a bit string.
pub(super) const BITS: u8 = 3;

/// A tag with its content.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or_default());
    } else {
        let bytes = length.to_be_bytes();
        let used = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        out.push(0x80 | u8::try_from(used.len()).unwrap_or_default());
        out.extend_from_slice(used);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A sequence.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// A number that is not negative, from its bytes, highest first.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let sign: &[u8] = if bytes.first().is_none_or(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    element(2, &[sign, bytes])
}

/// A bit string of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BITS, &[&[0], bytes])
}

/// A time from seconds since the epoch.
pub(super) fn time(unix: i64) -> Vec<u8> {
    let moment = crate::time::Moment {
        unix,
        nanos: 0,
        zone: crate::time::Zone::Utc,
    };
    let year = moment.parts()[0];
    if (1950..2050).contains(&year) {
        element(0x17, &[&moment.format(b"060102150405Z")])
    } else {
        element(0x18, &[&moment.format(b"20060102150405Z")])
    }
}

/// A text as Go chooses its type: PrintableString when its characters allow it, else UTF8String.
pub(super) fn text(text: &[u8]) -> Vec<u8> {
    let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    let tag = if text.iter().all(printable) { 0x13 } else { 0x0C };
    element(tag, &[text])
}
