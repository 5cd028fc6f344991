//! Random data that repeats for a seed.

use serde_json::{Map, Number, Value as Json};

/// A small generator.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        ((self.next() >> 20) % sides as u64) as usize
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

/// Pieces of which strings are made: what YAML, TOML, casts and case rules look at.
const PIECES: [&str; 78] = [
    "a",
    "b",
    "A",
    "Z",
    "foo",
    "Bar",
    "HTTP",
    "server",
    "é",
    "ß",
    "Ǆ",
    "İ",
    "ı",
    "日本",
    "😀",
    "\u{0}",
    "\u{7}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffd}",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    "\\",
    "\"",
    "'",
    "`",
    ":",
    ": ",
    " #",
    "#",
    "-",
    "- ",
    "_",
    ".",
    ",",
    "/",
    "//",
    "..",
    "*",
    "&",
    "!",
    "|",
    ">",
    "<",
    "%",
    "@",
    "?",
    "=",
    "{",
    "}",
    "[",
    "]",
    "$",
    "+",
    "0",
    "1",
    "9",
    "12",
    "007",
    "1e3",
    ".5",
    "0x1F",
    "true",
    "no",
    "~",
    "null",
    "=x",
    "a word",
    "longer text with words ",
    "2020-01-01",
    "1:20",
    "x9",
];

/// Whole strings with a meaning somewhere.
const WORDS: [&str; 60] = [
    "",
    "true",
    "True",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "N",
    "null",
    "Null",
    "~",
    "-",
    "--",
    "---",
    "...",
    "0",
    "1",
    "-1",
    "+1",
    "0123",
    "0o17",
    "0x1f",
    "0b11",
    "1_000",
    "1e3",
    "1E5",
    "1.0",
    ".5",
    "5.",
    "1.5e-10",
    ".inf",
    "-.inf",
    ".nan",
    "NaN",
    "inf",
    "1:20",
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "12:30:45",
    "=",
    "<<",
    "*a",
    "&a",
    "!t",
    "%d",
    "@x",
    "`x",
    "[a",
    "{a",
    "a: b",
    "a #b",
    "#a",
    "? a",
    ": a",
    "1h30m",
    "99999999999999999999",
];

pub fn string(dice: &mut Dice) -> String {
    if dice.roll(4) == 0 {
        return dice.pick(&WORDS).to_owned();
    }
    let long = dice.roll(12) == 0;
    let count = if long { 20 + dice.roll(40) } else { dice.roll(6) };
    (0..count).map(|_| dice.pick(&PIECES)).collect()
}

fn number(dice: &mut Dice) -> Number {
    let float = match dice.roll(8) {
        0 => f64::from_bits(dice.next()),
        1 => dice.roll(2_000_000) as f64 / 1000.0,
        2 => (dice.next() >> 11) as f64,
        3 => 10f64.powi(dice.roll(50) as i32 - 25),
        4 => -(dice.roll(1_000_000_000) as f64),
        5 => dice.roll(100) as f64 / 8.0,
        _ => return Number::from(dice.roll(100) as i64 - 20),
    };
    Number::from_f64(float).unwrap_or_else(|| Number::from(0))
}

pub fn map(dice: &mut Dice, depth: usize) -> Json {
    let mut entries = Map::new();
    for _ in 0..dice.roll(5) {
        let key = match dice.roll(3) {
            0 => string(dice),
            1 => dice
                .pick(&["a", "b", "c", "a1", "a2", "a10", "A", "a-b", "a.b"])
                .to_owned(),
            _ => dice.pick(&["a", "b", "c", "d"]).to_owned(),
        };
        entries.insert(key, tree(dice, depth + 1));
    }
    Json::Object(entries)
}

pub fn tree(dice: &mut Dice, depth: usize) -> Json {
    let kinds = if depth > 3 { 6 } else { 10 };
    match dice.roll(kinds) {
        0 => Json::Null,
        1 => Json::Bool(dice.roll(2) == 0),
        2 => Json::Number(number(dice)),
        3..=5 => Json::String(string(dice)),
        6 | 7 => Json::Array((0..dice.roll(4)).map(|_| tree(dice, depth + 1)).collect()),
        _ => map(dice, depth),
    }
}

/// A text that something parses, often damaged.
pub fn document(dice: &mut Dice) -> String {
    let mut text = match dice.roll(6) {
        0 | 1 => tree(dice, 0).to_string(),
        2 => {
            let lines = [
                "a: 1\n",
                "b: [x, 0777, 1e3]\n",
                "c:\n  - yes\n  - y: ~\n",
                "d: |\n  x\n   y\n",
                "- a\n",
                "? q\n: r\n",
                "e: &x {f: 1}\n",
                "g: *x\n",
                "1: 2\n",
                "\"h\": 'i'\n",
                "<<: {z: 1}\n",
                "# c\n",
                "j: .inf\n",
            ];
            (0..dice.roll(5)).map(|_| dice.pick(&lines)).collect()
        }
        3 => {
            let parts = [
                "http", "://", "user", ":", "p%40", "@", "host", "[::1]", ":80", "/a", "/b%2Fc", "?q=1",
                "#f", "//", "%zz", " ", "é", "mailto", ".", "..", "*",
            ];
            (0..dice.roll(8)).map(|_| dice.pick(&parts)).collect()
        }
        4 => {
            let parts = [
                "1", "2.5", "h", "m", "s", "ms", "us", "µs", "ns", "-", "+", ".", "x", "d", "0", "30m", "1h",
            ];
            (0..dice.roll(6)).map(|_| dice.pick(&parts)).collect()
        }
        _ => {
            let parts = [
                "1", "2", ".", "v", "-", "rc.1", "+b", ">", "=", "<", "~", "^", " ", ",", "||", "x", "*",
                "01", " - ",
            ];
            (0..dice.roll(8)).map(|_| dice.pick(&parts)).collect()
        }
    };
    if dice.roll(4) == 0 && !text.is_empty() {
        let cut = dice.roll(text.len() + 1);
        if text.is_char_boundary(cut) {
            let piece = dice.pick(&PIECES);
            text.insert_str(cut, piece);
        }
    }
    text
}

