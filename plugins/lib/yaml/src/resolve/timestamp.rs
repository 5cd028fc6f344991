//! Dates and times, in the four layouts go-yaml hands to Go's `time.Parse`.

use std::fmt;

/// A point in time with its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    /// Seconds east of UTC.
    offset: i32,
}

impl Timestamp {
    /// Whether encoding/json writes it: RFC 3339 has no offsets of a day.
    pub(crate) fn fits_rfc3339(&self) -> bool {
        self.offset.unsigned_abs() < 24 * 3600
    }
}

/// RFC 3339 with as many digits of the second as there are.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}T", self.year, self.month, self.day)?;
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let minutes = self.offset.unsigned_abs() / 60;
        let sign = if self.offset < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Parses `2006-1-2`, optionally followed by a time: after `T` or `t` with an offset, after a space without.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year = text[..4].parse().ok()?;
    let (month, rest) = take_number(&bytes[5..])?;
    let (day, rest) = take_number(rest.strip_prefix(b"-")?)?;
    let date = Timestamp {
        year,
        month,
        day,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        offset: 0,
    };
    let found = match rest {
        [] => date,
        [b'T' | b't', time @ ..] => {
            let (found, zone) = take_time(date, time)?;
            Timestamp {
                offset: take_offset(zone)?,
                ..found
            }
        }
        [b' ', ..] => {
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            let (found, end) = take_time(date, &rest[spaces..])?;
            end.is_empty().then_some(found)?
        }
        _ => return None,
    };
    let in_range = (1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day);
    in_range.then_some(found)
}

/// One or two digits.
fn take_number(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => {
            Some((u32::from(a - b'0') * 10 + u32::from(b - b'0'), rest))
        }
        [a @ b'0'..=b'9', rest @ ..] => Some((u32::from(a - b'0'), rest)),
        _ => None,
    }
}

fn take_time(date: Timestamp, text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (hour, rest) = take_number(text)?;
    let (minute, rest) = take_number(rest.strip_prefix(b":")?)?;
    let (second, rest) = take_number(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, rest) = take_fraction(rest);
    Some((
        Timestamp {
            hour,
            minute,
            second,
            nanos,
            ..date
        },
        rest,
    ))
}

/// `.` or `,` and digits; those after the ninth do not count.
fn take_fraction(text: &[u8]) -> (u32, &[u8]) {
    let [b'.' | b',', digits @ ..] = text else {
        return (0, text);
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return (0, text);
    }
    let nanos = (0..9).fold(0, |value, at| {
        let digit = if at < length {
            u32::from(digits[at] - b'0')
        } else {
            0
        };
        value * 10 + digit
    });
    (nanos, &digits[length..])
}

/// `Z` or `+07:00`.
fn take_offset(text: &[u8]) -> Option<i32> {
    let [sign, h1, h2, b':', m1, m2] = text else {
        return (text == b"Z").then_some(0);
    };
    let two = |a: &u8, b: &u8| match take_number(&[*a, *b]) {
        Some((value, [])) => i32::try_from(value).ok(),
        _ => None,
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    if hours > 24 || minutes > 60 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
