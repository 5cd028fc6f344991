//! Where in an object an expression stands, for error texts.

use serde_json::Value;

/// Whether any text or key holds a `$`.
pub fn has_dollar(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('$'),
        Value::Array(items) => items.iter().any(has_dollar),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains('$') || has_dollar(value)),
        _ => false,
    }
}

/// The path of the first text or key that `fails` accepts, for example `spec.containers[0].image`.
pub fn find(value: &Value, fails: impl Fn(&str) -> bool) -> Option<String> {
    search(value, &fails).map(|path| path.trim_start_matches('.').to_owned())
}

fn search(value: &Value, fails: &impl Fn(&str) -> bool) -> Option<String> {
    match value {
        Value::String(text) => (text.contains('$') && fails(text)).then(String::new),
        Value::Array(items) => {
            let mut found = items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| search(item, fails).map(|below| format!("[{index}]{below}")));
            found.next()
        }
        Value::Object(map) => {
            let mut found = map.iter().filter_map(|(key, value)| {
                if key.contains('$') && fails(key) {
                    return Some(step(key));
                }
                search(value, fails).map(|below| step(key) + &below)
            });
            found.next()
        }
        _ => None,
    }
}

fn step(key: &str) -> String {
    let plain = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain {
        format!(".{key}")
    } else {
        format!("[{key:?}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_the_first_field() {
        let value = json!({"a": ["$1", {"b.c": "x$"}], "d": "$$"});
        assert!(has_dollar(&value) && !has_dollar(&json!({"a": [1, "b"]})));
        assert_eq!(
            find(&value, |text| text == "x$").as_deref(),
            Some("a[1][\"b.c\"]")
        );
        assert_eq!(find(&value, |text| text == "$$").as_deref(), Some("d"));
        assert_eq!(find(&value, |_| false), None);
    }
}
