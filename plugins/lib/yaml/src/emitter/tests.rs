use super::*;
use crate::node::{Node, Style, Tag};
use serde_json::{Value, json};

fn sigs(value: &Value) -> String {
    emit_value(value, Flavour::Sigs).unwrap()
}

fn kyaml(node: &Node) -> String {
    emit_node(node, &EmitOptions::KYAML).unwrap()
}

/// Trap A3.
#[test]
fn numbers_print_through_json() {
    let value = json!([
        1234567.0,
        0.00001,
        1e21,
        9007199254740992.0,
        1.0,
        -0.0,
        1234567.5,
        u64::MAX
    ]);
    let expected = "- 1234567\n- 1e-05\n- 1e+21\n- 9007199254740992\n- 1\n- 0\n- 1.2345675e+06\n- 18446744073709551615\n";
    assert_eq!(sigs(&value), expected);
    assert_eq!(
        emit_value(&json!(1234567.0), Flavour::V3(EmitOptions::PRETTY)).unwrap(),
        "1.234567e+06\n"
    );
}

/// Trap A8.
#[test]
fn keys_are_in_natural_order() {
    let value = json!({"a10": 1, "a9": 2, "B": 3, "b": 4, "a": 5, "10": 6, "9": 7, "a-b": 8});
    let text = sigs(&value);
    let keys: Vec<&str> = text.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(keys, ["\"9\"", "\"10\"", "B", "a", "a-b", "a9", "a10", "b"]);
}

#[test]
fn orders_that_are_not_transitive_do_not_panic() {
    let keys = (0..200u32).map(|seed| format!("{:x}", seed.wrapping_mul(2654435761)));
    let value: serde_json::Map<String, Value> = keys.map(|key| (key, Value::Null)).collect();
    assert_eq!(sigs(&Value::Object(value)).lines().count(), 200);
}

/// Trap A9.
#[test]
fn strings_are_quoted_when_they_read_as_something_else() {
    for (text, expected) in [
        ("yes", "\"yes\""),
        ("0123", "\"0123\""),
        ("1e3", "\"1e3\""),
        ("0b11", "\"0b11\""),
        ("-1", "\"-1\""),
        ("1:20", "\"1:20\""),
        ("1:61", "1:61"),
        ("2020-01-01", "\"2020-01-01\""),
        ("", "\"\""),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("*a", "'*a'"),
        ("-", "'-'"),
        (" x", "' x'"),
        ("=", "="),
        ("<<", "<<"),
        ("it's", "it's"),
        ("'x", "'''x'"),
    ] {
        assert_eq!(sigs(&json!(text)), format!("{expected}\n"));
    }
    assert_eq!(sigs(&json!({"true": 1})), "\"true\": 1\n");
}

/// Trap A10.
#[test]
fn unprintable_characters_are_escaped() {
    for (text, expected) in [
        ("é😀", "\"é\\U0001F600\""),
        ("\u{feff}", "\"\\uFEFF\""),
        ("a\u{7}", "\"a\\a\""),
        ("a\tb", "\"a\\tb\""),
        ("a\rb", "\"a\\rb\""),
        ("a\u{a0}b", "a\u{a0}b"),
        ("\u{feff}ab", "\"\\uFEFF\\x61\\x62\""),
        ("a \u{2028}", "\"a \\L\""),
    ] {
        assert_eq!(sigs(&json!(text)), format!("{expected}\n"));
    }
}

/// Trap A11.
#[test]
fn long_lines_wrap_behind_column_80() {
    let words = "0123456789 ".repeat(10);
    let plain = words.trim_end();
    let head = "0123456789 ".repeat(7);
    assert_eq!(
        sigs(&json!({"k": plain})),
        format!("k: {head}0123456789\n  0123456789 0123456789\n")
    );
    let quoted = format!("yes: {plain}");
    assert!(sigs(&json!({"k": quoted})).contains("'\n") && sigs(&json!({"k": quoted})).lines().count() == 2);
    assert_eq!(
        emit_value(&json!({"k": plain}), Flavour::V3(EmitOptions::V3)).unwrap(),
        format!("k: {plain}\n")
    );
}

/// Trap A12.
#[test]
fn texts_of_several_lines() {
    for (text, expected) in [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\n", "|+\n  a\n\n"),
        ("  a\nb", "|2-\n    a\n  b\n"),
        ("a \nb\n", "\"a \\nb\\n\"\n"),
        ("a\tb\nc", "\"a\\tb\\nc\"\n"),
    ] {
        assert_eq!(sigs(&json!({"k": text})), format!("k: {expected}"));
    }
    let v3 = emit_value(&json!({"k": "a\tb\nc"}), Flavour::V3(EmitOptions::PRETTY)).unwrap();
    assert_eq!(v3, "k: |-\n  a\tb\n  c\n");
}

/// Trap A13.
#[test]
fn sequences_below_keys() {
    let value = json!({"lst": [1, {"a": [2]}], "m": {"x": []}});
    assert_eq!(sigs(&value), "lst:\n- 1\n- a:\n  - 2\nm:\n  x: []\n");
    let pretty = emit_value(&value, Flavour::V3(EmitOptions::PRETTY)).unwrap();
    assert_eq!(pretty, "lst:\n  - 1\n  - a:\n      - 2\nm:\n  x: []\n");
    let wide = emit_value(&value, Flavour::V3(EmitOptions::V3)).unwrap();
    assert_eq!(wide, "lst:\n    - 1\n    - a:\n        - 2\nm:\n    x: []\n");
}

#[test]
fn what_the_way_through_json_changes_or_refuses() {
    assert_eq!(sigs(&json!({"a": "x \u{85} y"})), "a: x y\n");
    let refusal = |value: &Value| emit_value(value, Flavour::Sigs).unwrap_err().to_string();
    assert_eq!(
        refusal(&json!({"a": "\u{7f}"})),
        "yaml: control characters are not allowed"
    );
    assert_eq!(
        refusal(&json!({"k".repeat(1023): 1})),
        "yaml: did not find expected ',' or '}'"
    );
    assert!(sigs(&json!({"k".repeat(1022): 1})).starts_with("? kkk"));
}

#[test]
fn nodes_keep_their_styles_and_need_no_tag_to_stay_strings() {
    let mut node = Node::map_of([
        ("a", Node::string("1.0")),
        ("b", Node::scalar("1.0")),
        ("c", Node::string("yes")),
    ]);
    node.set(
        "d",
        Node {
            style: Style::SingleQuoted,
            ..Node::string("x")
        },
    );
    node.set(
        "e",
        Node {
            tag: Tag::Custom("!local".into()),
            tagged: true,
            ..Node::string("x")
        },
    );
    node.set(
        "f",
        Node {
            style: Style::Flow,
            ..Node::seq(vec![Node::int(1), Node::null()])
        },
    );
    node.set("g", Node::seq(vec![Node::string("x\ny")]));
    let expected = "a: \"1.0\"\nb: 1.0\nc: yes\nd: 'x'\ne: !local x\nf: [1, null]\ng:\n- |-\n  x\n  y\n";
    assert_eq!(kyaml(&node), expected);
}
