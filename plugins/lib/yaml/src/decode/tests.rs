use super::*;
use crate::limits::Limits;
use serde_json::json;

fn read(text: &str) -> Result<Value, String> {
    read_value(text.as_bytes(), false, &Limits::default()).map_err(|error| error.to_string())
}

fn kyaml(text: &str) -> Result<Value, String> {
    let node = parse_document(text.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
    to_json(&node.unwrap(), Schema::V3).map_err(|error| error.to_string())
}

/// Traps A4 to A6 of the renderers' list.
#[test]
fn numbers_and_bools_of_values() {
    let value =
        read("big: 9007199254740993\none: 1.0\nsplit: 1_000\noct: 0777\nnew: 0o777\nhex: 0x1F\nten: 010")
            .unwrap();
    let expected = json!({
        "big": 9007199254740993u64, "one": 1.0, "split": 1000, "oct": 511, "new": 511, "hex": 31, "ten": 8
    });
    assert_eq!(value, expected);
    assert_eq!(
        read("t: 1:20\nd: 2020-01-01"),
        Ok(json!({"t": "1:20", "d": "2020-01-01"}))
    );
    assert_eq!(
        read("y: yes\nn: off\n1: x\n1.5: z"),
        Ok(json!({"true": true, "false": false, "1": "x", "1.5": "z"}))
    );
}

/// Trap A7.
#[test]
fn what_json_cannot_hold_is_refused() {
    assert_eq!(read("a: .inf").unwrap_err(), "json: unsupported value: +Inf");
    assert_eq!(read("a: [.nan]").unwrap_err(), "json: unsupported value: NaN");
    assert_eq!(
        read("~: [1, {a: b}]").unwrap_err(),
        "unsupported map key of type: %!s(<nil>), key: <nil>, value: []interface {}{1, map[interface {}]interface {}{\"a\":\"b\"}}"
    );
    assert_eq!(
        read("? [a]\n: b").unwrap_err(),
        "yaml: invalid map key: []interface {}{\"a\"}"
    );
}

/// Trap A14: sigs.k8s.io/yaml takes the last of duplicate keys unless it is strict, kyaml refuses.
#[test]
fn duplicate_keys() {
    let text = "a: 1\nb: 2\na: 3\n";
    assert_eq!(read(text), Ok(json!({"a": 3, "b": 2})));
    let strict = read_value(text.as_bytes(), true, &Limits::default()).unwrap_err();
    assert_eq!(
        strict.to_string(),
        "yaml: unmarshal errors:\n  line 3: key \"a\" already set in map"
    );
    let expected = "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 1";
    assert_eq!(kyaml(text).unwrap_err(), expected);
    let node = parse_document(text.as_bytes(), &Limits::default())
        .unwrap()
        .unwrap();
    assert_eq!(check_unique_keys(&node).unwrap_err().to_string(), expected);
    let many: String = (0..100).map(|key| format!("k{key}: 1\n")).collect();
    let node = parse_document(format!("{many}k7: 2\n").as_bytes(), &Limits::default())
        .unwrap()
        .unwrap();
    let error = check_unique_keys(&node).unwrap_err().to_string();
    assert!(
        error.ends_with("line 101: mapping key \"k7\" already defined at line 8"),
        "{error}"
    );
}

/// Trap A15.
#[test]
fn anchors_and_merges_are_expanded() {
    let text = "a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  k: 3\n";
    let expected = json!({"a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 2}, "c": {"k": 3, "l": 2}});
    assert_eq!(read(text), Ok(expected.clone()));
    assert_eq!(kyaml(text), Ok(expected));
    // v2 merges where `<<` stands, v3 last.
    let text = "c:\n  k: 3\n  <<: {k: 1}\n";
    assert_eq!(read(text), Ok(json!({"c": {"k": 1}})));
    assert_eq!(kyaml(text), Ok(json!({"c": {"k": 3}})));
}

#[test]
fn kyaml_turns_dates_into_times_and_empty_flow_values_into_strings() {
    assert_eq!(kyaml("a: 2020-01-01"), Ok(json!({"a": "2020-01-01T00:00:00Z"})));
    assert_eq!(
        kyaml("a: {b: , c: ~}\nd:"),
        Ok(json!({"a": {"b": "", "c": null}, "d": null}))
    );
    assert_eq!(kyaml("a: yes\nb: on"), Ok(json!({"a": "yes", "b": "on"})));
    assert_eq!(
        kyaml("a: {1: b}").unwrap_err(),
        "json: unsupported type: map[interface {}]interface {}"
    );
    assert_eq!(kyaml("1: b\ntrue: c"), Ok(json!({"1": "b", "true": "c"})));
}

#[test]
fn data_becomes_nodes_with_the_styles_of_the_emitter() {
    let node = from_json(&json!({"b": "1", "a": ["x\ny", {}, [], 1.5, null]}));
    let styles: Vec<(String, Style)> = node
        .get("a")
        .unwrap()
        .items()
        .iter()
        .map(|item| (item.value.clone(), item.style))
        .collect();
    let expected = [
        ("x\ny", Style::Literal),
        ("", Style::Flow),
        ("", Style::Flow),
        ("1.5", Style::Plain),
        ("null", Style::Plain),
    ];
    assert!(
        styles
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found.0.as_str(), found.1) == expected)
    );
    assert_eq!(node.content[0].value, "a");
    assert_eq!(node.get("b").unwrap().style, Style::DoubleQuoted);
    assert_eq!(
        to_json(&node, Schema::V3),
        Ok(json!({"a": ["x\ny", {}, [], 1.5, null], "b": "1"}))
    );
}
