//! Turns schemas derived from Rust types into structural schemas as the API server takes them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// The structural schema of a type, with everything inlined.
pub(crate) fn structural<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema
}

/// A CEL rule for `x-kubernetes-validations`.
pub(crate) fn rule(message: &str, rule: &str) -> Value {
    json!({ "message": message, "rule": rule })
}

/// Any JSON value, kept as it is.
pub(crate) fn any(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

/// An integer without a format.
pub(crate) fn integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer" })
}

/// Rewrites one schema and all below it: a field may be missing but not null, unions with null are what they are
/// without it, and names of Rust types are not told.
fn tidy(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    for key in ["$schema", "title", "definitions", "nullable"] {
        map.remove(key);
    }
    drop_null_branch(map);
    drop_null_type(map);
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::String(text)) = map.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(tidy);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            tidy(inner);
        }
    }
}

/// `anyOf: [X, null]` becomes X; what stands beside the union (description, patterns) wins over X's own.
fn drop_null_branch(map: &mut Map<String, Value>) {
    let Some(Value::Array(mut branches)) = map.remove("anyOf") else {
        return;
    };
    branches.retain(|branch| branch.get("type") != Some(&json!("null")));
    if branches.len() > 1 {
        map.insert("anyOf".into(), Value::Array(branches));
    } else if let Some(Value::Object(branch)) = branches.pop() {
        for (key, value) in branch {
            map.entry(key).or_insert(value);
        }
    }
}

/// `type: [X, null]` becomes `type: X`.
fn drop_null_type(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if types.len() == 1 {
            let only = types.remove(0);
            map.insert("type".into(), only);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_with_null_lose_the_null() {
        let mut schema = json!({
            "title": "X",
            "type": "object",
            "properties": {
                "a": { "type": ["string", "null"], "enum": ["x", null], "description": "one\ntwo" },
                "b": { "anyOf": [{ "type": "object", "description": "inner", "properties": {} }, { "type": "null" }],
                       "description": "outer" },
                "c": { "type": "array", "items": { "type": ["integer", "null"] } },
            },
        });
        tidy(&mut schema);
        let want = json!({
            "type": "object",
            "properties": {
                "a": { "type": "string", "enum": ["x"], "description": "one two" },
                "b": { "type": "object", "description": "outer", "properties": {} },
                "c": { "type": "array", "items": { "type": "integer" } },
            },
        });
        assert_eq!(schema, want);
    }
}
