//! RFC 6902 patches over JSON data, as lenient and as strict as the library that kustomize uses.

use serde_json::{Map, Number, Value};

use sluice_yaml::{JsonOptions, write_json};

/// Most values that `copy` may add in one patch.
const MAX_COPIED: usize = 1_000_000;

/// A list of operations.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPatch {
    operations: Vec<Map<String, Value>>,
}

type Reason = String;

impl JsonPatch {
    /// Reads operations from JSON or YAML text. None: the text is null.
    pub fn parse(text: &[u8], limits: &sluice_yaml::Limits) -> Result<Option<Self>, Reason> {
        if text.is_empty() {
            return Err("empty json patch operations".into());
        }
        let value = if text[0] == b'[' {
            // What begins as JSON must be JSON: a flow list of YAML is none.
            serde_json::from_slice(text).map_err(|error| error.to_string())?
        } else {
            read_yaml(text, limits)?
        };
        let items = match value {
            Value::Null => return Ok(None),
            Value::Array(items) => items,
            _ => return Err("a JSON patch is a list of operations".into()),
        };
        let operation = |item| match item {
            Value::Object(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            _ => Err("an operation of a JSON patch is an object".to_owned()),
        };
        Ok(Some(Self {
            operations: items.into_iter().map(operation).collect::<Result<_, _>>()?,
        }))
    }

    /// True without operations.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// True when an operation changes the whole of what a path leads to.
    pub fn replaces(&self, path: &str) -> bool {
        let covers = |operation: &Map<String, Value>, field: &str| {
            let changed = operation.get(field).and_then(Value::as_str);
            changed.is_some_and(|changed| is_prefix(changed, path))
        };
        self.operations
            .iter()
            .any(|operation| match operation.get("op").and_then(Value::as_str) {
                Some("move") => covers(operation, "path") || covers(operation, "from"),
                Some("add" | "replace" | "remove" | "copy") => covers(operation, "path"),
                _ => false,
            })
    }

    /// True when an operation reads what a path leads to, or anything below it, as a whole.
    pub fn reads(&self, path: &str) -> bool {
        let leads_to = |operation: &Map<String, Value>, field: &str| {
            let read = operation.get(field).and_then(Value::as_str);
            read.is_some_and(|read| is_prefix(read, path) || is_prefix(path, read))
        };
        self.operations
            .iter()
            .any(|operation| match operation.get("op").and_then(Value::as_str) {
                Some("copy" | "move") => leads_to(operation, "from"),
                Some("test") => leads_to(operation, "path"),
                _ => false,
            })
    }

    /// Applies all operations in order.
    pub fn apply(&self, document: &mut Value) -> Result<(), Reason> {
        let mut copied = 0;
        self.operations
            .iter()
            .try_for_each(|operation| apply(operation, document, &mut copied))
    }
}

/// True when a path is another one or leads to something above it.
fn is_prefix(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn read_yaml(text: &[u8], limits: &sluice_yaml::Limits) -> Result<Value, Reason> {
    sluice_yaml::read_value(text, false, limits).map_err(|error| error.to_string())
}

fn text<'o>(operation: &'o Map<String, Value>, field: &str) -> Result<&'o str, Reason> {
    match operation.get(field) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("operation missing {field} field: missing value")),
    }
}

fn apply(operation: &Map<String, Value>, document: &mut Value, copied: &mut usize) -> Result<(), Reason> {
    let kind = operation.get("op").and_then(Value::as_str).unwrap_or("unknown");
    let value = || operation.get("value").cloned().unwrap_or(Value::Null);
    match kind {
        "add" => add(document, text(operation, "path")?, value()),
        "remove" => remove(document, text(operation, "path")?).map(|_| ()),
        "replace" => replace(document, text(operation, "path")?, value()),
        "test" => test(document, text(operation, "path")?, &value()),
        "move" => {
            let moved =
                remove(document, text(operation, "from")?).map_err(|reason| format!("move: {reason}"))?;
            add(document, text(operation, "path")?, moved)
        }
        "copy" => {
            let from = text(operation, "from")?;
            let copy = get(document, from)?.cloned().unwrap_or(Value::Null);
            *copied += count(&copy);
            if *copied > MAX_COPIED {
                return Err(format!("copy operations add more than {MAX_COPIED} values"));
            }
            add(document, text(operation, "path")?, copy)
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn unescape(part: &str) -> String {
    if part.contains('~') {
        part.replace("~1", "/").replace("~0", "~")
    } else {
        part.to_owned()
    }
}

/// The container that holds the last part of a path, with that part.
fn container<'d>(document: &'d mut Value, path: &str) -> Option<(&'d mut Value, String)> {
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() < 2 {
        return None;
    }
    let last = unescape(parts.pop()?);
    let mut found = document;
    for part in &parts[1..] {
        let part = unescape(part);
        found = match found {
            Value::Object(map) => map.get_mut(&part)?,
            Value::Array(items) => {
                let at = existing_index(&part, items.len()).ok()?;
                items.get_mut(at)?
            }
            _ => return None,
        };
        if found.is_null() {
            return None;
        }
    }
    matches!(found, Value::Object(_) | Value::Array(_)).then_some((found, last))
}

/// An index of an element; negative ones count from the end.
fn existing_index(part: &str, length: usize) -> Result<usize, Reason> {
    let at = index_within(part, length)?;
    if at < length {
        Ok(at)
    } else {
        Err(format!(
            "Unable to access invalid index: {part}: invalid index referenced"
        ))
    }
}

fn index_within(part: &str, length: usize) -> Result<usize, Reason> {
    let index: i64 = part
        .parse()
        .map_err(|_| format!("value was not a proper array index: '{part}'"))?;
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let at = if index < 0 { index + length } else { index };
    usize::try_from(at)
        .map_err(|_| format!("Unable to access invalid index: {index}: invalid index referenced"))
}

fn missing(operation: &str, path: &str) -> Reason {
    format!("{operation} operation does not apply: doc is missing path: \"{path}\": missing value")
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), Reason> {
    let (holder, key) = container(document, path).ok_or_else(|| missing("add", path))?;
    match holder {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            let place = |reason: Reason| format!("error in add for path: '{path}': {reason}");
            let at = index_within(&key, items.len() + 1).map_err(place)?;
            if at > items.len() {
                return Err(place(format!(
                    "Unable to access invalid index: {key}: invalid index referenced"
                )));
            }
            items.insert(at, value);
        }
        _ => return Err(missing("add", path)),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, Reason> {
    let (holder, key) = container(document, path).ok_or_else(|| missing("remove", path))?;
    let place = |reason: Reason| format!("error in remove for path: '{path}': {reason}");
    match holder {
        Value::Object(map) => map
            .shift_remove(&key)
            .ok_or_else(|| place(format!("Unable to remove nonexistent key: {key}: missing value"))),
        Value::Array(items) => {
            let at = existing_index(&key, items.len()).map_err(place)?;
            Ok(items.remove(at))
        }
        _ => Err(missing("remove", path)),
    }
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), Reason> {
    if path.is_empty() {
        if !value.is_object() && !value.is_array() {
            return Err("replace operation value must be object or array".into());
        }
        *document = value;
        return Ok(());
    }
    let (holder, key) = container(document, path).ok_or_else(|| missing("replace", path))?;
    match holder {
        // The library does not mind a key that is not there.
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) => {
            let at = existing_index(&key, items.len()).map_err(|_| {
                format!("replace operation does not apply: doc is missing key: {path}: missing value")
            })?;
            items[at] = value;
        }
        _ => return Err(missing("replace", path)),
    }
    Ok(())
}

fn get<'d>(document: &'d mut Value, path: &str) -> Result<Option<&'d Value>, Reason> {
    let (holder, key) = container(document, path).ok_or_else(|| missing("copy", path))?;
    match holder {
        Value::Object(map) => Ok(map.get(&key)),
        Value::Array(items) => existing_index(&key, items.len()).map(|at| items.get(at)),
        _ => Ok(None),
    }
}

