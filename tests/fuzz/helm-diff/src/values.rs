//! Values that suit a parameter: texts in the small languages that functions read.

use serde_json::{Value, json};

use crate::data;
use crate::random::Random;
use crate::tables::{LAYOUTS, PATTERNS, ZONES};

fn joined(random: &mut Random, parts: &[&str], most: usize) -> String {
    let count = random.between(1, most);
    (0..count).map(|_| random.pick(parts)).collect()
}

/// A regular expression, often a wrong one.
fn pattern(random: &mut Random) -> String {
    const MORE: [&str; 4] = ["(a|b)", "(x)?", "(?P<n>a+)", "[^\\n]"];
    let count = random.between(1, 5);
    (0..count)
        .map(|_| data::pick_of(random, &PATTERNS, &MORE))
        .collect()
}

fn version(random: &mut Random) -> String {
    const PARTS: [&str; 20] = [
        "1",
        "2",
        ".",
        "v",
        "-",
        "rc.1",
        "+b",
        "0",
        "10",
        ".1",
        ".0",
        "-alpha",
        "-1",
        "01",
        "x",
        "1.2.3",
        "1.20.0",
        "v1.34.0-gke.1",
        "2147483648",
        " ",
    ];
    joined(random, &PARTS, 5)
}

fn constraint(random: &mut Random) -> String {
    const PARTS: [&str; 26] = [
        ">", "=", "<", ">=", "<=", "!=", "~", "^", "~>", "=>", " ", ",", "||", "x", "*", "X", " - ", "1",
        "1.2", "1.2.3", "-0", "-rc.1", "v1", "1.x", "0.0.3", "+b",
    ];
    joined(random, &PARTS, 6)
}

fn duration(random: &mut Random) -> Value {
    const PARTS: [&str; 18] = [
        "1", "2.5", "h", "m", "s", "ms", "us", "µs", "ns", "-", "+", ".", "x", "0", "30m", "1h", "300ms",
        "100h",
    ];
    match random.below(5) {
        0 => data::number(random),
        1 => json!(random.pick(&[
            "1h", "90m", "1.5s", "-2h3m", "0", "1000h", "5m", "1ns", "", "9000000h", "24h"
        ])),
        _ => json!(joined(random, &PARTS, 5)),
    }
}

fn layout(random: &mut Random) -> String {
    joined(random, &LAYOUTS, 3)
}

fn yaml(random: &mut Random) -> String {
    const LINES: [&str; 34] = [
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
        "---\n",
        "...\n",
        "k: >-\n  a\n  b\n\n  c\n",
        "l: \"a\\n\\x41\\u00e9\"\n",
        "m: !!str 1\n",
        "n: !!binary aGk=\n",
        "o: 0o17\n",
        "p: 1_000\n",
        "q: 2020-01-01\n",
        "r: 'a''b'\n",
        "s: {a: b, c}\n",
        "t: [a,\n  b]\n",
        "u:\n- v\n- w\n",
        "\tx: 1\n",
        "y: |2\n    a\n",
        "%YAML 1.1\n",
        "z: -0.0\n",
        "aa: 1.0\n",
        "ab: 9007199254740993\n",
        "ac: |+\n  x\n\n",
        "ad: a #b\n",
    ];
    match random.below(4) {
        0 => data::tree(random, 0).to_string(),
        1 => data::string(random),
        _ => joined(random, &LINES, 4),
    }
}

fn toml(random: &mut Random) -> String {
    const LINES: [&str; 16] = [
        "a = 1\n",
        "b = \"x\"\n",
        "[t]\n",
        "[t.u]\n",
        "[[l]]\n",
        "c = [1, 2]\n",
        "d = 1.5\n",
        "e = true\n",
        "f = 2020-01-01T00:00:00Z\n",
        "g = {h = 1}\n",
        "i.j = 'k'\n",
        "\"l m\" = 1\n",
        "n = inf\n",
        "o = 0x1f\n",
        "p = \"\"\"x\ny\"\"\"\n",
        "# c\n",
    ];
    joined(random, &LINES, 5)
}

fn json_text(random: &mut Random) -> String {
    let mut text = data::tree(random, 0).to_string();
    if random.chance(30) {
        let cut = random.below(text.len() + 1);
        if text.is_char_boundary(cut) {
            let piece = random.pick(&[
                " ", ",", "1", "\"", "{", "]", "\u{0}", "\\u00e9", "\\ud800", "e5", "-", ".", "null",
            ]);
            text.insert_str(cut, piece);
        }
    }
    text
}

fn url(random: &mut Random) -> String {
    const PARTS: [&str; 24] = [
        "http",
        "https",
        "://",
        "user",
        ":",
        "p%40",
        "@",
        "host",
        "[::1]",
        ":80",
        "/a",
        "/b%2Fc",
        "?q=1",
        "#f",
        "//",
        "%zz",
        " ",
        "é",
        "mailto",
        ".",
        "..",
        "*",
        "http://h/p",
        "a:b@c",
    ];
    joined(random, &PARTS, 6)
}

fn path(random: &mut Random) -> String {
    const PARTS: [&str; 10] = ["/", "a", "b.c", "..", ".", "//", "é", ".gz", "x y", "\\"];
    joined(random, &PARTS, 6)
}

fn encoded(random: &mut Random) -> String {
    const PARTS: [&str; 12] = [
        "aGk=", "YQ==", "Zm9v", "MFRGG===", "a", "=", "\n", " ", "-_", "+/", "é", "ABCDEFGH",
    ];
    joined(random, &PARTS, 3)
}

fn map_of_url(random: &mut Random) -> Value {
    let mut map = serde_json::Map::new();
    for key in [
        "scheme", "host", "path", "query", "opaque", "fragment", "userinfo",
    ] {
        if random.chance(50) {
            map.insert(key.into(), json!(url(random)));
        }
    }
    Value::Object(map)
}

/// Data for a parameter.
pub fn of(random: &mut Random, kind: char) -> Value {
    match kind {
        's' => json!(data::string(random)),
        'i' => json!(random.below(12) as i64 - 2),
        'I' => match random.below(4) {
            0 => json!(data::string(random)),
            1 => data::number(random),
            _ => json!(random.below(2_000) as i64 - 1_000),
        },
        'f' => data::number(random),
        'l' => data::list(random, 0),
        'd' if random.chance(10) => map_of_url(random),
        'd' => data::map(random, 0),
        'b' => json!(random.chance(50)),
        'p' => json!(pattern(random)),
        'r' => json!(random.pick(&[
            "$1", "${1}x", "$0$0", "<$n>", "$$", "$", "${n", "$1x", "-", "", "\\1"
        ])),
        'y' => json!(yaml(random)),
        'j' => json!(json_text(random)),
        'o' => json!(toml(random)),
        't' => json!(random.below(6_000_000_000) as i64 - 2_000_000_000),
        'u' => duration(random),
        'L' => json!(layout(random)),
        'z' => json!(random.pick(&ZONES)),
        'v' => json!(version(random)),
        'c' => json!(constraint(random)),
        'U' => json!(url(random)),
        'P' => json!(path(random)),
        'k' => json!(encoded(random)),
        _ => data::tree(random, 0),
    }
}
