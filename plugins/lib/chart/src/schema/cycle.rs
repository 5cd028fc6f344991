//! Finds references that lead back to themselves without going deeper into the values: no check of values would end.

use std::collections::HashMap;

use serde_json::Value;

/// Keywords whose schemas apply to the same value.
const IN_PLACE: [&str; 9] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
];
const REFERENCES: [&str; 3] = ["$ref", "$recursiveRef", "$dynamicRef"];

struct Graph<'a> {
    root: &'a Value,
    names: HashMap<String, &'a Value>,
    /// Schemas by address: being looked at, or known to end.
    state: HashMap<*const Value, bool>,
}

/// Checks all schemas of a document.
pub(super) fn check(root: &Value) -> Result<(), String> {
    let mut all = Vec::new();
    collect(root, &mut all);
    let mut names = HashMap::new();
    for schema in &all {
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = schema.get(keyword).and_then(Value::as_str) {
                names.insert(format!("#{name}"), *schema);
            }
        }
        if let Some(id) = schema
            .get("$id")
            .or_else(|| schema.get("id"))
            .and_then(Value::as_str)
        {
            names.insert(id.to_owned(), *schema);
        }
    }
    let mut graph = Graph {
        root,
        names,
        state: HashMap::new(),
    };
    all.into_iter().try_for_each(|schema| graph.visit(schema))
}

/// All objects of a document: which of them are schemas does not matter here.
fn collect<'a>(value: &'a Value, all: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            all.push(value);
            map.values().for_each(|value| collect(value, all));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, all)),
        _ => {}
    }
}

impl<'a> Graph<'a> {
    fn visit(&mut self, schema: &'a Value) -> Result<(), String> {
        let Value::Object(map) = schema else {
            return Ok(());
        };
        match self.state.get(&std::ptr::from_ref(schema)) {
            Some(true) => return Ok(()),
            Some(false) => return Err("the schema has a reference cycle".into()),
            None => {}
        }
        self.state.insert(schema, false);
        for keyword in REFERENCES {
            let target = map.get(keyword).and_then(Value::as_str);
            if let Some(target) = target.and_then(|reference| self.target(reference)) {
                self.visit(target)?;
            }
        }
        for keyword in IN_PLACE {
            match map.get(keyword) {
                Some(Value::Array(items)) => items.iter().try_for_each(|item| self.visit(item))?,
                Some(Value::Object(map)) if keyword.starts_with("depend") => {
                    map.values().try_for_each(|item| self.visit(item))?;
                }
                Some(value) => self.visit(value)?,
                None => {}
            }
        }
        self.state.insert(schema, true);
        Ok(())
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        let local = reference
            .strip_prefix("file:///values.schema.json")
            .unwrap_or(reference);
        match local.strip_prefix('#') {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                self.root.pointer(&decode(pointer))
            }
            _ => self.names.get(local).copied(),
        }
    }
}

/// Undoes percent encoding, as fragments of URIs have it.
fn decode(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
