//! Durations as Go writes them (`1m0s`), checked when they are used.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What the API server accepts for an interval.
pub const INTERVAL_PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";
/// What the API server accepts for a timeout: no hours.
pub const TIMEOUT_PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";

const NANOS_PER_SECOND: u128 = 1_000_000_000;
/// Go's `time.Duration` is a signed 64-bit count of nanoseconds.
const MAX_NANOS: u128 = i64::MAX as u128;
/// Longer than any duration anybody writes; the pattern alone would accept a text of any length.
const MAX_TEXT: usize = 128;

/// A duration of the API. It keeps its text, whatever it is: a malformed value in a stored object must fail that
/// object when it is used, and not the list it is read with (CVE-2022-39272).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GoDuration(String);

/// The text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse duration {text:?}: {problem}")]
pub struct ParseDurationError {
    /// What was given, cut to a readable length.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl GoDuration {
    /// Keeps a text as it is; [`GoDuration::get`] tells whether it is a duration.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in the object.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The duration.
    ///
    /// # Errors
    /// The text is not a duration; map it to a terminal condition of the object that holds it.
    pub fn get(&self) -> Result<Duration, ParseDurationError> {
        parse(&self.0)
    }
}

impl From<Duration> for GoDuration {
    fn from(duration: Duration) -> Self {
        Self(format(duration))
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Reads a duration as Go's `time.ParseDuration` does: decimal numbers with units `ns us µs ms s m h`, or `0`.
/// Negative durations are refused, as no field of the API takes one.
///
/// # Errors
/// The text is empty, too long, has a number without unit or an unknown unit, or is out of range.
pub fn parse(text: &str) -> Result<Duration, ParseDurationError> {
    let fail = |problem| ParseDurationError {
        text: text.chars().take(64).collect(),
        problem,
    };
    if text.len() > MAX_TEXT {
        return Err(fail("too long"));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(fail("empty"));
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (nanos, after) = parse_term(rest).map_err(fail)?;
        total += nanos;
        if total > MAX_NANOS {
            return Err(fail("out of range"));
        }
        rest = after;
    }
    Ok(from_nanos(total))
}

/// One `<number><unit>` at the start of `text`, in nanoseconds, and what follows it.
fn parse_term(text: &str) -> Result<(u128, &str), &'static str> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err("want a number");
    }
    let unit_end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let unit = unit_nanos(unit)?;
    let whole: u128 = if whole.is_empty() {
        0
    } else {
        whole.parse().map_err(|_| "out of range")?
    };
    let nanos = whole
        .checked_mul(unit)
        .filter(|nanos| *nanos <= MAX_NANOS)
        .ok_or("out of range")?;
    Ok((nanos + fraction_nanos(fraction, unit), rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_nanos(unit: &str) -> Result<u128, &'static str> {
    Ok(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        "" => return Err("missing unit"),
        _ => return Err("unknown unit"),
    })
}

/// `0.<digits>` of a unit; digits beyond what fits are below a nanosecond and are dropped, as Go does.
fn fraction_nanos(digits: &str, unit: u128) -> u128 {
    let digits = &digits[..digits.len().min(18)];
    let scale = 10u128.pow(u32::try_from(digits.len()).unwrap_or(0));
    digits.parse::<u128>().unwrap_or(0) * unit / scale
}

fn from_nanos(nanos: u128) -> Duration {
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(u64::MAX);
    let subsec = u32::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0);
    Duration::new(seconds, subsec)
}

/// Writes a duration as Go's `Duration.String` does: `1h0m0s`, `1.5s`, `250ms`, `0s`.
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".into();
    }
    if nanos < NANOS_PER_SECOND {
        let (unit, scale) = match nanos {
            ..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{}{unit}", decimal(nanos, scale));
    }
    let (hours, minutes) = (
        nanos / (3600 * NANOS_PER_SECOND),
        nanos / (60 * NANOS_PER_SECOND) % 60,
    );
    let seconds = decimal(nanos % (60 * NANOS_PER_SECOND), NANOS_PER_SECOND);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// `value / scale` without trailing zeros; `scale` is a power of ten.
fn decimal(value: u128, scale: u128) -> String {
    let (whole, fraction) = (value / scale, value % scale);
    if fraction == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    let text = format!("{whole}.{fraction:0width$}");
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        let cases = [
            ("1m0s", 60_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("0", 0),
            ("1.5s", 1_500),
            (".5s", 500),
            ("1.s", 1_000),
            ("250ms", 250),
            ("1h1m1s1ms", 3_661_001),
            ("0.3333333333333333333h", 1_199_999),
        ];
        for (text, millis) in cases {
            let got = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(got.as_millis(), millis, "{text}");
        }
        assert_eq!(parse("5µs").expect("micro sign").as_nanos(), 5_000);
    }

    #[test]
    fn refuses_what_is_no_duration() {
        let overlong = "1s".repeat(100);
        for text in [
            "",
            "1",
            "s",
            "1d",
            "-1m",
            "1m 0s",
            ".s",
            "9999999999999999h",
            "1e3s",
            "ten minutes",
            &overlong,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    /// CVE-2022-39272 (K1): a malformed duration is read, and is an error only when it is used.
    #[test]
    fn keeps_a_malformed_duration_until_it_is_used() {
        let held: Vec<GoDuration> = serde_json::from_str(r#"["5m","9999999999999999999h"]"#).expect("reads");
        assert_eq!(held[0].get().expect("a duration").as_secs(), 300);
        let error = held[1].get().expect_err("out of range").to_string();
        assert!(error.contains("9999999999999999999h"), "{error}");
    }

    #[test]
    fn writes_what_go_writes() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (250_000_000, "250ms"),
            (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (5_400_500_000_000, "1h30m0.5s"),
        ];
        for (nanos, text) in cases {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(format(duration), text);
            assert_eq!(GoDuration::from(duration).get().expect("own text"), duration);
        }
    }
}
