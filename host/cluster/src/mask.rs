//! Takes Secret values out of error texts (the API server quotes what it refuses).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sluice_model::Object;

const MASK: &str = "***";
/// Texts that the server puts before a quoted value.
const QUOTING: [&str; 3] = ["Invalid value: ", "Value:", "got "];

/// Whether the object is a core Secret.
pub fn is_secret(object: &Object) -> bool {
    object.kind().eq_ignore_ascii_case("secret") && object.group().is_empty()
}

/// Every value of a Secret in the forms in which a text may hold it, longest first.
pub fn values(object: &Object) -> Vec<String> {
    let mut values = Vec::new();
    for field in ["data", "stringData"] {
        let Some(map) = object.0.get(field).and_then(Value::as_object) else {
            continue;
        };
        for value in map.values() {
            add(&mut values, value);
        }
    }
    if let Some(annotations) = object.metadata().and_then(|metadata| metadata.get("annotations"))
        && let Some(applied) = annotations.get("kubectl.kubernetes.io/last-applied-configuration")
    {
        add(&mut values, applied);
    }
    values.retain(|value| !value.trim().is_empty());
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}

fn add(values: &mut Vec<String>, value: &Value) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => return,
        other => other.to_string(),
    };
    if let Ok(decoded) = STANDARD.decode(text.trim())
        && let Ok(decoded) = String::from_utf8(decoded)
    {
        values.push(quoted(&decoded));
        values.push(decoded);
    }
    values.push(STANDARD.encode(&text));
    values.push(quoted(&text));
    values.push(text);
}

/// As Go's `%q` and JSON write it, without the quotes.
fn quoted(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    json.trim_matches('"').to_owned()
}

/// The text without the values, and without whatever the server quoted as refused.
pub fn mask(text: &str, values: &[String]) -> String {
    let mut text = text.to_owned();
    for value in values {
        text = replace(&text, value);
    }
    for before in QUOTING {
        text = mask_quoted(&text, before);
    }
    text
}

/// Values of one or two characters are masked only as whole words, so that the text stays readable.
fn replace(text: &str, value: &str) -> String {
    if value.len() > 2 {
        return text.replace(value, MASK);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, from) = rest.split_at(at);
        let after = &from[value.len()..];
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        out.push_str(before);
        let inside = word(before.chars().next_back()) || word(after.chars().next());
        out.push_str(if inside { value } else { MASK });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Replaces the quoted string after each `before`, escapes respected.
fn mask_quoted(text: &str, before: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let needle = format!("{before}\"");
    while let Some(at) = rest.find(&needle) {
        let (head, tail) = rest.split_at(at + needle.len());
        out.push_str(head);
        out.push_str(MASK);
        rest = match closing_quote(tail) {
            Some(end) => &tail[end..],
            None => "",
        };
    }
    out.push_str(rest);
    out
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(at),
            _ => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret() -> Object {
        Object::from_value(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"},
            "data": {"a": "aHVudGVyMg==", "n": 12345}, "stringData": {"b": "line\none", "c": "x"}}),
        )
        .expect("a map")
    }

    /// L1: no Secret value in an error of server-side apply.
    #[test]
    fn no_form_of_a_value_survives() {
        let values = values(&secret());
        let text = r#"data[a]: Invalid value: "hunter2" b: "line\none" aHVudGVyMg== 12345 "x" next text"#;
        let masked = mask(text, &values);
        for leak in ["hunter2", "line", "aHVudGVyMg", "12345", "\"x\""] {
            assert!(!masked.contains(leak), "{leak} in {masked}");
        }
        assert!(masked.contains("next text"), "{masked}");
    }

    #[test]
    fn what_the_server_quotes_is_masked_even_when_it_is_no_value() {
        let masked = mask(r#"x: Invalid value: "se\"cret": bad, &value{Value:"other"}"#, &[]);
        assert_eq!(masked, r#"x: Invalid value: "***": bad, &value{Value:"***"}"#);
    }

    #[test]
    fn only_core_secrets_are_secret() {
        assert!(is_secret(&secret()));
        let other = Object::from_value(json!({"apiVersion": "x/v1", "kind": "Secret"})).expect("a map");
        assert!(!is_secret(&other));
    }
}
