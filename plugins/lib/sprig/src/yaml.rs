//! YAML as Helm's functions read and write it.

use sluice_go_template::{Budget, Error, Map, Value};
use sluice_yaml::{EmitOptions, Flavour, Limits, emit_value, read_value};

use crate::json::{Rules, from_json, to_tree};

/// Largest text that is read.
const LIMITS: Limits = Limits {
    max_bytes: 16 << 20,
    max_depth: 250,
    max_nodes: 1_000_000,
};

/// `sigs.k8s.io/yaml.Marshal`, without the line break at the end.
///
/// # Errors
/// Values that JSON does not have; or the budget is used up.
pub fn write(value: &Value, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    emit(value, Flavour::Sigs, budget).map_err(|error| {
        let is_json = error.text().starts_with("json: ");
        if is_json {
            Error::new(format!("error marshaling into JSON: {error}"))
        } else {
            error
        }
    })
}

/// `toYamlPretty`: go-yaml v3 with sequences indented.
///
/// # Errors
/// As [`write`].
pub fn write_pretty(value: &Value, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    emit(value, Flavour::V3(EmitOptions::PRETTY), budget)
}

fn emit(value: &Value, flavour: Flavour, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    let rules = if flavour == Flavour::Sigs {
        Rules::Json
    } else {
        Rules::Yaml
    };
    let tree = to_tree(value, rules, budget)?;
    let mut text = emit_value(&tree, flavour).map_err(|error| Error::new(error.to_string()))?;
    if text.ends_with('\n') {
        text.pop();
    }
    budget.charge_bytes(text.len() as u64)?;
    Ok(text.into_bytes())
}

/// What a text is read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
}

/// `sigs.k8s.io/yaml.Unmarshal`. The error is its text.
///
/// # Errors
/// The text is no YAML, or not of the wanted shape.
pub fn read(text: &[u8], target: Target) -> Result<Value, String> {
    let tree = read_value(text, false, &LIMITS)
        .map_err(|error| format!("error converting YAML to JSON: {error}"))?;
    let kind = match (target, &tree) {
        (Target::Map, serde_json::Value::Object(_)) | (Target::List, serde_json::Value::Array(_)) => {
            return Ok(from_json(&tree));
        }
        // Nothing leaves what the text is read into as it was.
        (Target::Map, serde_json::Value::Null) => return Ok(Value::Map(Map::new())),
        (Target::List, serde_json::Value::Null) => return Ok(Value::list(Vec::new())),
        (_, serde_json::Value::Object(_)) => "object",
        (_, serde_json::Value::Array(_)) => "array",
        (_, serde_json::Value::Bool(_)) => "bool",
        (_, serde_json::Value::String(_)) => "string",
        (_, serde_json::Value::Number(_)) => "number",
    };
    let wanted = match target {
        Target::Map => "map[string]interface {}",
        Target::List => "[]interface {}",
    };
    Err(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
    ))
}
