//! Values: files of them, merging, and conversion from and to JSON.

use sluice_go_template::{Entries, List, Map, MapType, Str, Value};

use crate::decode::{DecodeError, document, kind};
use crate::error::ValuesError;

/// Reads a file of values: documents separated by `---`, later ones merged over earlier ones. All numbers are floats.
///
/// # Errors
/// No YAML, or a document that is no mapping.
pub fn read(text: &[u8]) -> Result<Map, ValuesError> {
    let mut values = Map::new();
    for (at, document) in split(text)?.into_iter().enumerate() {
        let read = read_document(document).map_err(ValuesError::Document)?;
        values = if at == 0 { read } else { merge(&values, &read) };
    }
    Ok(values)
}

fn read_document(text: &[u8]) -> Result<Map, DecodeError> {
    match document(text, &sluice_yaml::Limits::default())? {
        serde_json::Value::Null => Ok(Map::new()),
        serde_json::Value::Object(entries) => Ok(object(entries)),
        other => Err(DecodeError::Document {
            found: kind(&other),
            wanted: "map[string]interface {}",
        }),
    }
}

/// Splits at lines that start with `---`, as the reader of Kubernetes' apimachinery does: such a line ends a document when
/// there is one, else it belongs to the next.
fn split(text: &[u8]) -> Result<Vec<&[u8]>, ValuesError> {
    let (mut documents, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let end = text[at..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |found| at + found + 1);
        if let Some(rest) = text[at..end].strip_prefix(b"---") {
            let rest = String::from_utf8_lossy(rest);
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(ValuesError::Separator(rest.to_owned()));
            }
            if at > start {
                documents.push(&text[start..at]);
                start = end;
            }
        }
        at = end;
    }
    if start < text.len() {
        documents.push(&text[start..]);
    }
    Ok(documents)
}

/// The entries of two maps; the second wins, maps in both are merged. Neither is changed; what is not merged is shared.
pub fn merge(base: &Map, over: &Map) -> Map {
    let mut out: Entries = base.read(Entries::clone);
    over.read(|entries| {
        for (key, value) in entries {
            let merged = match (out.get(key), value) {
                (Some(Value::Map(base)), Value::Map(over)) => Value::Map(merge(base, over)),
                _ => value.clone(),
            };
            out.insert(key.clone(), merged);
        }
    });
    Map::with_entries(&MapType::ANY, out)
}

/// JSON as Go decodes it into `interface {}`: all numbers are floats.
pub fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => Value::Map(object(entries)),
    }
}

fn object(entries: serde_json::Map<String, serde_json::Value>) -> Map {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (Str::from(key), from_json(value)));
    Map::with_entries(&MapType::ANY, entries.collect())
}

/// Values as JSON; what JSON cannot hold becomes null, bytes that are no UTF-8 are replaced.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(flag) => serde_json::Value::Bool(*flag),
        Value::Int(_, number) => serde_json::Value::from(*number),
        Value::Uint(_, number) => serde_json::Value::from(*number),
        Value::Float(number) => float_to_json(*number),
        Value::String(text) => serde_json::Value::from(text.to_lossy()),
        Value::List(list) => serde_json::Value::Array(list.iter().map(to_json).collect()),
        Value::Map(map) => map_to_json(map),
        _ => serde_json::Value::Null,
    }
}

/// A map as JSON.
pub fn map_to_json(map: &Map) -> serde_json::Value {
    let entry = |(key, value): (&Str, &Value)| (key.to_lossy().into_owned(), to_json(value));
    serde_json::Value::Object(map.read(|entries| entries.iter().map(entry).collect()))
}

/// Whole floats are written without a fraction, as encoding/json does.
fn float_to_json(number: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return serde_json::Value::from(number as i64);
    }
    serde_json::Value::from(number)
}

/// A copy that shares no map with the original.
pub fn deep_copy(map: &Map) -> Map {
    let copied = map.read(|entries| {
        entries
            .iter()
            .map(|(key, value)| (key.clone(), deep_copy_value(value)))
            .collect()
    });
    Map::with_entries(map.kind(), copied)
}

fn deep_copy_value(value: &Value) -> Value {
    match value {
        Value::Map(map) if map.is_nil() => value.clone(),
        Value::Map(map) => Value::Map(deep_copy(map)),
        // lists cannot be changed in place, only maps in them
        Value::List(list)
            if list
                .iter()
                .any(|item| matches!(item, Value::Map(_) | Value::List(_))) =>
        {
            Value::List(List::typed(
                list.kind(),
                list.iter().map(deep_copy_value).collect(),
            ))
        }
        other => other.clone(),
    }
}

/// The table at a path of names separated by dots.
pub fn table(values: &Map, path: &str) -> Option<Map> {
    let mut table = values.clone();
    for name in path.split('.') {
        table = match table.get(name) {
            Some(Value::Map(map)) => map,
            _ => return None,
        };
    }
    Some(table)
}

/// The value at a path of names separated by dots, unless it is a table.
pub fn at_path(values: &Map, path: &str) -> Option<Value> {
    let (table, name) = match path.rsplit_once('.') {
        Some((parent, name)) => (table(values, parent)?, name),
        None => (values.clone(), path),
    };
    table.get(name).filter(|value| !matches!(value, Value::Map(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        read(text.as_bytes()).map_or_else(|error| error.to_string(), |map| map_to_json(&map).to_string())
    }

    #[test]
    fn documents_are_merged() {
        assert_eq!(
            json("---\na: {x: 1, z: 2}\n--- # next\na: {z: 3}\nb: 0777\n"),
            r#"{"a":{"x":1,"z":3},"b":511}"#
        );
        assert_eq!(json(""), "{}");
        assert_eq!(json("# only a comment"), "{}");
        assert_eq!(json("null"), "{}");
        assert_eq!(json("a: 1\n---"), r#"{"a":1}"#);
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        assert!(json("- a").contains("cannot unmarshal array into Go value of type map[string]interface {}"));
        assert_eq!(
            json("--- x\n"),
            "error reading yaml document: invalid Yaml document separator: x"
        );
        assert!(json("a: .inf").contains("unsupported value"));
    }

    #[test]
    fn paths_lead_to_tables_and_values() {
        let values = read(b"a: {b: {c: 1}}").unwrap();
        assert!(table(&values, "a.b").is_some());
        assert!(table(&values, "a.b.c").is_none());
        assert!(at_path(&values, "a.b.c").is_some());
        assert!(at_path(&values, "a.b").is_none());
        assert!(at_path(&values, "x.y").is_none());
    }
}
