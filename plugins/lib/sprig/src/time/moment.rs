//! A moment in a time zone.

use sluice_go_template::format::quote;

use super::duration::{Duration, SECOND};
use super::layout::MONTHS;
use super::zone::Zone;

/// Days from 1 January of year 1 to the Unix epoch.
const EPOCH_DAYS: i64 = 719_162;
const DAY: i64 = 86_400;

/// `time.Time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
    /// Where it is shown.
    pub zone: Zone,
}

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    pub(super) day: i64,
    /// 1 to 366.
    pub(super) year_day: i64,
    /// 0 is Sunday.
    pub(super) week_day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

impl Moment {
    /// Go's zero time: 1 January of year 1, UTC.
    pub const ZERO: Self = Self {
        unix: -EPOCH_DAYS * DAY,
        nanos: 0,
        zone: Zone::Utc,
    };

    /// A time in the local zone.
    pub fn local(unix: i64, nanos: u32) -> Self {
        let zone = Zone::Local;
        Self { unix, nanos, zone }
    }

    /// The same moment in another zone.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// `Time.Add`.
    #[must_use]
    pub fn add(&self, length: Duration) -> Self {
        let nanos = i64::from(self.nanos) + length.0 % SECOND;
        let unix = self
            .unix
            .wrapping_add(length.0 / SECOND)
            .wrapping_add(nanos.div_euclid(SECOND));
        Self {
            unix,
            nanos: u32::try_from(nanos.rem_euclid(SECOND)).unwrap_or_default(),
            zone: self.zone.clone(),
        }
    }

    /// `Time.Sub`: the time since another moment, as far as a duration reaches.
    pub fn since(&self, earlier: &Self) -> Duration {
        let seconds = i128::from(self.unix) - i128::from(earlier.unix);
        let nanos = seconds * i128::from(SECOND) + i128::from(self.nanos) - i128::from(earlier.nanos);
        let bounded = nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Duration(i64::try_from(bounded).unwrap_or_default())
    }

    /// Date and time of day in its zone.
    pub(super) fn civil(&self) -> Civil {
        let (_, offset) = self.zone.at(self.unix);
        let local = self.unix.saturating_add(offset);
        let (days, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        Civil {
            year,
            month,
            day,
            year_day: days - days_before(year, 1) + 1,
            week_day: (days + 4).rem_euclid(7),
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// `Time.GoString`: how Go source would make it.
    pub fn go_syntax(&self) -> Vec<u8> {
        let [year, _, day, hour, minute, second, ..] = self.parts();
        let (month, nanos) = (self.month_name(), self.nanos);
        let zone = match &self.zone {
            Zone::Utc => b"time.UTC".to_vec(),
            Zone::Local => b"time.Local".to_vec(),
            Zone::Named(zone) => location(zone.iana_name().unwrap_or_default().as_bytes()),
            Zone::Fixed(name, _) => location(name),
        };
        let mut text =
            format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanos}, ")
                .into_bytes();
        text.extend(zone);
        text.push(b')');
        text
    }

    /// `Time.String`.
    pub fn go_string(&self) -> Vec<u8> {
        self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// Name of the month in its zone.
    pub fn month_name(&self) -> &'static str {
        let month = usize::try_from(self.civil().month - 1).unwrap_or_default();
        MONTHS.get(month).copied().unwrap_or_default()
    }

    /// Year, month, day, hour, minute, second, day of the year, day of the week (0 is Sunday), in its zone.
    pub fn parts(&self) -> [i64; 8] {
        let civil = self.civil();
        [
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            civil.year_day,
            civil.week_day,
        ]
    }
}

fn location(name: &[u8]) -> Vec<u8> {
    [b"time.Location(", quote(name).as_slice(), b")"].concat()
}

/// The date of a day counted from the epoch, in the Gregorian calendar; by eras of 400 years that begin on 1 March.
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * index + 2) / 5 + 1;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days from the epoch to the first of a month.
pub(super) fn days_before(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Moment {
    /// `Time.AddDate`: months and days beyond their range run over, as in Go.
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let months = (civil.month - 1).wrapping_add(months);
        let year = civil.year.wrapping_add(years).wrapping_add(months.div_euclid(12));
        // Beyond these years a date has no meaning, and the count of days would not fit.
        let year = year.clamp(-1_000_000, 1_000_000);
        let days = (civil.day - 1)
            .wrapping_add(days)
            .clamp(-400_000_000, 400_000_000);
        let day = days_before(year, months.rem_euclid(12) + 1) + days;
        let clock = civil.hour * 3_600 + civil.minute * 60 + civil.second;
        let local = day * DAY + clock;
        let (_, offset) = self.zone.at(local);
        Self {
            unix: local - offset,
            ..self.clone()
        }
    }
}
