//! Values that may be missing.

use super::Outcome;
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::Value;

pub(super) fn global(function: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    match (function, args) {
        ("optional.of", [value]) => Ok(Some(Value::some(value.clone()))),
        ("optional.none", []) => Ok(Some(Value::NONE)),
        ("optional.ofNonZeroValue", [value]) if value.is_zero() => Ok(Some(Value::NONE)),
        ("optional.ofNonZeroValue", [value]) => Ok(Some(Value::some(value.clone()))),
        ("optional.unwrap", [Value::List(items)]) => unwrap(items, budget),
        _ => Ok(None),
    }
}

pub(super) fn member(function: &str, value: Option<&Value>, args: &[Value]) -> Outcome {
    Ok(match (function, args) {
        ("hasValue", []) => Some(Value::Bool(value.is_some())),
        ("value", []) => match value {
            Some(value) => Some(value.clone()),
            None => return Err(EvaluationError::function("value", "optional.none() has no value")),
        },
        ("or", [other @ Value::Optional(_)]) => {
            Some(value.map_or_else(|| other.clone(), |value| Value::some(value.clone())))
        }
        ("orValue", [other]) => Some(value.unwrap_or(other).clone()),
        _ => None,
    })
}

/// The values that are there.
pub(super) fn unwrap(items: &[Value], budget: &mut Budget) -> Outcome {
    budget.elements(items.len())?;
    let mut list = Vec::new();
    for item in items {
        match item {
            Value::Optional(Some(value)) => list.push(value.as_ref().clone()),
            Value::Optional(None) => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(Value::list(list)))
}
