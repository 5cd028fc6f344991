//! Printing a moment by a layout.

use super::layout::{Element, MONTHS, Offset, WEEK_DAYS, next_chunk};
use super::moment::{Civil, Moment};

impl Moment {
    /// `Time.Format`.
    pub fn format(&self, layout: &[u8]) -> Vec<u8> {
        let civil = self.civil();
        let zone = self.zone.at(self.unix);
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        loop {
            let chunk = next_chunk(rest);
            out.extend_from_slice(chunk.prefix);
            let Some(element) = chunk.element else {
                return out;
            };
            rest = chunk.suffix;
            match element {
                Element::Fraction {
                    separator,
                    digits,
                    trimmed,
                } => write_fraction(&mut out, self.nanos, separator, digits, trimmed),
                Element::Offset(form) => write_offset(&mut out, form, zone.1),
                Element::ZoneName => write_zone_name(&mut out, &zone),
                _ => out.extend_from_slice(text_of(element, &civil).as_bytes()),
            }
        }
    }
}

fn text_of(element: Element, civil: &Civil) -> String {
    let twelve = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at))
            .copied()
            .unwrap_or_default()
    };
    let (month, week_day) = (name(&MONTHS, civil.month - 1), name(&WEEK_DAYS, civil.week_day));
    match element {
        Element::LongMonth => month.to_owned(),
        Element::Month => month[..3].to_owned(),
        Element::NumMonth => civil.month.to_string(),
        Element::ZeroMonth => format!("{:02}", civil.month),
        Element::LongWeekDay => week_day.to_owned(),
        Element::WeekDay => week_day[..3].to_owned(),
        Element::Day => civil.day.to_string(),
        Element::UnderDay => format!("{:2}", civil.day),
        Element::ZeroDay => format!("{:02}", civil.day),
        Element::UnderYearDay => format!("{:3}", civil.year_day),
        Element::ZeroYearDay => format!("{:03}", civil.year_day),
        Element::Hour => format!("{:02}", civil.hour),
        Element::Hour12 => twelve.to_string(),
        Element::ZeroHour12 => format!("{twelve:02}"),
        Element::Minute => civil.minute.to_string(),
        Element::ZeroMinute => format!("{:02}", civil.minute),
        Element::Second => civil.second.to_string(),
        Element::ZeroSecond => format!("{:02}", civil.second),
        Element::LongYear => {
            let sign = if civil.year < 0 { "-" } else { "" };
            format!("{sign}{:04}", civil.year.abs())
        }
        Element::Year => format!("{:02}", civil.year.abs() % 100),
        Element::Pm { upper } => match (civil.hour >= 12, upper) {
            (true, true) => "PM".to_owned(),
            (true, false) => "pm".to_owned(),
            (false, true) => "AM".to_owned(),
            (false, false) => "am".to_owned(),
        },
        Element::ZoneName | Element::Offset(_) | Element::Fraction { .. } => String::new(),
    }
}

fn write_fraction(out: &mut Vec<u8>, nanos: u32, separator: u8, digits: usize, trimmed: bool) {
    if trimmed && (digits == 0 || nanos == 0) {
        return;
    }
    let all = format!("{nanos:09}");
    let mut shown = &all[..digits.min(9)];
    if trimmed {
        shown = shown.trim_end_matches('0');
        if shown.is_empty() {
            return;
        }
    }
    out.push(separator);
    out.extend_from_slice(shown.as_bytes());
}

fn write_offset(out: &mut Vec<u8>, form: Offset, offset: i64) {
    if form.zulu && offset == 0 {
        out.push(b'Z');
        return;
    }
    // Minutes are cut towards zero, so that a few seconds west are still `+`.
    let minutes = offset / 60;
    let colon = if form.colons { ":" } else { "" };
    let mut text = format!(
        "{}{:02}{colon}",
        if minutes < 0 { '-' } else { '+' },
        minutes.abs() / 60
    );
    if form.minutes {
        text.push_str(&format!("{:02}", minutes.abs() % 60));
    }
    if form.seconds {
        let seconds = if minutes < 0 { -offset } else { offset };
        text.push_str(&format!("{colon}{:02}", seconds % 60));
    }
    out.extend_from_slice(text.as_bytes());
}

fn write_zone_name(out: &mut Vec<u8>, (name, offset): &(Vec<u8>, i64)) {
    if !name.is_empty() {
        out.extend_from_slice(name);
        return;
    }
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let text = format!("{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::zone::Zone;
    use super::*;

    fn format(layout: &str, unix: i64, zone: &str) -> String {
        let zone = Zone::load(zone.as_bytes()).expect(zone);
        let text = Moment {
            unix,
            nanos: 120_000_000,
            zone,
        }
        .format(layout.as_bytes());
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn prints_by_the_layout() {
        let at = 1_700_000_000;
        assert_eq!(
            format("2006-01-02T15:04:05Z07:00", at, "UTC"),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(
            format("Mon Jan _2 3:04PM 06 .000 .999", at, "UTC"),
            "Tue Nov 14 10:13PM 23 .120 .12"
        );
        assert_eq!(
            format("MST -0700 -07:00 Z07", at, "America/New_York"),
            "EST -0500 -05:00 -05"
        );
        assert_eq!(
            format("002 __2 Monday January _2006", at, "Europe/Paris"),
            "318 318 Tuesday November _2023"
        );
        assert_eq!(format("2006", -62_167_219_201, "UTC"), "-0001");
    }

    #[test]
    fn zones_are_found_by_exact_name() {
        assert!(Zone::load(b"europe/paris").is_none());
        assert!(Zone::load(b"../etc/passwd").is_none());
        assert_eq!(format("MST", 0, "Local"), "UTC");
    }
}
