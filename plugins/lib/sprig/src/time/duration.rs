//! Lengths of time in nanoseconds.

use std::fmt;

use super::quote;

/// Nanoseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000_000;
const OVERFLOW: u64 = 1 << 63;

/// `time.Duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// The text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time: {0}")]
pub struct DurationError(String);

impl Duration {
    /// `time.ParseDuration`: numbers with units, as `1h2.5m` or `-3ms`.
    ///
    /// # Errors
    /// Go's words for text that is no duration.
    pub fn parse(text: &[u8]) -> Result<Self, DurationError> {
        let invalid = || DurationError(format!("invalid duration {}", quote(text)));
        let (negative, mut rest) = match text.first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = parse_part(rest, text, &invalid)?;
            rest = after;
            total = total.wrapping_add(part);
            if total > OVERFLOW {
                return Err(invalid());
            }
        }
        match (negative, i64::try_from(total)) {
            (true, _) => Ok(Self(total.wrapping_neg().cast_signed())),
            (false, Ok(total)) => Ok(Self(total)),
            (false, Err(_)) => Err(invalid()),
        }
    }

    /// Rounds to the nearest multiple, halves away from zero.
    #[must_use]
    pub fn round(self, multiple: Self) -> Self {
        if multiple.0 <= 0 {
            return self;
        }
        let rest = (self.0 % multiple.0).unsigned_abs();
        let below_half = rest + rest < multiple.0.unsigned_abs();
        let rest = rest.cast_signed();
        let up = multiple.0 - rest;
        match (self.0 < 0, below_half) {
            (true, true) => Self(self.0 + rest),
            (true, false) => Self(self.0.saturating_sub(up)),
            (false, true) => Self(self.0 - rest),
            (false, false) => Self(self.0.saturating_add(up)),
        }
    }

    /// Rounds towards zero to a multiple.
    #[must_use]
    pub fn truncate(self, multiple: Self) -> Self {
        if multiple.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % multiple.0)
    }

    /// As a float in units of so many nanoseconds, the way Go does it: whole units and the rest apart.
    pub fn in_units(self, unit: i64) -> f64 {
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        whole as f64 + rest as f64 / unit as f64
    }

    /// `durationRound`: the largest unit alone, as `3mo`.
    pub fn largest_unit(self) -> String {
        const HOUR: u64 = 3_600 * SECOND.unsigned_abs();
        const UNITS: [(u64, &str); 6] = [
            (HOUR * 24 * 365, "y"),
            (HOUR * 24 * 30, "mo"),
            (HOUR * 24, "d"),
            (HOUR, "h"),
            (HOUR / 60, "m"),
            (HOUR / 3_600, "s"),
        ];
        let length = self.0.unsigned_abs();
        let unit = UNITS.iter().find(|(unit, _)| length > *unit);
        unit.map_or_else(
            || "0s".to_owned(),
            |(unit, name)| format!("{}{name}", length / unit),
        )
    }
}

/// One number with its unit, in nanoseconds, and what follows.
fn parse_part<'a>(
    text: &'a [u8],
    whole: &[u8],
    invalid: &dyn Fn() -> DurationError,
) -> Result<(u64, &'a [u8]), DurationError> {
    let digits = digits_of(text);
    let mut value: u64 = 0;
    for &digit in &text[..digits] {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(digit - b'0')))
            .filter(|value| *value <= OVERFLOW)
            .ok_or_else(invalid)?;
    }
    let mut rest = &text[digits..];
    let (mut fraction, mut scale, mut decimals) = (0, 1.0, 0);
    if let Some(after) = rest.strip_prefix(b".") {
        decimals = digits_of(after);
        (fraction, scale) = leading_fraction(&after[..decimals]);
        rest = &after[decimals..];
    }
    if digits == 0 && decimals == 0 {
        return Err(invalid());
    }
    let end = rest
        .iter()
        .position(|byte| *byte == b'.' || byte.is_ascii_digit());
    let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
    if name.is_empty() {
        return Err(DurationError(format!(
            "missing unit in duration {}",
            quote(whole)
        )));
    }
    let Some(unit) = unit_of(name) else {
        let message = format!("unknown unit {} in duration {}", quote(name), quote(whole));
        return Err(DurationError(message));
    };
    if value > OVERFLOW / unit {
        return Err(invalid());
    }
    let mut nanos = value * unit;
    if fraction > 0 {
        nanos += (fraction as f64 * (unit as f64 / scale)) as u64;
        if nanos > OVERFLOW {
            return Err(invalid());
        }
    }
    Ok((nanos, rest))
}

