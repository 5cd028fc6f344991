//! PAX extended headers (POSIX pax interchange format): `<length> <key>=<value>\n` records.

use super::UnpackError;

/// What a PAX header says of the entry behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
}

/// Reads the records of one header. Keys that would change where or how content is stored are refused (A9, A10).
pub(super) fn parse(mut rest: &[u8]) -> Result<Pax, &'static str> {
    let mut pax = Pax::default();
    while !rest.is_empty() {
        let (key, value, tail) = record(rest).ok_or("a PAX record is malformed")?;
        rest = tail;
        match key {
            b"path" if pax.path.is_some() => return Err("a PAX header names two paths"),
            b"path" => pax.path = Some(value.to_vec()),
            b"size" if pax.size.is_some() => return Err("a PAX header names two sizes"),
            b"size" => pax.size = Some(number(value).ok_or("a PAX size is no number")?),
            key if key.starts_with(b"GNU.sparse") => return Err("a sparse file is not supported"),
            _ => {}
        }
    }
    Ok(pax)
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(&bytes[..space])?).ok()?;
    let (record, tail) = bytes.split_at_checked(length)?;
    let body = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], tail))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A global header holds for all that follows; only remarks are allowed in it.
pub(super) fn check_global(bytes: &[u8], before: &str) -> Result<(), UnpackError> {
    let fail = |reason| UnpackError::Header {
        path: before.into(),
        reason,
    };
    let pax = parse(bytes).map_err(fail)?;
    if pax == Pax::default() {
        Ok(())
    } else {
        Err(fail("a global PAX header renames entries"))
    }
}
