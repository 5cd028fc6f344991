//! `eq`, `lt` and the others: basic kinds, and what may be compared with what.

use std::borrow::Cow;

use crate::context::Context;
use crate::error::Error;
use crate::format;
use crate::operand::Operand;
use crate::value::{Kind, Value};

/// The value below a named basic type.
fn basic(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Object(object) => object.basic().map_or(Cow::Borrowed(value), Cow::Owned),
        other => Cow::Borrowed(other),
    }
}

fn is_basic(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(_)
            | Value::Int(..)
            | Value::Uint(..)
            | Value::Float(_)
            | Value::Complex(_)
            | Value::String(_)
    )
}

fn incompatible(one: &Value, two: &Value) -> Error {
    let (one, two) = (one.type_name(), two.type_name());
    Error::new(format!("incompatible types for comparison: {one} and {two}"))
}

/// Whether the first equals any of the others.
pub fn eq(context: &mut Context, first: &Value, others: &[Operand]) -> Result<bool, Error> {
    if others.is_empty() {
        return Err(Error::new("missing argument for comparison"));
    }
    for other in others {
        if equals(context, first, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(context: &mut Context, one: &Value, two: &Value) -> Result<bool, Error> {
    Ok(match (&*basic(one), &*basic(two)) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(_, a), Value::Int(_, b)) => a == b,
        (Value::Uint(_, a), Value::Uint(_, b)) => a == b,
        (Value::Int(_, int), Value::Uint(_, uint)) | (Value::Uint(_, uint), Value::Int(_, int)) => {
            u64::try_from(*int).is_ok_and(|int| int == *uint)
        }
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a), Value::Complex(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (a, b) if is_basic(a) || is_basic(b) => {
            if !one.is_nil() && !two.is_nil() {
                return Err(incompatible(one, two));
            }
            false
        }
        _ => return composite(context, one, two),
    })
}

/// Go's kinds of what is not basic: slices, maps, functions, structs, pointers.
fn composite(context: &mut Context, one: &Value, two: &Value) -> Result<bool, Error> {
    if one.kind() != two.kind() && !one.is_nil() && !two.is_nil() {
        let text = |context: &mut Context, format: &[u8], value: &Value| {
            let text = format::sprintf(context.budget(), format, std::slice::from_ref(value))?;
            Ok::<_, Error>(crate::unicode::to_lossy(&text).into_owned())
        };
        let first = text(context, b"%s", one)?;
        let second = text(context, b"%v", two)?;
        let (one, two) = (one.type_name(), two.type_name());
        return Err(Error::new(format!(
            "non-comparable types {first}: {one}, {two}: {second}"
        )));
    }
    if one.is_nil_reference() || two.is_nil_reference() {
        return Ok(one.is_nil_reference() == two.is_nil_reference());
    }
    if let (Value::Object(a), Value::Object(b)) = (one, two)
        && let Some(equal) = a.equals(&**b)
    {
        return Ok(equal && a.type_name() == b.type_name());
    }
    if matches!(two.kind(), Kind::Pointer) {
        return Ok(matches!((one, two), (Value::Object(a), Value::Object(b)) if std::rc::Rc::ptr_eq(a, b)));
    }
    let text = format::sprintf(context.budget(), b"%s", std::slice::from_ref(two))?;
    let text = crate::unicode::to_lossy(&text);
    Err(Error::new(format!(
        "non-comparable type {text}: {}",
        two.type_name()
    )))
}

/// `<`
pub fn lt(one: &Value, two: &Value) -> Result<bool, Error> {
    const BAD_TYPE: &str = "invalid type for comparison";
    let (first, second) = (basic(one), basic(two));
    if !is_basic(&first) || !is_basic(&second) {
        return Err(Error::new(BAD_TYPE));
    }
    Ok(match (&*first, &*second) {
        (Value::Int(_, a), Value::Int(_, b)) => a < b,
        (Value::Uint(_, a), Value::Uint(_, b)) => a < b,
        (Value::Int(_, a), Value::Uint(_, b)) => u64::try_from(*a).map_or(true, |a| a < *b),
        (Value::Uint(_, a), Value::Int(_, b)) => u64::try_from(*b).is_ok_and(|b| *a < b),
        (Value::Float(a), Value::Float(b)) => a < b,
        (Value::String(a), Value::String(b)) => a < b,
        (Value::Bool(_), Value::Bool(_)) | (Value::Complex(_), Value::Complex(_)) => {
            return Err(Error::new(BAD_TYPE));
        }
        _ => return Err(incompatible(one, two)),
    })
}

/// `<=`: less, or equal.
pub fn le(context: &mut Context, one: &Operand, two: &Operand) -> Result<bool, Error> {
    Ok(lt(&one.value, &two.value)? || equals(context, &one.value, &two.value)?)
}
