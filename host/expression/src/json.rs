//! Kubernetes objects as values: whole numbers that fit are ints, others doubles.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::{Key, Value};

/// Takes a JSON value over. Its depth is bounded by whoever parsed it.
pub(crate) fn value(json: &Json, budget: &mut Budget) -> Result<Value, EvaluationError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => {
            budget.text(text.len())?;
            Value::text(text.as_str())
        }
        Json::Array(items) => {
            budget.elements(items.len())?;
            let items: Result<Vec<Value>, EvaluationError> =
                items.iter().map(|item| value(item, budget)).collect();
            Value::list(items?)
        }
        Json::Object(map) => {
            budget.elements(map.len())?;
            let entries: Result<_, EvaluationError> = map
                .iter()
                .map(|(key, item)| Ok((Key::String(key.as_str().into()), value(item, budget)?)))
                .collect();
            Value::Map(Arc::new(entries?))
        }
    })
}
