//! Go's `reflect.DeepEqual`.

use std::rc::Rc;

use sluice_go_template::{Budget, Error, Value};

/// Deepest nesting that is compared.
const MAX_DEPTH: usize = 500;

/// Whether two values are the same in type and content; a nil list is not an empty one.
pub(crate) fn deep_equal(budget: &mut Budget, a: &Value, b: &Value) -> Result<bool, Error> {
    compare(budget, a, b, 0)
}

fn compare(budget: &mut Budget, a: &Value, b: &Value, depth: usize) -> Result<bool, Error> {
    budget.charge_steps(1)?;
    if depth > MAX_DEPTH {
        return Err(Error::new("values are nested too deeply to be compared"));
    }
    Ok(match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a_kind, a), Value::Int(b_kind, b)) => a_kind == b_kind && a == b,
        (Value::Uint(a_kind, a), Value::Uint(b_kind, b)) => a_kind == b_kind && a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a), Value::Complex(b)) => a == b,
        (Value::String(a), Value::String(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.kind().name != b.kind().name || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !compare(budget, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.kind().name != b.kind().name || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            if a.is_same(b) {
                return Ok(true);
            }
            for (key, a) in a.entries() {
                match b.get(&key) {
                    Some(b) if compare(budget, &a, &b, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            Rc::ptr_eq(a, b) || (a.type_name() == b.type_name() && a.equals(b.as_ref()) == Some(true))
        }
        _ => false,
    })
}
