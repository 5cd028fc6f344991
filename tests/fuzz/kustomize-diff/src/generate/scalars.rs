//! Scalars of every nasty kind.

use serde_json::Value;

use super::yaml::{BLOCK, RAW, quoted};
use crate::random::Random;

/// Texts that YAML, or one of its versions, takes for something of its own.
const RAW_TEXTS: &[&str] = &[
    "1",
    "0",
    "-1",
    "+1",
    "007",
    "0777",
    "0o17",
    "0o9",
    "0x1F",
    "0b11",
    "1_000",
    "1e3",
    "1E3",
    "1e+3",
    "1.0",
    "1.",
    ".5",
    "-.5",
    "1.50",
    "0.1",
    "1e21",
    "1e-7",
    "123456789012345678901234567890",
    "9007199254740993",
    "18446744073709551615",
    "-9223372036854775808",
    "9223372036854775808",
    "6.0221e23",
    "0.0",
    "-0",
    "-0.0",
    "+0",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "Yes",
    "NO",
    "On",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "null",
    "Null",
    "NULL",
    "~",
    "",
    "''",
    "\"\"",
    "2020-01-01",
    "2020-1-1",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2001-12-15 2:59:43.10",
    "2020-01-01T00:00:00Z",
    "12:30",
    "1:20:30",
    "190:20:30",
    "!!str 1",
    "!!int \"3\"",
    "!!float 1",
    "!!null ''",
    "!!str true",
    "!!binary aGk=",
    "!!timestamp 2020-01-01",
    "!custom x",
    "!<tag:yaml.org,2002:str> 5",
    "! 12",
    "\"1\"",
    "'1'",
    "\"true\"",
    "'yes'",
    "\"null\"",
    "'0777'",
    "\"1e3\"",
    "'2020-01-01'",
    "\"a: b\"",
    "'a #b'",
    "\"\\u00e9\"",
    "\"\\x41\"",
    "\"\\U0001F600\"",
    "\"a\\nb\"",
    "\"a\\tb\"",
    "'it''s'",
    "a'b",
    "a\"b",
    "a#b",
    "a b",
    "a  b",
    "\"- a\"",
    "'- '",
    "\"a\\n\"",
    "\"\\n\"",
    "\" \"",
    "?x",
    ":x",
    "a:b",
    "=",
    "<<",
    "x,y",
    "é",
    "😀",
    "日本語",
    "\u{a0}",
    "http://x/y?z=1#f",
    "$(VAR)",
    "${VAR}",
    "-x",
    "--",
    "---x",
    "'#x'",
    "\"{x}\"",
    "\"\\u2028\"",
    "\"\\x85\"",
    "\"\\r\\n\"",
    "\"a\\r\"",
    "'a: b'",
    "'*x'",
    "'!x'",
    "\"%x\"",
    "'@x'",
    "\"0x\"",
    "0x",
    "0b2",
    "1__0",
    "_1",
    "1e",
    "e1",
    "1.2.3",
    "+.5",
    "0.",
    "00",
    "08",
    "0o",
    "-0x1F",
    "-0o7",
    "+0b1",
    "+12e03",
    "685_230.15",
    "1,000",
    "1e400",
    "0x1_F",
    ".",
    "..",
    "-.",
    "0.1e1",
];

/// Texts that mostly break the file, or give what JSON cannot hold.
const RISKY_TEXTS: &[&str] = &[
    "\"\\e[0m\"",
    "\"\\x7f\"",
    ".inf",
    "-.inf",
    ".nan",
    ".Inf",
    "!!bool \"true\"",
    "!!int x",
    "!!float x",
    "!!binary ***",
    "!!map x",
    "\"\\0\"",
    "\"a\\\n  b\"",
    "a: b: c",
    "-",
    "- a",
    "?",
    "x:",
    "*x",
    "&x",
    "&x y",
    "@x",
    "`x",
    "%x",
    "|x",
    ">x",
    "{x}",
    "[x]",
    "{}",
    "[]",
    "[a, b]",
    "{a: b}",
    ",x",
    "#x",
    "\u{2028}",
    "a\tb",
    "\t",
    "a\t",
    "!!set {a}",
    "!!omap [a: 1]",
    "\"\\q\"",
    "'a",
    "\"a",
    "\u{feff}",
];

