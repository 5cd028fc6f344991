//! `index`, `slice` and `len`.

use crate::error::Error;
use crate::function::prepare;
use crate::operand::Operand;
use crate::value::{List, Type, UintKind, Value};

/// An index as a number up to `limit`, Go's checks and texts.
fn position(index: &Value, limit: usize) -> Result<usize, Error> {
    let number = match index {
        Value::Uint(_, number) => number.cast_signed(),
        Value::Nil => return Err(Error::new("cannot index slice/array with nil")),
        other => other.as_int().ok_or_else(|| {
            Error::new(format!(
                "cannot index slice/array with type {}",
                other.type_name()
            ))
        })?,
    };
    let position = usize::try_from(number).ok().filter(|position| *position <= limit);
    position.ok_or_else(|| Error::new(format!("index out of range: {number}")))
}

/// The type of a value, or of what it points to.
fn pointed_type(value: &Value) -> String {
    value.type_name().trim_start_matches('*').to_owned()
}

/// `index x 1 "a"` is `x[1]["a"]`.
pub fn index(item: &Operand, indexes: &[Operand]) -> Result<Operand, Error> {
    if item.value.is_nil() {
        return Err(Error::new("index of untyped nil"));
    }
    let mut item = Operand::plain(item.value.clone());
    for index in indexes {
        if item.value.is_nil_reference() && !matches!(item.value, Value::List(_) | Value::Map(_)) {
            return Err(Error::new("index of nil pointer"));
        }
        item = element(&item.value, &index.value)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Value) -> Result<Operand, Error> {
    match item {
        Value::List(list) => {
            let at = position(index, list.len())?;
            let value = list
                .get(at)
                .ok_or_else(|| Error::new("reflect: slice index out of range"))?;
            Ok(Operand::of(value.clone(), list.kind().element))
        }
        Value::String(text) | Value::Bytes(text) => {
            let at = position(index, text.len())?;
            let kind = if matches!(item, Value::String(_)) {
                "string"
            } else {
                "slice"
            };
            let byte = text
                .get(at)
                .ok_or_else(|| Error::new(format!("reflect: {kind} index out of range")))?;
            Ok(Operand::plain(Value::Uint(UintKind::Uint8, u64::from(*byte))))
        }
        Value::Map(map) => {
            let key = prepare(index, Type::String).map_err(Error::new)?;
            let element = map.kind().element;
            let value = map.get(key.as_bytes().unwrap_or_default());
            Ok(Operand::of(value.unwrap_or_else(|| element.zero()), element))
        }
        other => Err(Error::new(format!(
            "can't index item of type {}",
            pointed_type(other)
        ))),
    }
}

/// `slice x 1 2` is `x[1:2]`.
pub fn slice(item: &Operand, indexes: &[Operand]) -> Result<Operand, Error> {
    if item.value.is_nil() {
        return Err(Error::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match &item.value {
        Value::String(_) if indexes.len() == 3 => return Err(Error::new("cannot 3-index slice a string")),
        Value::String(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Object(object) if object.is_nil() => return Err(Error::new("slice of nil pointer")),
        other => {
            return Err(Error::new(format!(
                "can't slice item of type {}",
                pointed_type(other)
            )));
        }
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        if index.boxed {
            // Go looks at the interface here, not at what is in it.
            return Err(Error::new("cannot index slice/array with type interface {}"));
        }
        *bound = position(&index.value, length)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return Err(Error::new(format!("invalid slice index: {start} > {end}")));
    }
    if indexes.len() == 3 && end > capacity {
        return Err(Error::new(format!("invalid slice index: {end} > {capacity}")));
    }
    Ok(Operand::plain(match &item.value {
        Value::String(text) => Value::from(&text[start..end]),
        Value::Bytes(text) => Value::bytes(&text[start..end]),
        Value::List(list) => Value::List(List::typed(list.kind(), list[start..end].to_vec())),
        _ => Value::Nil,
    }))
}

/// `len x`
pub fn length(item: &Operand) -> Result<usize, Error> {
    if item.is_invalid() {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    match &item.value {
        Value::String(text) | Value::Bytes(text) => Ok(text.len()),
        Value::List(list) => Ok(list.len()),
        Value::Map(map) => Ok(map.len()),
        Value::Nil => Err(Error::new("len of nil pointer")),
        Value::Object(object) if object.is_nil() => Err(Error::new("len of nil pointer")),
        other => Err(Error::new(format!("len of type {}", pointed_type(other)))),
    }
}
