//! Arithmetic, comparison and membership.

use std::cmp::Ordering;

use super::Outcome;
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::{Key, Value};

pub(super) fn call(function: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    match (function, args) {
        ("!_", [Value::Bool(value)]) => Ok(Some(Value::Bool(!value))),
        ("-_", [Value::Int(number)]) => whole("-_", number.checked_neg()),
        ("-_", [Value::Double(number)]) => Ok(Some(Value::Double(-number))),
        ("-_", [Value::Duration(span)]) => Ok(span.checked_neg().map(Value::Duration)),
        (_, [a, b]) => binary(function, a, b, budget),
        _ => Ok(None),
    }
}

fn binary(function: &str, a: &Value, b: &Value, budget: &mut Budget) -> Outcome {
    match function {
        "_==_" => a.equals(b, budget).map(|equal| Some(Value::Bool(equal))),
        "_!=_" => a.equals(b, budget).map(|equal| Some(Value::Bool(!equal))),
        "_in_" => contains(b, a, budget),
        "_+_" => add(a, b, budget),
        "_-_" => subtract(a, b),
        "_*_" => multiply(a, b),
        "_/_" => divide(a, b),
        "_%_" => remainder(a, b),
        "_<_" => ordered(a, b, |order| order == Ordering::Less),
        "_<=_" => ordered(a, b, |order| order != Ordering::Greater),
        "_>_" => ordered(a, b, |order| order == Ordering::Greater),
        "_>=_" => ordered(a, b, |order| order != Ordering::Less),
        _ => Ok(None),
    }
}

fn ordered(a: &Value, b: &Value, test: impl Fn(Ordering) -> bool) -> Outcome {
    // NaN is neither less nor greater than anything
    Ok(a.order(b).map(|order| Value::Bool(order.is_some_and(test))))
}

fn contains(container: &Value, item: &Value, budget: &mut Budget) -> Outcome {
    match container {
        Value::Map(map) => Ok(Some(Value::Bool(
            Key::of(item).is_some_and(|key| map.contains_key(&key)),
        ))),
        Value::List(items) => {
            for known in items.iter() {
                if known.equals(item, budget)? {
                    return Ok(Some(Value::Bool(true)));
                }
            }
            Ok(Some(Value::Bool(false)))
        }
        _ => Ok(None),
    }
}

/// An integer operation's result, or that it overflowed.
fn whole(function: &'static str, result: Option<i64>) -> Outcome {
    let result = result.ok_or_else(|| EvaluationError::function(function, "integer overflow"))?;
    Ok(Some(Value::Int(result)))
}

fn unsigned(function: &'static str, result: Option<u64>) -> Outcome {
    let result = result.ok_or_else(|| EvaluationError::function(function, "unsigned integer overflow"))?;
    Ok(Some(Value::Uint(result)))
}

fn in_range(function: &'static str, value: Option<Value>) -> Outcome {
    let value = value.filter(|value| match value {
        Value::Duration(span) => super::time::fits(*span),
        Value::Timestamp(moment) => super::time::is_valid(*moment),
        _ => true,
    });
    let value = value.ok_or_else(|| EvaluationError::function(function, "time out of range"))?;
    Ok(Some(value))
}

fn add(a: &Value, b: &Value, budget: &mut Budget) -> Outcome {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => whole("_+_", a.checked_add(*b)),
        (Value::Uint(a), Value::Uint(b)) => unsigned("_+_", a.checked_add(*b)),
        (Value::Double(a), Value::Double(b)) => Ok(Some(Value::Double(a + b))),
        (Value::String(a), Value::String(b)) => {
            budget.text(a.len() + b.len())?;
            Ok(Some(Value::text([a.as_ref(), b.as_ref()].concat())))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.text(a.len() + b.len())?;
            Ok(Some(Value::Bytes([a.as_ref(), b.as_ref()].concat().into())))
        }
        (Value::List(a), Value::List(b)) => {
            budget.elements(a.len() + b.len())?;
            Ok(Some(Value::list(a.iter().chain(b.iter()).cloned().collect())))
        }
        (Value::Duration(a), Value::Duration(b)) => in_range("_+_", a.checked_add(*b).map(Value::Duration)),
        (Value::Timestamp(moment), Value::Duration(span))
        | (Value::Duration(span), Value::Timestamp(moment)) => {
            in_range("_+_", moment.checked_add(*span).ok().map(Value::Timestamp))
        }
        _ => Ok(None),
    }
}

fn subtract(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => whole("_-_", a.checked_sub(*b)),
        (Value::Uint(a), Value::Uint(b)) => unsigned("_-_", a.checked_sub(*b)),
        (Value::Double(a), Value::Double(b)) => Ok(Some(Value::Double(a - b))),
        (Value::Duration(a), Value::Duration(b)) => in_range("_-_", a.checked_sub(*b).map(Value::Duration)),
        (Value::Timestamp(a), Value::Timestamp(b)) => {
            in_range("_-_", Some(Value::Duration(a.duration_since(*b))))
        }
        (Value::Timestamp(moment), Value::Duration(span)) => {
            in_range("_-_", moment.checked_sub(*span).ok().map(Value::Timestamp))
        }
        _ => Ok(None),
    }
}

fn multiply(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => whole("_*_", a.checked_mul(*b)),
        (Value::Uint(a), Value::Uint(b)) => unsigned("_*_", a.checked_mul(*b)),
        (Value::Double(a), Value::Double(b)) => Ok(Some(Value::Double(a * b))),
        _ => Ok(None),
    }
}

fn divide(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(EvaluationError::function("_/_", "division by zero"))
        }
        (Value::Int(a), Value::Int(b)) => whole("_/_", a.checked_div(*b)),
        (Value::Uint(a), Value::Uint(b)) => unsigned("_/_", a.checked_div(*b)),
        (Value::Double(a), Value::Double(b)) => Ok(Some(Value::Double(a / b))),
        _ => Ok(None),
    }
}

fn remainder(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(EvaluationError::function("_%_", "modulus by zero"))
        }
        (Value::Int(a), Value::Int(b)) => whole("_%_", a.checked_rem(*b)),
        (Value::Uint(a), Value::Uint(b)) => unsigned("_%_", a.checked_rem(*b)),
        _ => Ok(None),
    }
}
