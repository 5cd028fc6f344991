//! Operators and functions: who takes which types.

mod collection;
mod convert;
mod format;
mod operator;
mod optional;
mod strings;
mod time;

use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::eval::overload;
use crate::value::Value;

/// A value, or none when no overload takes these types.
type Outcome = Result<Option<Value>, EvaluationError>;

/// Functions whose name has a namespace; in the tree it stands where a receiver would.
const NAMESPACED: [&str; 10] = [
    "base64.encode",
    "base64.decode",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "strings.quote",
    "optional.of",
    "optional.none",
    "optional.ofNonZeroValue",
    "optional.unwrap",
];

/// Whether this is a function with a namespace.
pub(crate) fn is_namespaced(name: &str) -> bool {
    NAMESPACED.contains(&name)
}

/// Calls a function; a receiver is the first argument.
pub(crate) fn call(
    function: &str,
    is_member: bool,
    args: &[Value],
    budget: &mut Budget,
) -> Result<Value, EvaluationError> {
    budget.spend(1)?;
    let found = if is_member {
        member(function, args, budget)?
    } else {
        global(function, args, budget)?
    };
    found.ok_or_else(|| overload(function, &args.iter().collect::<Vec<_>>()))
}

fn global(function: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    if let Some(value) = operator::call(function, args, budget)? {
        return Ok(Some(value));
    }
    if let Some(value) = convert::call(function, args, budget)? {
        return Ok(Some(value));
    }
    match (function, args) {
        ("size", [value]) => Ok(collection::size(value)),
        ("matches", [Value::String(text), Value::String(pattern)]) => {
            strings::matches(text, pattern, budget).map(Some)
        }
        ("strings.quote", [Value::String(text)]) => strings::quote(text, budget).map(Some),
        ("base64.encode", [Value::Bytes(bytes)]) => convert::encode(bytes, budget).map(Some),
        ("base64.decode", [Value::String(text)]) => convert::decode(text, budget).map(Some),
        ("sets.contains" | "sets.equivalent" | "sets.intersects", [Value::List(a), Value::List(b)]) => {
            collection::sets(function, a, b, budget).map(Some)
        }
        _ => optional::global(function, args, budget),
    }
}

fn member(function: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    let Some(receiver) = args.first() else {
        return Ok(None);
    };
    match receiver {
        Value::String(text) => strings::member(function, text, &args[1..], budget),
        Value::Timestamp(moment) => time::of_timestamp(function, *moment, &args[1..]),
        Value::Duration(span) => Ok(time::of_duration(function, *span, &args[1..])),
        Value::Optional(value) => optional::member(function, value.as_deref(), &args[1..]),
        Value::List(items) => collection::member(function, items, &args[1..], budget),
        receiver if function == "size" && args.len() == 1 => Ok(collection::size(receiver)),
        _ => Ok(None),
    }
}
