//! Reading a moment by a layout.

use super::layout::{Element, MONTHS, Offset, WEEK_DAYS, next_chunk};
use super::moment::{Moment, days_before, days_in, is_leap};
use super::quote;
use super::zone::Zone;

/// The text does not fit the layout. Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parsing time {0}")]
pub struct ParseTimeError(String);

/// Why an element does not fit: not at all, or out of its range.
enum Misfit {
    Bad,
    Range(&'static str),
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    pm: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: Vec<u8>,
}

impl Moment {
    /// `time.ParseInLocation` with the local zone.
    ///
    /// # Errors
    /// The text does not fit the layout, or is no date.
    pub fn parse(layout: &[u8], text: &[u8]) -> Result<Self, ParseTimeError> {
        let misfit = |element: &[u8], value: &[u8]| {
            let (layout, value, element) = (quote(layout), quote(value), quote(element));
            ParseTimeError(format!(
                "{} as {layout}: cannot parse {value} as {element}",
                quote(text)
            ))
        };
        let problem = |message: &str| ParseTimeError(format!("{}: {message}", quote(text)));
        let mut reading = Reading::default();
        let (mut rest, mut value) = (layout, text);
        loop {
            let chunk = next_chunk(rest);
            value = skip(value, chunk.prefix).map_err(|at| misfit(chunk.prefix, at))?;
            let Some(element) = chunk.element else { break };
            rest = chunk.suffix;
            match reading.take(element, value, rest) {
                Ok(after) => value = after,
                Err(Misfit::Bad) => return Err(misfit(chunk.text, value)),
                Err(Misfit::Range(what)) => return Err(problem(&format!("{what} out of range"))),
            }
        }
        if !value.is_empty() {
            return Err(problem(&format!("extra text: {}", quote(value))));
        }
        reading.conclude().map_err(problem)
    }
}

/// The value without a prefix, blanks of any number being the same; what was left when it does not begin with it.
fn skip<'a>(mut value: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(&first) = prefix.first() {
        if first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return Err(value);
            }
            prefix = prefix.trim_ascii_start_blanks();
            value = value.trim_ascii_start_blanks();
            continue;
        }
        if value.first() != Some(&first) {
            return Err(value);
        }
        prefix = &prefix[1..];
        value = &value[1..];
    }
    Ok(value)
}

trait Blanks {
    fn trim_ascii_start_blanks(&self) -> &Self;
}

impl Blanks for [u8] {
    fn trim_ascii_start_blanks(&self) -> &Self {
        let blanks = self.iter().take_while(|byte| **byte == b' ').count();
        &self[blanks..]
    }
}

