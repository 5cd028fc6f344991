//! Random strings, numbers and trees: what YAML, TOML, JSON, casts and rules of case look at.

use serde_json::{Map, Number, Value, json};

use crate::random::Random;
use crate::tables::{PIECES, WORDS};

/// Pieces of strings besides those of the recorded questions.
const MORE_PIECES: [&str; 6] = ["\u{200b}", "\u{1b}", "e\u{301}", "\u{10ffff}", "---", "{{"];

/// Words besides those of the recorded questions.
const MORE_WORDS: [&str; 14] = [
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "0x",
    "1e400",
    "-0",
    "-0.0",
    "08",
    "0o8",
    "1.2.3",
    "v1.2.3-rc.1",
    "^1.2",
    "t",
    "F",
];

/// One of what stands in two tables.
pub fn pick_of<'a>(random: &mut Random, shared: &[&'a str], own: &[&'a str]) -> &'a str {
    let at = random.below(shared.len() + own.len());
    match at.checked_sub(shared.len()) {
        None => shared[at],
        Some(at) => own[at],
    }
}

/// Any text.
pub fn string(random: &mut Random) -> String {
    if random.chance(25) {
        return pick_of(random, &WORDS, &MORE_WORDS).to_owned();
    }
    let count = if random.chance(8) {
        random.between(20, 60)
    } else {
        random.below(6)
    };
    (0..count)
        .map(|_| pick_of(random, &PIECES, &MORE_PIECES))
        .collect()
}

/// A number as a JSON document has it.
pub fn number(random: &mut Random) -> Value {
    let float = match random.below(9) {
        0 => f64::from_bits((random.below(usize::MAX) as u64) ^ ((random.below(1 << 16) as u64) << 48)),
        1 => random.below(2_000_000) as f64 / 1000.0,
        2 => random.below(1 << 53) as f64,
        3 => 10f64.powi(i32::try_from(random.below(50)).unwrap_or_default() - 25),
        4 => -(random.below(1_000_000_000) as f64),
        5 => random.below(100) as f64 / 8.0,
        6 => [
            1e6,
            999_999.0,
            1e20,
            1e21,
            1e-4,
            1e-5,
            1e-6,
            1e-7,
            0.1,
            2147483648.0,
            9_223_372_036_854_775_808.0,
        ][random.below(11)],
        _ => return json!(random.below(100) as i64 - 20),
    };
    Number::from_f64(float).map_or(json!(0), Value::Number)
}

fn key(random: &mut Random) -> String {
    match random.below(4) {
        0 => string(random),
        1 => random
            .pick(&[
                "a1", "a2", "a10", "A", "a-b", "a.b", "a/b", "B", "aa", "_", "0", "10", "9",
            ])
            .to_owned(),
        _ => random.pick(&["a", "b", "c", "d"]).to_owned(),
    }
}

/// A map of anything.
pub fn map(random: &mut Random, depth: usize) -> Value {
    let mut entries = Map::new();
    for _ in 0..random.below(5) {
        let key = key(random);
        entries.insert(key, tree(random, depth + 1));
    }
    Value::Object(entries)
}

/// A list: mixed, or of one kind.
pub fn list(random: &mut Random, depth: usize) -> Value {
    let count = random.below(5);
    let items = match random.below(4) {
        0 => (0..count).map(|_| Value::String(string(random))).collect(),
        1 => (0..count).map(|_| number(random)).collect(),
        _ => (0..count).map(|_| tree(random, depth + 1)).collect(),
    };
    Value::Array(items)
}

/// Anything that JSON can say.
pub fn tree(random: &mut Random, depth: usize) -> Value {
    let kinds = if depth > 3 { 6 } else { 10 };
    match random.below(kinds) {
        0 => Value::Null,
        1 => Value::Bool(random.chance(50)),
        2 => number(random),
        3..=5 => Value::String(string(random)),
        6 | 7 => list(random, depth),
        _ => map(random, depth),
    }
}
