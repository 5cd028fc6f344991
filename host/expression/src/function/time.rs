//! Moments and spans of time.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Outcome;
use crate::error::EvaluationError;
use crate::value::Value;

/// Whether a span fits into the nanoseconds that cel-go counts in.
pub(super) fn fits(span: SignedDuration) -> bool {
    i64::try_from(span.as_nanos()).is_ok()
}

/// Whether a moment lies in the years 1 to 9999.
pub(super) fn is_valid(moment: Timestamp) -> bool {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    (FIRST..=LAST).contains(&moment.as_second())
}

/// Reads RFC 3339.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // jiff takes more forms than RFC 3339 has
    let is_rfc =
        bytes.len() >= 20 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b'T' && bytes[13] == b':';
    let zone = text
        .get(19..)?
        .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let is_zone = zone == "Z" || (zone.len() == 6 && zone.as_bytes()[3] == b':');
    let is_leap = text.get(17..19) == Some("60");
    (is_rfc && is_zone && !is_leap)
        .then(|| text.parse().ok())
        .flatten()
}

/// Reads a span as Go writes it: `1h30m`, `-1.5s`, `250ms`.
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let (part, after) = part(rest)?;
        nanos = nanos.checked_add(part)?;
        rest = after;
    }
    let nanos = i64::try_from(if negative { -nanos } else { nanos }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// A number with its unit, in nanoseconds, and what follows.
fn part(text: &str) -> Option<(i128, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let (fraction, end) = match text[whole..].strip_prefix('.') {
        Some(after) => (digits(after), whole + 1 + digits(after)),
        None => (0, whole),
    };
    if whole + fraction == 0 || whole + fraction > 30 {
        return None;
    }
    let units = [
        ("ns", 1_i128),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let rest = &text[end..];
    let (unit, scale) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
    let number: i128 = if whole == 0 {
        0
    } else {
        text[..whole].parse().ok()?
    };
    let mut nanos = number.checked_mul(*scale)?;
    if fraction > 0 {
        let digits = &text[whole + 1..end];
        let digits = &digits[..digits.len().min(18)];
        let power = 10_i128.pow(u32::try_from(digits.len()).ok()?);
        nanos = nanos.checked_add(digits.parse::<i128>().ok()? * scale / power)?;
    }
    Some((nanos, &rest[unit.len()..]))
}

/// UTC, an offset such as `-08:00`, or a name of the time zone database.
fn zone(name: &str) -> Option<TimeZone> {
    if matches!(name, "UTC" | "" | "Z") {
        return Some(TimeZone::UTC);
    }
    let Some((hours, minutes)) = name.split_once(':') else {
        return TimeZone::get(name).ok();
    };
    let negative = hours.starts_with('-');
    let hours: i32 = hours.trim_start_matches(['+', '-']).parse().ok()?;
    let minutes: i32 = minutes.parse().ok()?;
    let seconds = (hours * 60 + minutes) * 60;
    let offset = Offset::from_seconds(if negative { -seconds } else { seconds }).ok()?;
    Some(TimeZone::fixed(offset))
}

pub(super) fn of_timestamp(function: &str, moment: Timestamp, args: &[Value]) -> Outcome {
    let zone = match args {
        [] => TimeZone::UTC,
        [Value::String(name)] => {
            zone(name).ok_or_else(|| EvaluationError::function("timestamp", "unknown time zone"))?
        }
        _ => return Ok(None),
    };
    Ok(part_of(function, zone.to_datetime(moment)).map(Value::Int))
}

fn part_of(function: &str, time: DateTime) -> Option<i64> {
    Some(match function {
        "getFullYear" => i64::from(time.year()),
        "getMonth" => i64::from(time.month()) - 1,
        "getDate" => i64::from(time.day()),
        "getDayOfMonth" => i64::from(time.day()) - 1,
        "getDayOfYear" => i64::from(time.day_of_year()) - 1,
        "getDayOfWeek" => i64::from(time.weekday().to_sunday_zero_offset()),
        "getHours" => i64::from(time.hour()),
        "getMinutes" => i64::from(time.minute()),
        "getSeconds" => i64::from(time.second()),
        "getMilliseconds" => i64::from(time.millisecond()),
        _ => return None,
    })
}

pub(super) fn of_duration(function: &str, span: SignedDuration, args: &[Value]) -> Option<Value> {
    if !args.is_empty() {
        return None;
    }
    Some(Value::Int(match function {
        "getHours" => span.as_hours(),
        "getMinutes" => span.as_mins(),
        "getSeconds" => span.as_secs(),
        "getMilliseconds" => i64::try_from(span.as_millis()).unwrap_or(i64::MAX),
        _ => return None,
    }))
}
