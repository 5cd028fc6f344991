//! The schemas of a document and what they refer to. References that lead back to themselves without going deeper into the
//! values are refused: no check of values would end.

use std::collections::HashMap;

use serde_json::Value;

/// Most schemas that one value may lead through, one referring to the next (CVE-2025-32387).
const MAX_HEIGHT: usize = 100;

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

/// A document whose references end.
pub(super) struct Graph<'a> {
    root: &'a Value,
    names: HashMap<String, &'a Value>,
    /// Schemas by address: being looked at, or through how many schemas one value leads from there.
    heights: HashMap<*const Value, Option<usize>>,
}

impl<'a> Graph<'a> {
    /// Checks all schemas of a document.
    pub(super) fn of(root: &'a Value) -> Result<Self, String> {
        let mut all = Vec::new();
        collect(root, &mut all);
        let mut graph = Self {
            root,
            names: names(&all),
            heights: HashMap::new(),
        };
        for schema in all {
            graph.visit(schema, 0)?;
        }
        Ok(graph)
    }
}

/// What references may call schemas, besides their places.
fn names<'a>(all: &[&'a Value]) -> HashMap<String, &'a Value> {
    let mut names = HashMap::new();
    for schema in all {
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
    names
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
    /// Through how many schemas a value leads from this one.
    fn visit(&mut self, schema: &'a Value, depth: usize) -> Result<usize, String> {
        if !schema.is_object() {
            return Ok(0);
        }
        match self.heights.get(&std::ptr::from_ref(schema)) {
            Some(Some(height)) => return Ok(*height),
            Some(None) => return Err("the schema has a reference cycle".into()),
            None => {}
        }
        self.heights.insert(schema, None);
        let mut height = 0;
        for next in self.in_place(schema) {
            if depth > MAX_HEIGHT {
                return Err(too_high());
            }
            height = height.max(self.visit(next, depth + 1)?);
        }
        if height >= MAX_HEIGHT {
            return Err(too_high());
        }
        self.heights.insert(schema, Some(height + 1));
        Ok(height + 1)
    }

    /// The schemas that apply to the same value.
    pub(super) fn in_place(&self, schema: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        for keyword in REFERENCES {
            let target = schema.get(keyword).and_then(Value::as_str);
            found.extend(target.and_then(|reference| self.target(reference)));
        }
        for keyword in IN_PLACE {
            match schema.get(keyword) {
                Some(Value::Array(items)) => found.extend(items),
                Some(Value::Object(map)) if keyword.starts_with("depend") => found.extend(map.values()),
                Some(value) => found.push(value),
                None => {}
            }
        }
        found
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

fn too_high() -> String {
    format!("the schema has references deeper than {MAX_HEIGHT} levels")
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
