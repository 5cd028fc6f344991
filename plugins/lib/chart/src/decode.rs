//! YAML into typed fields, with the leniency and the words of `sigs.k8s.io/yaml` over `encoding/json`: names are compared
//! without case, null leaves a field alone, numbers and bools become text where text is wanted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluice_yaml::{FloatPrecision, Limits, format_float, read_value};
use thiserror::Error;

/// Why a document does not give the fields.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// No YAML, or nothing that JSON can hold.
    #[error("error converting YAML to JSON: {0}")]
    Yaml(sluice_yaml::Error),
    /// A field has another type.
    #[error(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
    )]
    Field {
        /// JSON's name of the type.
        found: &'static str,
        /// The place.
        field: String,
        /// Go's name of the type.
        wanted: &'static str,
    },
    /// The document itself has another type.
    #[error(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}"
    )]
    Document {
        /// JSON's name of the type.
        found: &'static str,
        /// Go's name of the type.
        wanted: &'static str,
    },
}

/// The first document of `text`.
pub fn document(text: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
    read_value(text, false, limits).map_err(DecodeError::Yaml)
}

/// The entries of a document that is a mapping, in the order in which Go's decoder meets them; none for null.
pub fn entries<'a>(value: &'a Value, wanted: &'static str) -> Result<Vec<(&'a str, &'a Value)>, DecodeError> {
    match value {
        Value::Object(map) => Ok(sorted(map)),
        Value::Null => Ok(Vec::new()),
        other => Err(DecodeError::Document {
            found: kind(other),
            wanted,
        }),
    }
}

fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// encoding/json's name of a value's type.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The place of a value, for errors: `Metadata.sources`. Its methods take a value over, null leaving the field alone.
///
/// Their errors are values of another type.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Go's name of the struct, and the path to it.
    pub owner: &'static str,
    /// The field.
    pub name: &'a str,
}

impl Field<'_> {
    fn mismatch(&self, value: &Value, wanted: &'static str) -> DecodeError {
        DecodeError::Field {
            found: kind(value),
            field: format!("{}.{}", self.owner, self.name),
            wanted,
        }
    }

    /// Text; numbers and bools are written out.
    pub fn text(&self, value: &Value, into: &mut String) -> Result<(), DecodeError> {
        match value {
            Value::Null => {}
            Value::String(text) => into.clone_from(text),
            Value::Bool(flag) => *into = flag.to_string(),
            Value::Number(number) => *into = number_text(number),
            other => return Err(self.mismatch(other, "string")),
        }
        Ok(())
    }

    /// A bool.
    pub fn flag(&self, value: &Value, into: &mut bool) -> Result<(), DecodeError> {
        match value {
            Value::Null => {}
            Value::Bool(flag) => *into = *flag,
            other => return Err(self.mismatch(other, "bool")),
        }
        Ok(())
    }

    /// A list, or none for null.
    pub fn list<'v>(
        &self,
        value: &'v Value,
        wanted: &'static str,
    ) -> Result<Option<&'v [Value]>, DecodeError> {
        match value {
            Value::Null => Ok(None),
            Value::Array(items) => Ok(Some(items)),
            other => Err(self.mismatch(other, wanted)),
        }
    }

    /// A list of texts.
    pub fn texts(&self, value: &Value, into: &mut Vec<String>) -> Result<(), DecodeError> {
        let Some(items) = self.list(value, "[]string")? else {
            into.clear();
            return Ok(());
        };
        let mut texts = vec![String::new(); items.len()];
        for (item, text) in items.iter().zip(&mut texts) {
            self.text(item, text)?;
        }
        *into = texts;
        Ok(())
    }

    /// Texts by name, added to those that are there.
    pub fn map(&self, value: &Value, into: &mut BTreeMap<String, String>) -> Result<(), DecodeError> {
        match value {
            Value::Null => into.clear(),
            Value::Object(map) => {
                for (key, value) in map {
                    let mut text = String::new();
                    self.text(value, &mut text)?;
                    into.insert(key.clone(), text);
                }
            }
            other => return Err(self.mismatch(other, "map[string]string")),
        }
        Ok(())
    }

    /// The entries of a struct, or none for null.
    pub fn object<'v>(
        &self,
        value: &'v Value,
        wanted: &'static str,
    ) -> Result<Option<Vec<(&'v str, &'v Value)>>, DecodeError> {
        match value {
            Value::Null => Ok(None),
            Value::Object(map) => Ok(Some(sorted(map))),
            other => Err(self.mismatch(other, wanted)),
        }
    }
}

/// A number where text is wanted: floats lose what does not fit 32 bits, as in sigs.k8s.io/yaml.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => format_float(float, FloatPrecision::Single),
        _ => number.to_string(),
    }
}
