//! Go's layouts: the reference time `Mon Jan 2 15:04:05 MST 2006` taken apart.

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekDay,
    WeekDay,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    Pm {
        upper: bool,
    },
    ZoneName,
    Offset(Offset),
    /// Fractional seconds: the separator, how many digits, and whether zeros at the end are left out.
    Fraction {
        separator: u8,
        digits: usize,
        trimmed: bool,
    },
}

/// How an offset from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` stands for UTC.
    pub(super) zulu: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// The text before the first element, the element, its text, and what follows; without an element all is text.
pub(super) struct Chunk<'a> {
    pub(super) prefix: &'a [u8],
    pub(super) element: Option<Element>,
    pub(super) text: &'a [u8],
    pub(super) suffix: &'a [u8],
}

/// Finds the first element.
pub(super) fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for at in 0..layout.len() {
        if let Some((skipped, length, element)) = element_at(&layout[at..]) {
            let start = at + skipped;
            return Chunk {
                prefix: &layout[..start],
                element: Some(element),
                text: &layout[start..start + length],
                suffix: &layout[start + length..],
            };
        }
    }
    Chunk {
        prefix: layout,
        element: None,
        text: b"",
        suffix: b"",
    }
}

/// The element at the start of a text: bytes before it that are text, its length, and what it is.
fn element_at(text: &[u8]) -> Option<(usize, usize, Element)> {
    use Element as E;
    let at_start = |names: &[(&str, Element)]| {
        let found = names.iter().find(|(name, _)| text.starts_with(name.as_bytes()));
        found.map(|(name, element)| (0, name.len(), *element))
    };
    match text[0] {
        b'J' => at_start(&[("January", E::LongMonth)]).or_else(|| whole_word(text, "Jan", E::Month)),
        b'M' => at_start(&[("Monday", E::LongWeekDay), ("MST", E::ZoneName)])
            .or_else(|| whole_word(text, "Mon", E::WeekDay)),
        b'0' => at_start(&[
            ("01", E::ZeroMonth),
            ("02", E::ZeroDay),
            ("03", E::ZeroHour12),
            ("04", E::ZeroMinute),
            ("05", E::ZeroSecond),
            ("06", E::Year),
            ("002", E::ZeroYearDay),
        ]),
        b'1' => at_start(&[("15", E::Hour), ("1", E::NumMonth)]),
        b'2' => at_start(&[("2006", E::LongYear), ("2", E::Day)]),
        b'_' if text.starts_with(b"_2006") => Some((1, 4, E::LongYear)),
        b'_' => at_start(&[("_2", E::UnderDay), ("__2", E::UnderYearDay)]),
        b'3' => Some((0, 1, E::Hour12)),
        b'4' => Some((0, 1, E::Minute)),
        b'5' => Some((0, 1, E::Second)),
        b'P' => at_start(&[("PM", E::Pm { upper: true })]),
        b'p' => at_start(&[("pm", E::Pm { upper: false })]),
        b'-' | b'Z' => offset_at(text),
        b'.' | b',' => fraction_at(text),
        _ => None,
    }
}

/// A short name that is not the beginning of a longer word.
fn whole_word(text: &[u8], name: &str, element: Element) -> Option<(usize, usize, Element)> {
    let after = text.strip_prefix(name.as_bytes())?;
    let goes_on = after.first().is_some_and(u8::is_ascii_lowercase);
    (!goes_on).then_some((0, name.len(), element))
}

fn offset_at(text: &[u8]) -> Option<(usize, usize, Element)> {
    const FORMS: [(&str, bool, bool, bool); 5] = [
        ("070000", false, true, true),
        ("07:00:00", true, true, true),
        ("0700", false, true, false),
        ("07:00", true, true, false),
        ("07", false, false, false),
    ];
    let found = FORMS
        .iter()
        .find(|(form, ..)| text[1..].starts_with(form.as_bytes()));
    found.map(|&(form, colons, minutes, seconds)| {
        let offset = Offset {
            zulu: text[0] == b'Z',
            colons,
            minutes,
            seconds,
        };
        (0, form.len() + 1, Element::Offset(offset))
    })
}

fn fraction_at(text: &[u8]) -> Option<(usize, usize, Element)> {
    let digit = *text.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = text[1..].iter().take_while(|byte| **byte == digit).count();
    if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let fraction = Element::Fraction {
        separator: text[0],
        digits,
        trimmed: digit == b'9',
    };
    Some((0, 1 + digits, fraction))
}

/// Names of months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of days.
pub(crate) const WEEK_DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
