//! What the schemas of drafts 4, 6 and 7 ask of `enum`, which the validator does not check: at least one item, and no two
//! that are the same. Later drafts ask for neither.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Number, Value};

/// Keywords that hold a schema, or a list of them: those of draft 4, then what drafts 6 and 7 added.
const SCHEMAS: [&str; 12] = [
    "items",
    "additionalItems",
    "additionalProperties",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
];
/// How many of them a draft knows.
const DRAFTS: [(&str, usize); 3] = [("/draft-04/", 7), ("/draft-06/", 9), ("/draft-07/", 12)];
/// Keywords that hold schemas by name.
const NAMED: [&str; 4] = ["properties", "patternProperties", "definitions", "dependencies"];
/// Most levels that are looked at; JSON that is deeper is not read in the first place.
const MAX_DEPTH: usize = 128;

/// Checks all schemas of a document.
///
/// # Errors
/// Where an `enum` is that does not hold up, and why.
pub(super) fn check(root: &Value) -> Result<(), String> {
    let draft = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
    let known = DRAFTS.iter().find(|(name, _)| draft.contains(name));
    known.map_or(Ok(()), |(_, keywords)| visit(root, &SCHEMAS[..*keywords], "", 0))
}

fn visit(schema: &Value, keywords: &[&str], place: &str, depth: usize) -> Result<(), String> {
    let Some(schema) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
        return Ok(());
    };
    for (keyword, value) in schema {
        let place = format!("{place}/{}", escaped(keyword));
        match value {
            Value::Array(items) if keyword == "enum" => {
                distinct(items).map_err(|why| format!("at '{place}': {why}"))?;
            }
            Value::Array(items) if keywords.contains(&keyword.as_str()) => {
                for (at, item) in items.iter().enumerate() {
                    visit(item, keywords, &format!("{place}/{at}"), depth + 1)?;
                }
            }
            Value::Object(_) if keywords.contains(&keyword.as_str()) => {
                visit(value, keywords, &place, depth + 1)?;
            }
            Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                for (name, value) in named {
                    visit(value, keywords, &format!("{place}/{}", escaped(name)), depth + 1)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A key in a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn distinct(items: &[Value]) -> Result<(), String> {
    if items.is_empty() {
        return Err("minItems: got 0, want 1".to_owned());
    }
    let mut seen = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let mut text = String::new();
        write_canonical(item, &mut text);
        if let Some(first) = seen.insert(text, at) {
            return Err(format!("items at {first} and {at} are equal"));
        }
    }
    Ok(())
}

/// A text that equal values share, whatever way their numbers are written. Nothing that is written to a String fails.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => write_number(number, out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                let _ = write!(out, "{key:?}:");
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A whole number without its fraction.
fn write_number(number: &Number, out: &mut String) {
    /// Above it floats leave whole numbers out.
    const EXACT: f64 = (1_u64 << 53) as f64;
    let float = number.as_f64().filter(|_| number.is_f64());
    let _ = match float {
        Some(float) if float.fract() == 0.0 && float.abs() <= EXACT => write!(out, "{}", float as i64),
        _ => write!(out, "{number}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What helm 4.3.1 says of them.
    #[test]
    fn enums_of_old_drafts_name_each_value_once() {
        let of = |draft: &str, items: Value| {
            check(&json!({"$schema": draft, "properties": {"x/y": {"items": [{"enum": items}]}}}))
        };
        let equal = |one, other| {
            let place = "at '/properties/x~1y/items/0/enum'";
            Err(format!("{place}: items at {one} and {other} are equal"))
        };
        for draft in ["04", "06", "07"] {
            let draft = format!("http://json-schema.org/draft-{draft}/schema#");
            assert_eq!(of(&draft, json!([1, 1])), equal(0, 1));
            assert_eq!(of(&draft, json!([1e15, 1_000_000_000_000_000_i64])), equal(0, 1));
            assert_eq!(
                of(&draft, json!([{"a": 1.0, "b": "x"}, 2, {"b": "x", "a": 1}])),
                equal(0, 2)
            );
            assert_eq!(
                of(&draft, json!([1, "1", 1.5, true, null, "true", [], {}])),
                Ok(())
            );
            let none = of(&draft, json!([])).expect_err("an empty enum");
            assert!(none.ends_with("minItems: got 0, want 1"), "{none}");
        }
        let new = "https://json-schema.org/draft/2019-09/schema";
        assert_eq!(of(new, json!([1, 1])), Ok(()));
        // a keyword that draft 4 does not have
        let unknown = |draft: &str| check(&json!({"$schema": draft, "if": {"enum": [1, 1]}}));
        assert_eq!(unknown("http://json-schema.org/draft-04/schema#"), Ok(()));
        assert!(unknown("http://json-schema.org/draft-07/schema#").is_err());
        // a value, and no schema
        let value = json!({"$schema": "http://json-schema.org/draft-07/schema#", "const": {"enum": [1, 1]}, "default": {"enum": []}});
        assert_eq!(check(&value), Ok(()));
    }
}
