//! Values as plain data, on their way to YAML and back.

use serde_json::{Map as Object, Number, Value as Tree};
use sluice_go_template::{Budget, Error, Value};

use super::MAX_DEPTH;
use super::plain::{Plain, plain_of};
use super::write::{float, too_deep};
use crate::text::rune;

/// What `encoding/json` would write, as data.
///
/// # Errors
/// Values that JSON does not have, in Go's words; or the budget is used up.
pub fn to_tree(value: &Value, budget: &mut Budget) -> Result<Tree, Error> {
    convert(value, budget, 0)
}

/// What a node costs: its share of memory.
const NODE_BYTES: u64 = 16;

fn convert(value: &Value, budget: &mut Budget, depth: usize) -> Result<Tree, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    budget.charge_bytes(NODE_BYTES)?;
    Ok(match value {
        Value::Nil => Tree::Null,
        Value::Bool(value) => Tree::Bool(*value),
        Value::Int(_, number) => Tree::from(*number),
        Value::Uint(_, number) => Tree::from(*number),
        Value::Float(number) => {
            float(*number)?;
            Number::from_f64(*number).map_or(Tree::Null, Tree::Number)
        }
        Value::String(found) => Tree::String(text(found, budget)?),
        Value::Bytes(found) => Tree::String(crate::crypto::encode_base64(found)),
        Value::List(list) if list.is_nil() => Tree::Null,
        Value::List(list) => {
            let items: Result<_, Error> = list.iter().map(|item| convert(item, budget, depth + 1)).collect();
            Tree::Array(items?)
        }
        Value::Map(map) if map.is_nil() => Tree::Null,
        Value::Map(map) => fields(map.entries().into_iter(), budget, depth)?,
        Value::Object(object) => match plain_of(object.as_ref())? {
            Plain::Value(value) => convert(&value, budget, depth + 1)?,
            Plain::Struct(found) => fields(found.into_iter(), budget, depth)?,
        },
        Value::Complex(_) | Value::Function(_) => {
            return Err(Error::new(format!(
                "json: unsupported type: {}",
                value.type_name()
            )));
        }
    })
}

fn fields<K: AsRef<[u8]>>(
    fields: impl Iterator<Item = (K, Value)>,
    budget: &mut Budget,
    depth: usize,
) -> Result<Tree, Error> {
    let mut object = Object::new();
    for (name, value) in fields {
        let name = text(name.as_ref(), budget)?;
        object.insert(name, convert(&value, budget, depth + 1)?);
    }
    Ok(Tree::Object(object))
}

/// A string; what is no UTF-8 becomes U+FFFD, byte by byte.
fn text(found: &[u8], budget: &mut Budget) -> Result<String, Error> {
    budget.charge_bytes(found.len() as u64)?;
    Ok(match std::str::from_utf8(found) {
        Ok(text) => text.to_owned(),
        Err(_) => rune::runes(found).collect(),
    })
}

/// Data as `json.Unmarshal` puts it into an `interface {}`: all numbers are floats.
pub fn from_tree(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Nil,
        Tree::Bool(value) => Value::Bool(*value),
        Tree::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        Tree::String(text) => Value::from(text.as_str()),
        Tree::Array(items) => Value::list(items.iter().map(from_tree).collect()),
        Tree::Object(entries) => Value::map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str(), from_tree(value))),
        ),
    }
}
