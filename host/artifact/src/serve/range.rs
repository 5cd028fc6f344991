//! The `Range` header (RFC 9110, section 14): one range of bytes; several are answered with the whole.

use std::time::SystemTime;

use http::{HeaderMap, header};

/// Which part of a file a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Part { start: u64, length: u64 },
    Unsatisfiable,
}

/// What the headers ask of a file of this size. A header that is malformed asks for nothing.
pub(super) fn wanted(headers: &HeaderMap, modified: SystemTime, size: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|date| date != httpdate::fmt_http_date(modified)) {
        return Wanted::All;
    }
    let Some(spec) = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = spec.trim().split_once('-').filter(|_| !spec.contains(',')) else {
        return Wanted::All;
    };
    match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (None, Some(0)) if first.is_empty() => Wanted::Unsatisfiable,
        (None, Some(suffix)) if first.is_empty() && size > 0 => {
            let length = suffix.min(size);
            Wanted::Part {
                start: size - length,
                length,
            }
        }
        (Some(start), None) if last.is_empty() => part(start, u64::MAX, size),
        (Some(start), Some(end)) if start <= end => part(start, end, size),
        _ => Wanted::All,
    }
}

fn part(start: u64, end: u64, size: u64) -> Wanted {
    if start >= size {
        return Wanted::Unsatisfiable;
    }
    Wanted::Part {
        start,
        length: end.min(size - 1) - start + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn understands_one_range() {
        let part = |start, length| Wanted::Part { start, length };
        let cases = [
            ("bytes=0-", part(0, 10)),
            ("bytes=2-3", part(2, 2)),
            ("bytes=2-99", part(2, 8)),
            ("bytes=-4", part(6, 4)),
            ("bytes=-99", part(0, 10)),
            ("bytes=9-9", part(9, 1)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=3-2", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=x-", Wanted::All),
            ("bytes=99999999999999999999-", Wanted::All),
            ("items=0-1", Wanted::All),
        ];
        for (text, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            assert_eq!(wanted(&headers, SystemTime::UNIX_EPOCH, 10), want, "{text}");
        }
    }
}
