use super::*;
use serde_json::json;

#[test]
fn writes_what_go_writes() {
    let value =
        json!({"b": [1, 1.5, 1e-7, null, true], "a": {"k": "<&>\u{2028}\u{7}\n\"\\"}, "A": [], "e": {}});
    assert_eq!(
        write_json(&value, JsonOptions::COMPACT),
        r#"{"A":[],"a":{"k":"\u003c\u0026\u003e\u2028\u0007\n\"\\"},"b":[1,1.5,1e-7,null,true],"e":{}}"#
    );
    let raw = JsonOptions {
        escape_html: false,
        indent: 0,
    };
    assert_eq!(write_json(&json!("<&>"), raw), "\"<&>\"");
}

#[test]
fn pretty_breaks_every_entry() {
    let value = json!({"a": [1, {"b": []}]});
    let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ]\n}";
    assert_eq!(write_json(&value, JsonOptions::PRETTY), expected);
}

#[test]
fn controls_that_stay_unescaped_are_noticed() {
    assert!(JsonText::of("a \u{85} b").is_read_differently(false));
    assert!(JsonText::of("a\u{7F}").is_read_differently(false));
    assert!(!JsonText::of("caf\u{e9} \u{a0}\u{feff}\u{1}").is_read_differently(true));
    let long = "<".repeat(200);
    assert!(JsonText::of(&long).is_read_differently(true));
    assert!(!JsonText::of(&long).is_read_differently(false));
}