pub fn pattern(dice: &mut Dice) -> String {
    const PARTS: [&str; 74] = [
        "a",
        "b",
        "é",
        "x",
        ".",
        "^",
        "$",
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "\\d",
        "\\D",
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "[abc]",
        "[^abc]",
        "[a-c]",
        "[c-a]",
        "[[:alpha:]]",
        "[[:^digit:]]",
        "[\\d\\-x]",
        "[]a]",
        "[^]a]",
        "[[&&x]",
        "(",
        ")",
        "(?:",
        "(?i)",
        "(?i:",
        "(?s)",
        "(?m)",
        "(?U)",
        "(?-i)",
        "(?P<n>",
        "(?<n>",
        "|",
        "*",
        "+",
        "?",
        "*?",
        "+?",
        "??",
        "{2}",
        "{1,2}",
        "{2,}",
        "{,2}",
        "{",
        "{1001}",
        "\\pL",
        "\\p{Greek}",
        "\\P{L}",
        "\\p{^L}",
        "\\pN",
        "\\x41",
        "\\x{e9}",
        "\\101",
        "\\n",
        "\\.",
        "\\Q.*\\E",
        "\\1",
        "\\",
        "[",
        "]",
        "(?z)",
        "\\C",
        "-",
        "&&",
        "\\<",
        "\\p{Foo}",
        "[a-\\d]",
        "A",
    ];
    (0..1 + dice.roll(5)).map(|_| dice.pick(&PARTS)).collect()
}

pub fn subject(dice: &mut Dice) -> String {
    const PARTS: [&str; 18] = [
        "a", "b", "c", "A", "é", "É", "x", "1", "2", " ", "\n", ".", "-", "_", "[", "α", "&&", "]",
    ];
    (0..dice.roll(8)).map(|_| dice.pick(&PARTS)).collect()
}

pub fn dates(dice: &mut Dice) -> Json {
    const LAYOUTS: [&str; 60] = [
        "2006",
        "06",
        "01",
        "1",
        "Jan",
        "January",
        "02",
        "2",
        "_2",
        "002",
        "__2",
        "Mon",
        "Monday",
        "15",
        "3",
        "03",
        "04",
        "4",
        "05",
        "5",
        "PM",
        "pm",
        "MST",
        "-0700",
        "-07:00",
        "-07",
        "Z0700",
        "Z07:00",
        "Z07",
        "-070000",
        "Z07:00:00",
        ".000",
        ".999",
        ",000",
        ".0",
        "-",
        "/",
        ":",
        " ",
        "T",
        "2006-01-02",
        "15:04:05",
        "2006-01-02T15:04:05Z07:00",
        "2006-01-02 15:04:05.999999999 -0700 MST",
        "Mon Jan _2 15:04:05 MST 2006",
        "02 Jan 06 15:04 -0700",
        "3:04PM",
        "Month",
        "_2006",
        "x",
        "é",
        "2006-01-02T15:04:05",
        "15:04",
        "20060102",
        "150405",
        "Jan 2",
        "2006-002",
        "5.00",
        ".",
        "05.999",
    ];
    let layout: String = (0..1 + dice.roll(3)).map(|_| dice.pick(&LAYOUTS)).collect();
    let text = if dice.roll(3) > 0 {
        // What the layout prints for some date, sometimes damaged.
        let unix = dice.roll(4_000_000_000) as i64;
        let moment = sluice_sprig::time::Moment::local(unix, dice.roll(1_000_000_000) as u32);
        String::from_utf8(moment.format(layout.as_bytes())).unwrap_or_default()
    } else {
        (0..dice.roll(4))
            .map(|_| {
                dice.pick(&[
                    "2020", "-", "02", "30", ":", "Feb", "PM", "Z", "+02:00", "CET", "1", " ", "366", ".5",
                    "GMT+3",
                ])
            })
            .collect()
    };
    let lengths = [
        "1h", "90m", "1.5s", "x", "-2h3m", "0", "1000h", "7", "5m", "1ns", "",
    ];
    serde_json::json!({
        "l": layout, "s": text, "t": dice.roll(6_000_000_000) as i64 - 2_000_000_000, "n": dice.roll(800),
        "z": dice.pick(&["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Nowhere", "", "Local", "Australia/Lord_Howe"]),
        "d": dice.pick(&lengths), "e": dice.pick(&lengths),
    })
}