const BLOCKS: [&str; 22] = [
    "|\na\nb\n",
    "|-\na\nb\n",
    "|+\na\nb\n\n",
    ">\na\nb\n\nc\n",
    ">-\na\n  b\nc\n",
    ">+\na\n\n",
    "|2\n  a\n",
    "|\n\na\n",
    "|\na \nb\n",
    "|-\n a\n",
    "|\na\tb\n",
    "|\n---\nx\n",
    "|\n# no comment\n",
    ">\n  more\n  lines\n",
    "|\n\n\n",
    "|-\n\n",
    "|\na: b\nc: [d]\n",
    "|\né😀\n",
    "|\nkey=value\nother=x y\n",
    "|-\n{\"a\": {\"b\": 1}, \"c\": [1, \"x\"]}\n",
    "|\na:\n  b: 1\n  c: [x, y]\n",
    "|\nline with trailing   \n\ttab\n",
];

const CHARS: [char; 50] = [
    'a', 'b', 'c', 'Z', '0', '1', '7', '9', ' ', ' ', '.', '-', '_', ':', '#', ',', '/', '=', '+', '\'', '"',
    '\\', '{', '}', '[', ']', '&', '*', '!', '|', '>', '%', '@', '`', '~', '$', '(', ')', '<', '?', '\t',
    '\n', 'é', '日', '😀', '\u{85}', '\u{a0}', '\u{2028}', '\u{feff}', '\r',
];

/// A text of random characters.
pub fn text(random: &mut Random) -> String {
    let length = [1, 2, 4, 8, 20, 90][random.below(6)];
    (0..random.between(0, length))
        .map(|_| CHARS[random.below(CHARS.len())])
        .collect()
}

/// Words of a long line, so that it is folded.
fn long_line(random: &mut Random) -> String {
    let words = [
        "lorem",
        "ipsum",
        "a",
        "dolor-sit",
        "x: y",
        "#",
        "'q'",
        "\"d\"",
        "1",
        "",
        "-",
    ];
    let count = random.between(8, 40);
    (0..count)
        .map(|_| random.pick(&words))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A scalar that is a string, a number, a bool, a date or nothing.
pub fn nasty(random: &mut Random) -> Value {
    match random.below(12) {
        0..=5 => {
            let texts = if random.below(1_500) == 0 {
                RISKY_TEXTS
            } else {
                RAW_TEXTS
            };
            Value::String(format!("{RAW}{}", random.pick(texts)))
        }
        6 => Value::String(format!("{BLOCK}{}", random.pick(&BLOCKS))),
        7 => Value::String(text(random)),
        8 => {
            let text = text(random).replace(
                [
                    '\'', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{feff}', '\u{2028}',
                ],
                "",
            );
            Value::String(format!("{RAW}'{text}'"))
        }
        9 => Value::String(long_line(random)),
        10 => Value::from(random.below(70_000)),
        _ => Value::String(word(random).to_owned()),
    }
}

/// A scalar that is likely a plain word.
pub fn mild(random: &mut Random) -> Value {
    if random.chance(30) {
        nasty(random)
    } else {
        Value::String(word(random).to_owned())
    }
}

/// A scalar that certainly is a string.
pub fn string(random: &mut Random) -> Value {
    let text = match random.below(5) {
        0 => text(random),
        1 => random.pick(RAW_TEXTS).to_owned(),
        2 => long_line(random),
        _ => word(random).to_owned(),
    };
    Value::String(format!("{RAW}{}", quoted(&text)))
}

/// A plain word.
pub fn word(random: &mut Random) -> &'static str {
    random.pick(&[
        "one",
        "two",
        "three",
        "web",
        "db",
        "true-ish",
        "x",
        "some/path",
        "v1.2.3",
        "http",
        "info",
    ])
}

/// A key of labels, annotations or data.
pub fn key(random: &mut Random) -> String {
    match random.below(60) {
        0 => format!(
            "{RAW}{}",
            random.pick(&[
                "\"yes\"",
                "'1'",
                "\"a b\"",
                "1",
                "true",
                "\"\\u00e9\"",
                "1.5",
                "on",
                "2020-01-01",
                "\"a.b/c\"",
                "null"
            ])
        ),
        1 => "example.com/name".into(),
        2 => "a10".into(),
        3 => "a9".into(),
        4 => "A".into(),
        5 => "file.yaml".into(),
        _ => random
            .pick(&[
                "app", "tier", "team", "env", "release", "a", "b", "c", "key", "config",
            ])
            .to_owned(),
    }
}
