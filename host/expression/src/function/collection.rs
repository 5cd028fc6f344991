//! Lists, maps and sets.

use super::Outcome;
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::Value;

/// `size`; text counts its characters.
pub(super) fn size(value: &Value) -> Option<Value> {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        _ => return None,
    };
    Some(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

pub(super) fn member(function: &str, items: &[Value], args: &[Value], budget: &mut Budget) -> Outcome {
    let end = |item: Option<&Value>| item.map_or(Value::NONE, |item| Value::some(item.clone()));
    match (function, args) {
        ("size", []) => Ok(Some(Value::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))),
        ("first", []) => Ok(Some(end(items.first()))),
        ("last", []) => Ok(Some(end(items.last()))),
        ("join", []) => join(items, "", budget).map(Some),
        ("join", [Value::String(separator)]) => join(items, separator, budget).map(Some),
        ("unwrapOpt", []) => super::optional::unwrap(items, budget),
        _ => Ok(None),
    }
}

fn join(items: &[Value], separator: &str, budget: &mut Budget) -> Result<Value, EvaluationError> {
    let mut joined = String::new();
    for (position, item) in items.iter().enumerate() {
        let Value::String(text) = item else {
            return Err(EvaluationError::function(
                "join",
                format!("{} is no text", item.type_name()),
            ));
        };
        budget.text(text.len() + separator.len())?;
        if position > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Value::text(joined))
}

fn includes(items: &[Value], item: &Value, budget: &mut Budget) -> Result<bool, EvaluationError> {
    for known in items {
        if known.equals(item, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn includes_all(items: &[Value], others: &[Value], budget: &mut Budget) -> Result<bool, EvaluationError> {
    for other in others {
        if !includes(items, other, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lists taken as sets.
pub(super) fn sets(
    function: &str,
    a: &[Value],
    b: &[Value],
    budget: &mut Budget,
) -> Result<Value, EvaluationError> {
    let holds = match function {
        "sets.contains" => includes_all(a, b, budget)?,
        "sets.equivalent" => includes_all(a, b, budget)? && includes_all(b, a, budget)?,
        _ => {
            let mut found = false;
            for item in a {
                found = found || includes(b, item, budget)?;
            }
            found
        }
    };
    Ok(Value::Bool(holds))
}