impl Reading {
    /// Reads an element and returns what follows; `layout` is what follows in the layout.
    fn take<'a>(&mut self, element: Element, value: &'a [u8], layout: &[u8]) -> Result<&'a [u8], Misfit> {
        let mut rest = value;
        match element {
            Element::Year => {
                let year = number(rest.get(..2).ok_or(Misfit::Bad)?).ok_or(Misfit::Bad)?;
                self.year = year + if year >= 69 { 1_900 } else { 2_000 };
                rest = &rest[2..];
            }
            Element::LongYear => {
                let digits = rest.get(..4).filter(|digits| digits[0].is_ascii_digit());
                self.year = digits.and_then(number).ok_or(Misfit::Bad)?;
                rest = &rest[4..];
            }
            Element::Month | Element::LongMonth => {
                let (at, after) = name_in(&MONTHS, element == Element::Month, rest)?;
                self.month = Some(at + 1);
                rest = after;
            }
            Element::NumMonth | Element::ZeroMonth => {
                let (month, after) = digits(rest, element == Element::ZeroMonth, 2)?;
                self.month = Some(in_range(month, 1..=12, "month")?);
                rest = after;
            }
            Element::WeekDay | Element::LongWeekDay => {
                rest = name_in(&WEEK_DAYS, element == Element::WeekDay, rest)?.1;
            }
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    rest = rest.strip_prefix(b" ").unwrap_or(rest);
                }
                let (day, after) = digits(rest, element == Element::ZeroDay, 2)?;
                self.day = Some(day);
                rest = after;
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                for _ in 0..2 {
                    if element == Element::UnderYearDay {
                        rest = rest.strip_prefix(b" ").unwrap_or(rest);
                    }
                }
                let (day, after) = digits(rest, element == Element::ZeroYearDay, 3)?;
                self.year_day = Some(day);
                rest = after;
            }
            Element::Hour => (self.hour, rest) = ranged(rest, false, 0..=23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                (self.hour, rest) = ranged(rest, element == Element::ZeroHour12, 0..=12, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                (self.minute, rest) = ranged(rest, element == Element::ZeroMinute, 0..=59, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                (self.second, rest) = ranged(rest, element == Element::ZeroSecond, 0..=59, "second")?;
                let follows = next_chunk(layout).element;
                if !matches!(follows, Some(Element::Fraction { .. })) {
                    rest = self.take_fraction(rest)?;
                }
            }
            Element::Pm { upper } => {
                let found = rest.get(..2).ok_or(Misfit::Bad)?;
                self.pm = match (found, upper) {
                    (b"PM", true) | (b"pm", false) => Some(true),
                    (b"AM", true) | (b"am", false) => Some(self.pm == Some(true)),
                    _ => return Err(Misfit::Bad),
                };
                rest = &rest[2..];
            }
            Element::Offset(form) if form.zulu && rest.starts_with(b"Z") => {
                self.utc = true;
                rest = &rest[1..];
            }
            Element::Offset(form) => {
                let (offset, after) = offset(rest, form)?;
                self.offset = Some(offset);
                rest = after;
            }
            Element::ZoneName if rest.starts_with(b"UTC") => {
                self.utc = true;
                rest = &rest[3..];
            }
            Element::ZoneName => {
                let length = zone_name_length(rest).ok_or(Misfit::Bad)?;
                self.zone_name = rest[..length].to_vec();
                rest = &rest[length..];
            }
            Element::Fraction {
                digits,
                trimmed: false,
                ..
            } => {
                let found = rest.get(..=digits).ok_or(Misfit::Bad)?;
                self.nanos = nanoseconds(found)?;
                rest = &rest[1 + digits..];
            }
            Element::Fraction { .. } => rest = self.take_fraction(rest)?,
        }
        Ok(rest)
    }

    /// Fractional seconds of any length, if there are any.
    fn take_fraction<'a>(&mut self, value: &'a [u8]) -> Result<&'a [u8], Misfit> {
        let separated = matches!(value.first(), Some(b'.' | b','));
        let digits = value
            .iter()
            .skip(1)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if !separated || digits == 0 {
            return Ok(value);
        }
        self.nanos = nanoseconds(&value[..=digits])?;
        Ok(&value[1 + digits..])
    }

    fn conclude(mut self) -> Result<Moment, &'static str> {
        match self.pm {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let (month, day) = self.date()?;
        if day < 1 || day > days_in(self.year, month) {
            return Err("day out of range");
        }
        let days = days_before(self.year, month) + day - 1;
        let clock = self.hour * 3_600 + self.minute * 60 + self.second;
        let mut moment = Moment::local(
            days * 86_400 + clock,
            u32::try_from(self.nanos).unwrap_or_default(),
        );
        if self.utc {
            moment.zone = Zone::Utc;
        } else if let Some(offset) = self.offset.filter(|offset| *offset != -1) {
            moment.unix -= offset;
            if offset != 0 || !(self.zone_name.is_empty() || self.zone_name == b"UTC") {
                moment.zone = Zone::Fixed(self.zone_name, offset);
            }
        } else if !self.zone_name.is_empty() {
            let hours = self
                .zone_name
                .strip_prefix(b"GMT")
                .filter(|rest| !rest.is_empty());
            let offset = hours.and_then(number).unwrap_or(0) * 3_600;
            moment.zone = Zone::Fixed(self.zone_name, offset);
        }
        Ok(moment)
    }

    /// Month and day, from the day of the year when there is one.
    fn date(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        if year_day < 1 || year_day > 365 + i64::from(is_leap(self.year)) {
            return Err("day-of-year out of range");
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in(self.year, month) {
            day -= days_in(self.year, month);
            month += 1;
        }
        if self.month.is_some_and(|found| found != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|found| found != day) {
            return Err("day-of-year does not match day");
        }
        Ok((month, day))
    }
}

/// A number with an optional sign, as Go's `atoi`.
fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Up to `most` digits, or exactly so many when `fixed`; two digits are taken whole or not at all.
fn digits(value: &[u8], fixed: bool, most: usize) -> Result<(i64, &[u8]), Misfit> {
    let count = value
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 || (fixed && count != most) {
        return Err(Misfit::Bad);
    }
    let found = number(&value[..count]).ok_or(Misfit::Bad)?;
    Ok((found, &value[count..]))
}

fn in_range(found: i64, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Result<i64, Misfit> {
    if range.contains(&found) {
        Ok(found)
    } else {
        Err(Misfit::Range(what))
    }
}

fn ranged<'a>(
    value: &'a [u8],
    fixed: bool,
    range: std::ops::RangeInclusive<i64>,
    what: &'static str,
) -> Result<(i64, &'a [u8]), Misfit> {
    let (found, rest) = digits(value, fixed, 2)?;
    Ok((in_range(found, range, what)?, rest))
}

