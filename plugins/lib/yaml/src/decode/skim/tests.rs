use super::*;
use crate::compose::Composer;
use crate::decode::{direct, v2};
use crate::resolve::Schema;
use serde_json::{Value, json};

static HEAD: Wanted = Wanted::Fields(&[("kind", Wanted::All), ("metadata", Wanted::All)]);

fn skimmed(text: &str) -> Option<String> {
    skim(text, HEAD, &Limits::default())
}

/// What the tree makes of the fields that are wanted.
fn by_tree(text: &str) -> Option<Value> {
    let source = crate::reader::open(text.as_bytes());
    let node = Composer::new(&source, Schema::V2, Limits::default()).next_document();
    let value = v2::Decoder::new(false).decode_root(&node.ok()??).ok()?;
    let mut map = value.as_object()?.clone();
    map.retain(|key, _| {
        ["kind", "metadata"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(key))
    });
    Some(Value::Object(map))
}

fn by_skimming(text: &str) -> Option<Value> {
    let kept = skimmed(text)?;
    direct::read(
        &crate::reader::open(kept.as_bytes()),
        false,
        HEAD,
        &Limits::default(),
    )
}

#[test]
fn entries_that_are_not_wanted_are_left_out() {
    let text = "# x\nkind: A\nspec:\n  a: [b, \"c d\"] # e\n  f: |\n      g: [\n\n    # h\n    i\n  j:\n  - k: l\n    m: \"n: \\\" o\"\n  - {}\n  \
                - - p\n  q: r\n    s t\n\n    u\nMetadata:\n  name: v\ndata: {}\n";
    assert_eq!(
        skimmed(text),
        None,
        "a line of a block scalar is less deep than its first"
    );
    let text = text.replace("    # h\n", "");
    assert_eq!(
        skimmed(&text.replace("    i\n", "      i\n")).as_deref(),
        Some("kind: A\nMetadata:\n  name: v\n")
    );
}

#[test]
fn what_is_not_plain_is_left_to_the_scanner() {
    let parts = [
        "a: &b c",
        "a: *b",
        "a: !!str b",
        "a: {b: c}",
        "a: [b: c]",
        "a: .inf",
        "a: -.inf",
        "a: b: c",
        "a: - b",
        "a: 'b",
        "a: 'b\nc'",
        "a: \"b\\\n  c\"",
        "a: 'b\n  c'd",
        "a: \"b",
        "a: \"\\x41\"",
        "a: \"\\/\"",
        "a: b\n c: d",
        "a:\tb",
        "a: |2\n   b",
        "a:\n  b: c\n d: e",
        "- a",
        "yes: b",
        "1: b",
        "~: b",
        "? a",
        "<<: {}",
        "a: @b",
        "a: `b",
        "a: %b",
        "--- b",
        "...",
        "%YAML 1.1",
        "a: [b",
        "a: 'b' c",
        "a: b # c\n  d",
        "a: |\n    b\n   c",
        "a: |\n     \n   b",
        "a\u{85}: b",
        "a: \u{feff}b",
        "a: b\r",
    ];
    for part in parts {
        assert_eq!(skimmed(&format!("kind: A\n{part}\n")), None, "{part}");
    }
}

/// Pieces of lines that make documents which are sound about as often as not.
const PIECES: &[&str] = &[
    "a:",
    "b: c",
    "- ",
    "- a",
    "-",
    "kind: x",
    "metadata:",
    "name: \"y\"",
    "- b: c",
    "- - d",
    "e: |",
    "f: >-",
    "g: [h, i]",
    "{}",
    "[]",
    "j: {}",
    "k: 'l'' m'",
    "# n",
    "o # p",
    "q: r # s",
    "",
    "   ",
    "t u",
    "v:w",
    "'x': y",
    "\"z\":",
    "1: 2",
    "yes: no",
    "a: 1e3",
    "b: .inf",
    "c: d:",
    "'",
    "\"e\"",
    "f: \"\\\"g\"",
    "f: \"\\/\\n\"",
    "~",
    "h: &i j",
    "- k:",
    "-l",
    "m: - n",
    "o.p/q: r",
    "\ts",
    "---",
    "a: b c d",
    "0x1f: a",
    "2001-01-01: b",
    "- 'a': b",
    "- |",
    "a: |+",
    "e: \u{e9}",
    "[a",
    "b]",
    "a: b:c",
    "a: 'b",
    "c' # d",
    "e: \"f",
    "g''",
    "h\"",
    "- ? a",
    "a: ]",
    "=: a",
    "a: =",
    "a: <<",
    "<<: a",
];

/// Numbers as of a linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn random_documents_come_to_what_the_tree_tells() {
    let mut random = Random(7);
    let mut sound = 0;
    for _ in 0..300_000 {
        let mut text = String::new();
        let mut indent: usize = 0;
        for _ in 0..random.below(8) + 1 {
            indent = match random.below(6) {
                0 => indent + 2,
                1 => indent + 1,
                2 => 0,
                3 => indent.saturating_sub(2),
                _ => indent,
            };
            text.push_str(&" ".repeat(indent));
            text.push_str(PIECES[random.below(PIECES.len())]);
            text.push('\n');
        }
        if let Some(value) = by_skimming(&text) {
            assert_eq!(Some(value), by_tree(&text), "{text}");
            sound += 1;
        }
    }
    assert!(sound > 2_000, "only {sound} documents were sound");
}

#[test]
fn limits_hold() {
    let deep: String = (0..300)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert_eq!(
        skimmed(&format!("kind: x\nspec:\n {}", deep.replace('\n', "\n "))),
        None
    );
    let few = Limits {
        max_nodes: 5,
        ..Limits::default()
    };
    assert_eq!(skim("kind: x\na: b\n", HEAD, &few).as_deref(), Some("kind: x\n"));
    assert_eq!(skim("kind: x\na: b\nc: d\n", HEAD, &few), None);
    assert_eq!(skim("kind: x\na: [b]\n", HEAD, &few), None);
    assert_eq!(skim("kind: x\na:\n", HEAD, &few).as_deref(), Some("kind: x\n"));
    assert_eq!(skim("kind: x\na:\n- \n", HEAD, &few), None);
    let flat = Limits {
        max_depth: 1,
        ..Limits::default()
    };
    assert_eq!(skim("kind: x\na: b\n", HEAD, &flat).as_deref(), Some("kind: x\n"));
    assert_eq!(skim("kind: x\na: []\n", HEAD, &flat), None);
    assert_eq!(by_skimming("kind: x\na: [b]"), Some(json!({"kind": "x"})));
}
