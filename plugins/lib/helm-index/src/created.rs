//! When a chart was packaged: the `created` of an index, comparable whatever its time zone.

/// A moment (RFC 3339), in seconds since the Unix epoch and nanoseconds. What is no time counts as the earliest one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Created(Option<(i64, u32)>);

impl Created {
    /// Reads a time such as `2016-10-06T16:23:20.499814565-06:00`.
    pub fn parse(text: &str) -> Self {
        Self(parse(text))
    }
}

fn parse(text: &str) -> Option<(i64, u32)> {
    let (date, time) = text.split_at_checked(10)?;
    let mut parts = date.splitn(3, '-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let mut parts = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let digits = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let zone = if digits > 0 { &rest[1 + digits..] } else { rest };
    let nanos = if digits > 0 {
        fraction(&rest[1..=digits])?
    } else {
        0
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds - offset(zone)?, nanos))
}

fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn fraction(digits: &str) -> Option<u32> {
    let kept = &digits[..digits.len().min(9)];
    let value: u32 = kept.parse().ok()?;
    Some(value * 10_u32.pow(9 - u32::try_from(kept.len()).ok()?))
}

fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (number(hours)? * 3600 + number(minutes)? * 60))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_compare_across_zones() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(parse("2000-02-29T12:00:00+02:00"), Some((951_818_400, 0)));
        let earlier = Created::parse("2016-10-06T16:23:20.4998-06:00");
        let later = Created::parse("2016-10-06T22:23:20.5Z");
        assert!(earlier < later);
        assert!(Created::default() < earlier);
    }

    #[test]
    fn what_is_no_time_is_the_earliest() {
        for text in [
            "",
            "2016",
            "2016-10-06",
            "2016-13-06T00:00:00Z",
            "yesterday at noon",
            "2016-10-06T00:00:00",
            "é016-10-06T00:00:00Z",
        ] {
            assert_eq!(Created::parse(text), Created::default(), "{text}");
        }
    }
}
