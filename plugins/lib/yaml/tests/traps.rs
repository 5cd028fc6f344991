//! The traps of YAML in and out that belong to this library, by their number in the study (A..).

#![allow(clippy::expect_used, reason = "a test")]

use serde_json::{Value, json};
use sluice_yaml::{
    EmitOptions, Flavour, JsonOptions, Limits, Scalar, Schema, emit_node, emit_value, parse_documents,
    read_value, resolve, write_json,
};

fn read(text: &str) -> Value {
    read_value(text.as_bytes(), false, &Limits::default()).expect("YAML")
}

fn emit(value: &Value) -> String {
    emit_value(value, Flavour::Sigs).expect("text")
}

fn error(text: &str) -> String {
    read_value(text.as_bytes(), true, &Limits::default())
        .expect_err("must fail")
        .to_string()
}

#[test]
fn small_and_large_floats_differ_between_yaml_and_json_a3() {
    let value = json!({"small": 0.00001, "large": 1e21, "plain": 1_234_567.0});
    assert_eq!(emit(&value), "large: 1e+21\nplain: 1234567\nsmall: 1e-05\n");
    let text = write_json(&value, JsonOptions::COMPACT);
    assert!(
        text.contains("0.00001") && text.contains("1e+21") && text.contains("1234567"),
        "{text}"
    );
}

#[test]
fn numbers_in_all_bases_a5() {
    let value = read("a: 1_000\nb: 0777\nc: 0o777\nd: 0x1F\ne: 010\nf: 0b11\n");
    assert_eq!(
        value,
        json!({"a": 1000, "b": 511, "c": 511, "d": 31, "e": 8, "f": 3})
    );
    assert_eq!(
        read("a: 1:20\nb: 2020-01-01\n"),
        json!({"a": "1:20", "b": "2020-01-01"})
    );
    assert_eq!(emit(&json!({"d": "2020-01-01"})), "d: \"2020-01-01\"\n");
}

#[test]
fn old_booleans_count_also_as_keys_a6() {
    assert_eq!(
        read("y: yes\nn: off\n1: on\n"),
        json!({"true": true, "false": false, "1": true})
    );
    assert_eq!(resolve("yes", Schema::V3), Scalar::Str);
}

#[test]
fn what_json_cannot_hold_is_an_error_a7() {
    for text in ["a: .inf\n", "a: .nan\n", "null: 1\n", "? [a]\n: 1\n"] {
        error(text);
    }
}

#[test]
fn keys_are_sorted_naturally_a8() {
    let value = json!({"a10": 1, "a9": 2, "B": 3, "b": 4});
    assert_eq!(emit(&value), "B: 3\na9: 2\na10: 1\nb: 4\n");
}

#[test]
fn strings_that_read_as_something_else_are_quoted_a9() {
    for text in [
        "yes",
        "0123",
        "1e3",
        "0b11",
        "-1",
        "1:20",
        "2020-01-01",
        "null",
        "~",
    ] {
        assert_eq!(emit(&json!({"k": text})), format!("k: \"{text}\"\n"));
    }
    for text in ["a: b", "a #b", "*a", "- x", " x", "{a"] {
        assert_eq!(emit(&json!({"k": text})), format!("k: '{text}'\n"));
    }
    assert_eq!(emit(&json!({"true": "="})), "\"true\": =\n");
}

#[test]
fn characters_that_need_escapes_a10() {
    assert_eq!(emit(&json!("é\u{1F600}")), "\"é\\U0001F600\"\n");
    assert_eq!(emit(&json!("\u{1F600}\u{2028}")), "\"\\U0001F600\\L\"\n");
    assert_eq!(emit(&json!("\u{feff}")), "\"\\uFEFF\"\n");
    assert_eq!(emit(&json!("a\tb")), "\"a\\tb\"\n");
    assert_eq!(emit(&json!("\u{7}")), "\"\\a\"\n");
}

#[test]
fn long_scalars_are_folded_a11() {
    let text = "word ".repeat(30);
    let out = emit(&json!({"k": text.trim_end()}));
    assert!(
        out.lines().count() > 1 && out.lines().skip(1).all(|line| line.starts_with("  word")),
        "{out}"
    );
}

#[test]
fn texts_of_several_lines_a12() {
    assert_eq!(emit(&json!({"k": "a\nb\n"})), "k: |\n  a\n  b\n");
    assert_eq!(emit(&json!({"k": "a\nb"})), "k: |-\n  a\n  b\n");
    assert_eq!(emit(&json!({"k": "a\n\n"})), "k: |+\n  a\n\n");
    assert_eq!(emit(&json!({"k": "a \nb\n"})), "k: \"a \\nb\\n\"\n");
    assert_eq!(emit(&json!({"k": " a\nb\n"})), "k: |2\n   a\n  b\n");
}

#[test]
fn lists_are_not_indented_a13() {
    assert_eq!(emit(&json!({"lst": [1, {"a": [2]}]})), "lst:\n- 1\n- a:\n  - 2\n");
}

#[test]
fn duplicate_keys_are_errors_when_strict_a14() {
    assert!(error("a: 1\na: 2\n").contains("already set in map"));
    assert_eq!(read("a: 1\na: 2\n"), json!({"a": 2}));
}

#[test]
fn anchors_and_merges_are_expanded_a15() {
    assert_eq!(
        read("a: &x {b: 1}\nc:\n  <<: *x\n  d: *x\n"),
        json!({"a": {"b": 1}, "c": {"b": 1, "d": {"b": 1}}})
    );
    let documents = parse_documents(b"a: &x [1]\nb: *x\n", &Limits::default()).expect("YAML");
    let text = emit_node(&documents[0], &EmitOptions::KYAML).expect("text");
    assert!(!text.contains(['&', '*']), "{text}");
}

#[test]
fn marks_and_line_ends_are_read_a16() {
    assert_eq!(
        read("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n"),
        json!({"a": 1, "b": "x\ny\n"})
    );
}

#[test]
fn control_characters_are_errors_a17() {
    assert!(error("a: \u{1}\n").contains("control characters are not allowed"));
    assert!(read_value(b"a: \xff\n", false, &Limits::default()).is_err());
}
