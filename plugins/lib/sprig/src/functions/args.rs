//! Arguments as the types that the signature promises.

use sluice_go_template::{Context, Error, List, Map, Value, format};

/// The bytes of a string argument.
pub(super) fn text(args: &[Value], at: usize) -> &[u8] {
    args.get(at).and_then(Value::as_bytes).unwrap_or_default()
}

/// An integer argument.
pub(super) fn int(args: &[Value], at: usize) -> i64 {
    args.get(at).and_then(Value::as_int).unwrap_or_default()
}

/// A map argument; nil is the empty map.
pub(super) fn map(args: &[Value], at: usize) -> Map {
    args.get(at).and_then(Value::as_map).cloned().unwrap_or_default()
}

/// Any argument; nil when it is not there.
pub(super) fn any(args: &[Value], at: usize) -> &Value {
    args.get(at).unwrap_or(&Value::Nil)
}

/// The elements of a slice or of `[]byte`; [`None`] for anything else.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.to_vec()),
        Value::Bytes(bytes) => {
            let byte = |byte: &u8| Value::Uint(sluice_go_template::UintKind::Uint8, u64::from(*byte));
            Some(bytes.iter().map(byte).collect())
        }
        _ => None,
    }
}

/// The elements of a slice, or the error that Go's reflection or sprig reports.
pub(super) fn list_of(value: &Value, problem: &str) -> Result<Vec<Value>, Error> {
    if value.is_nil() {
        return Err(nil_pointer());
    }
    elements(value).ok_or_else(|| Error::new(format!("{problem} {}", value.kind())))
}

/// Go's panic for a method of nil.
pub(super) fn nil_pointer() -> Error {
    Error::new("runtime error: invalid memory address or nil pointer dereference")
}

/// A `[]interface {}`; the budget pays for its elements.
pub(super) fn new_list(context: &mut Context, items: Vec<Value>) -> Result<Value, Error> {
    context.budget().charge_bytes(items.len() as u64 * 16)?;
    Ok(Value::List(List::new(items)))
}

/// A string; the budget pays for it.
pub(super) fn new_text(context: &mut Context, text: Vec<u8>) -> Result<Value, Error> {
    context.budget().charge_bytes(text.len() as u64)?;
    Ok(Value::from(text))
}

/// `%v`
pub(super) fn shown(context: &mut Context, value: &Value) -> Result<Vec<u8>, Error> {
    format::sprintf(context.budget(), b"%v", std::slice::from_ref(value))
}

/// `toString`: strings and bytes as they are, errors and Stringers by their method, all else by `%v`.
pub(super) fn string_of(context: &mut Context, value: &Value) -> Result<Vec<u8>, Error> {
    match value {
        Value::String(text) | Value::Bytes(text) => Ok(text.to_vec()),
        Value::Object(object) => match object.string() {
            Some(text) => Ok(text.to_vec()),
            None => shown(context, value),
        },
        _ => shown(context, value),
    }
}

/// `toStrings`: the elements of a list but nil; anything else alone.
pub(super) fn strings_of(context: &mut Context, value: &Value) -> Result<Vec<Vec<u8>>, Error> {
    if value.is_nil() {
        return Ok(Vec::new());
    }
    let Some(items) = elements(value) else {
        return Ok(vec![string_of(context, value)?]);
    };
    let items = items.iter().filter(|item| !item.is_nil());
    items.map(|item| string_of(context, item)).collect()
}
