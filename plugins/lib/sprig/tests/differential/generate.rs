//! Random data that repeats for a seed.

use serde_json::{Map, Number, Value as Json};

use crate::tables::{LAYOUTS, PATTERNS, PIECES, WORDS, ZONES};

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
    (0..1 + dice.roll(5)).map(|_| dice.pick(&PATTERNS)).collect()
}

pub fn subject(dice: &mut Dice) -> String {
    const PARTS: [&str; 18] = [
        "a", "b", "c", "A", "é", "É", "x", "1", "2", " ", "\n", ".", "-", "_", "[", "α", "&&", "]",
    ];
    (0..dice.roll(8)).map(|_| dice.pick(&PARTS)).collect()
}

pub fn dates(dice: &mut Dice) -> Json {
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
        "z": dice.pick(&ZONES),
        "d": dice.pick(&lengths), "e": dice.pick(&lengths),
    })
}