fn test(document: &mut Value, path: &str, wanted: &Value) -> Result<(), Reason> {
    let equal = if path.is_empty() {
        same(document, wanted)
    } else {
        let found = get(document, path).map_err(|reason| reason.replacen("copy", "test", 1))?;
        same(found.unwrap_or(&Value::Null), wanted)
    };
    if equal {
        Ok(())
    } else {
        Err(format!("testing value {path} failed: test failed"))
    }
}

/// Scalars are equal when their JSON text is.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, item)| b.get(key).is_some_and(|other| same(item, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y)),
        (Value::Number(_), Value::Number(_)) => {
            write_json(left, JsonOptions::COMPACT) == write_json(right, JsonOptions::COMPACT)
        }
        _ => left == right,
    }
}

/// Go reads all JSON numbers as floats.
pub(crate) fn numbers_to_floats(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers_to_floats),
        Value::Object(map) => map.values_mut().for_each(numbers_to_floats),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(document: Value, patch: &str) -> Result<Value, Reason> {
        let mut document = document;
        let patch = JsonPatch::parse(patch.as_bytes(), &sluice_yaml::Limits::default())?.ok_or("null")?;
        patch.apply(&mut document).map(|()| document)
    }

    #[test]
    fn applies_all_operations_e71() {
        let patch = r#"[{"op":"add","path":"/l/-","value":3},{"op":"add","path":"/l/0","value":0},
          {"op":"remove","path":"/a~1b"},{"op":"replace","path":"/c","value":{"d":1}},{"op":"copy","from":"/c/d","path":"/e"},
          {"op":"move","from":"/e","path":"/f"},{"op":"test","path":"/f","value":1},{"op":"add","path":"/l/-1","value":9}]"#;
        let result = patched(json!({"l": [1, 2], "a/b": 1, "c": null}), patch);
        assert_eq!(result, Ok(json!({"l": [0, 1, 2, 3, 9], "c": {"d": 1}, "f": 1})));
    }

    #[test]
    fn reads_yaml() {
        let result = patched(json!({"a": 1}), "- op: replace\n  path: /a\n  value: yes\n");
        assert_eq!(result, Ok(json!({"a": true})));
    }

    #[test]
    fn missing_paths_are_errors() {
        let error = patched(json!({}), r#"[{"op":"add","path":"/a/b","value":1}]"#).expect_err("no /a");
        assert!(error.contains("add operation does not apply: doc is missing path"));
        assert!(
            patched(json!({}), r#"[{"op":"remove","path":"/a"}]"#)
                .expect_err("no /a")
                .contains("nonexistent key")
        );
        assert!(patched(json!({"l": []}), r#"[{"op":"replace","path":"/l/0","value":1}]"#).is_err());
        assert!(patched(json!({"a": 1}), r#"[{"op":"test","path":"/a","value":2}]"#).is_err());
        assert!(patched(json!({}), r#"[{"op":"nope","path":"/a"}]"#).is_err());
    }

    #[test]
    fn copies_are_bounded_r8() {
        let mut patch = String::from("[");
        for _ in 0..40 {
            patch.push_str(r#"{"op":"copy","from":"/a","path":"/a/-"},"#);
        }
        patch.push_str(r#"{"op":"remove","path":"/a"}]"#);
        assert!(
            patched(json!({"a": [1]}), &patch)
                .expect_err("a bomb")
                .contains("copy operations add more than")
        );
    }
}