fn digits_of(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Digits behind the point as a number and what it is to be divided by; digits beyond 63 bits do not count.
fn leading_fraction(digits: &[u8]) -> (u64, f64) {
    let (mut value, mut scale) = (0u64, 1.0);
    for &digit in digits {
        if value > (OVERFLOW - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > OVERFLOW {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale)
}

fn unit_of(name: &[u8]) -> Option<u64> {
    let second = SECOND.unsigned_abs();
    Some(match std::str::from_utf8(name).ok()? {
        "ns" => 1,
        "us" | "\u{B5}s" | "\u{3BC}s" => 1_000,
        "ms" => 1_000_000,
        "s" => second,
        "m" => 60 * second,
        "h" => 3_600 * second,
        _ => return None,
    })
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match length {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{length}ns"),
            1_000..1_000_000 => write!(f, "{}µs", Decimals(length, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", Decimals(length, 1_000_000)),
            _ => {
                let (seconds, minutes) = (length / 1_000_000_000, length / 60_000_000_000);
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                let rest = (seconds % 60) * 1_000_000_000 + length % 1_000_000_000;
                write!(f, "{}s", Decimals(rest, 1_000_000_000))
            }
        }
    }
}

/// A number in units of its second field, without zeros at the end.
struct Decimals(u64, u64);

impl fmt::Display for Decimals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / self.1)?;
        let rest = self.0 % self.1;
        if rest == 0 {
            return Ok(());
        }
        let width = self.1.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_back_and_forth() {
        for (text, wanted) in [
            ("1h2m3.5s", "1h2m3.5s"),
            ("-90m", "-1h30m0s"),
            ("1.5ms", "1.5ms"),
            ("0", "0s"),
            ("100ns", "100ns"),
            ("2us", "2µs"),
            (".5h", "30m0s"),
            ("-2562047h47m16.854775808s", "-2562047h47m16.854775808s"),
            ("24h", "24h0m0s"),
        ] {
            assert_eq!(
                Duration::parse(text.as_bytes())
                    .map(|found| found.to_string())
                    .as_deref(),
                Ok(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_in_gos_words() {
        for (text, wanted) in [
            ("", "time: invalid duration \"\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1x", "time: unknown unit \"x\" in duration \"1x\""),
            ("9999999h", "time: invalid duration \"9999999h\""),
            (
                "1d é",
                "time: unknown unit \"d \\xc3\\xa9\" in duration \"1d \\xc3\\xa9\"",
            ),
        ] {
            assert_eq!(
                Duration::parse(text.as_bytes()).expect_err(text).to_string(),
                wanted
            );
        }
    }

    #[test]
    fn rounds() {
        let parse = |text: &str| Duration::parse(text.as_bytes()).expect(text);
        assert_eq!(parse("2h13m").round(parse("5m")).to_string(), "2h15m0s");
        assert_eq!(parse("-2h12m30s").round(parse("5m")).to_string(), "-2h15m0s");
        assert_eq!(parse("2h19m").truncate(parse("5m")).to_string(), "2h15m0s");
        assert_eq!(parse("2400h").largest_unit(), "3mo");
        assert_eq!(parse("1s").largest_unit(), "0s");
    }
}