fn name_in<'a>(names: &[&str], short: bool, value: &'a [u8]) -> Result<(i64, &'a [u8]), Misfit> {
    for (at, name) in names.iter().enumerate() {
        let name = if short { &name[..3] } else { name };
        if value.len() >= name.len() && value[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return Ok((i64::try_from(at).unwrap_or_default(), &value[name.len()..]));
        }
    }
    Err(Misfit::Bad)
}

fn nanoseconds(value: &[u8]) -> Result<i64, Misfit> {
    if !matches!(value.first(), Some(b'.' | b',')) {
        return Err(Misfit::Bad);
    }
    let shown = &value[1..value.len().min(10)];
    let found = number(shown).ok_or(Misfit::Bad)?;
    if found < 0 {
        return Err(Misfit::Range("fractional second"));
    }
    let missing = u32::try_from(9 - shown.len()).unwrap_or_default();
    Ok(found * 10i64.pow(missing))
}

fn offset(value: &[u8], form: Offset) -> Result<(i64, &[u8]), Misfit> {
    let colon = usize::from(form.colons);
    let minutes_at = 3 + colon;
    let seconds_at = 5 + 2 * colon;
    let length = match (form.minutes, form.seconds) {
        (_, true) => seconds_at + 2,
        (true, false) => minutes_at + 2,
        (false, false) => 3,
    };
    let found = value.get(..length).ok_or(Misfit::Bad)?;
    if form.colons && (found[3] != b':' || (form.seconds && found[6] != b':')) {
        return Err(Misfit::Bad);
    }
    let part = |at: usize, is_there: bool| {
        if !is_there {
            return Ok(0);
        }
        digits(&found[at..at + 2], true, 2).map(|(part, _)| part)
    };
    let hours = in_range(part(1, true)?, 0..=24, "time zone offset hour")?;
    let minutes = in_range(part(minutes_at, form.minutes)?, 0..=60, "time zone offset minute")?;
    let seconds = in_range(part(seconds_at, form.seconds)?, 0..=60, "time zone offset second")?;
    let offset = (hours * 60 + minutes) * 60 + seconds;
    match found[0] {
        b'+' => Ok((offset, &value[length..])),
        b'-' => Ok((-offset, &value[length..])),
        _ => Err(Misfit::Bad),
    }
}

/// Length of what looks like an abbreviation of a zone.
fn zone_name_length(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(after) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(after));
    }
    if matches!(value[0], b'+' | b'-') {
        return Some(signed_offset_length(value)).filter(|length| *length > 0);
    }
    match value
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count()
    {
        5 if value[4] == b'T' => Some(5),
        4 if value[3] == b'T' || value.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// Length of `+3` or `-04`, up to 23; 0 for anything else.
fn signed_offset_length(value: &[u8]) -> usize {
    if !matches!(value.first(), Some(b'+' | b'-')) {
        return 0;
    }
    let digits = value[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match number(&value[1..=digits]) {
        Some(0..=23) => 1 + digits,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(layout: &str, text: &str) -> String {
        match Moment::parse(layout.as_bytes(), text.as_bytes()) {
            Ok(moment) => String::from_utf8(moment.go_string()).expect("UTF-8"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_by_the_layout() {
        assert_eq!(shown("2006-01-02", "2017-12-31"), "2017-12-31 00:00:00 +0000 UTC");
        assert_eq!(
            shown("2006-01-02T15:04:05Z07:00", "2020-02-29T12:30:00.25+02:00"),
            "2020-02-29 12:30:00.25 +0200 +0200"
        );
        assert_eq!(
            shown("Jan _2 3:04pm MST 2006", "Feb  3 9:05pm CET 2021"),
            "2021-02-03 21:05:00 +0000 CET"
        );
        assert_eq!(shown("2006 002", "2024 366"), "2024-12-31 00:00:00 +0000 UTC");
    }

    #[test]
    fn refuses_in_gos_words() {
        assert_eq!(
            shown("2006-01-02", "2017-13-01"),
            "parsing time \"2017-13-01\": month out of range"
        );
        assert_eq!(
            shown("2006-01-02", "2017-02-30"),
            "parsing time \"2017-02-30\": day out of range"
        );
        assert_eq!(
            shown("2006-01-02", "x"),
            "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""
        );
        assert_eq!(
            shown("2006", "2017 "),
            "parsing time \"2017 \": extra text: \" \""
        );
    }
}
