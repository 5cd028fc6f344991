//! `status.conditions` of any object.

use serde_json::{Map, Value};
use sluice_model::Object;

use super::StatusError;
use super::field::{error, strict};

#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
}

impl Condition {
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }
}

pub(super) fn conditions(object: &Object) -> Result<Vec<Condition>, StatusError> {
    match strict(object, "status", "conditions")? {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(condition).collect(),
        Some(other) => Err(error("status.conditions", other, "a list")),
    }
}

fn condition(value: &Value) -> Result<Condition, StatusError> {
    let map = match value {
        Value::Null => return Ok(Condition::default()),
        Value::Object(map) => map,
        other => return Err(error("status.conditions", other, "a map")),
    };
    Ok(Condition {
        kind: text(map, "type")?,
        status: text(map, "status")?,
        reason: text(map, "reason")?,
        message: text(map, "message")?,
    })
}

fn text(map: &Map<String, Value>, key: &str) -> Result<String, StatusError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(error(format!("status.conditions.{key}"), other, "a string")),
    }
}
