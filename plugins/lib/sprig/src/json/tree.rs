//! Values as plain data, on their way to YAML and back.

use sluice_go_template::{Budget, Error, Value};
use sluice_yaml::{Marshal, Shape};

use super::MAX_DEPTH;
use super::plain::{Plain, plain_of};
use super::write::{float, too_deep};
use crate::objects::{DurationValue, MomentValue};
use crate::text::rune;

/// Plain data: what YAML can say.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A float.
    Float(f64),
    /// Text.
    Text(String),
    /// A moment, as go-yaml v3 writes it.
    Moment(String),
    /// Text that is no UTF-8, in base64, as go-yaml v3 writes it.
    Binary(String),
    /// A list.
    List(Vec<Self>),
    /// A map in the order of its keys' bytes.
    Map(Vec<(String, Self)>),
}

impl Marshal for Tree {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Int(number) => Shape::Int(*number),
            Self::Uint(number) => i64::try_from(*number).map_or(Shape::Uint(*number), Shape::Int),
            Self::Float(number) => Shape::Float(*number),
            Self::Text(text) => Shape::Str(text),
            Self::Moment(text) => Shape::Scalar(text, ""),
            Self::Binary(text) => Shape::Scalar(text, "binary"),
            Self::List(items) => Shape::Seq(items),
            Self::Map(entries) => {
                Shape::Map(entries.iter().map(|(key, value)| (key.as_str(), value)).collect())
            }
        }
    }
}

/// Whose rules the data follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// What `encoding/json` would write.
    Json,
    /// What go-yaml v3 sees: floats that are not finite, durations as text, names of fields in lower case.
    Yaml,
}

/// A value as data.
///
/// # Errors
/// Values that the rules do not have, in Go's words; or the budget is used up.
pub fn to_tree(value: &Value, rules: Rules, budget: &mut Budget) -> Result<Tree, Error> {
    Converter { rules, budget }.convert(value, 0)
}

/// What a node costs: its share of memory, with the entry that holds it.
const NODE_BYTES: u64 = 64;

struct Converter<'b> {
    rules: Rules,
    budget: &'b mut Budget,
}

impl Converter<'_> {
    fn convert(&mut self, value: &Value, depth: usize) -> Result<Tree, Error> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.budget.charge_bytes(NODE_BYTES)?;
        Ok(match value {
            Value::Nil => Tree::Null,
            Value::Bool(value) => Tree::Bool(*value),
            Value::Int(_, number) => Tree::Int(*number),
            Value::Uint(_, number) => Tree::Uint(*number),
            Value::Float(number) => {
                if self.rules == Rules::Json {
                    float(*number)?;
                }
                Tree::Float(*number)
            }
            Value::String(found) if self.rules == Rules::Yaml && found.to_utf8().is_none() => {
                self.budget.charge_bytes(found.len() as u64 * 2)?;
                Tree::Binary(lines_of_base64(found))
            }
            Value::String(found) => Tree::Text(text(found, self.budget)?),
            Value::Bytes(found) => Tree::Text(crate::crypto::encode_base64(found)),
            Value::List(list) if list.is_nil() => self.nil(Tree::List(Vec::new())),
            Value::List(list) => {
                let items: Result<_, Error> = list.iter().map(|item| self.convert(item, depth + 1)).collect();
                Tree::List(items?)
            }
            Value::Map(map) if map.is_nil() => self.nil(Tree::Map(Vec::new())),
            Value::Map(map) => self.fields(map.entries().into_iter(), depth)?,
            Value::Object(object) => {
                if let Some(scalar) = self.scalar_of(value) {
                    return Ok(scalar);
                }
                match plain_of(object.as_ref())? {
                    Plain::Value(value) => self.convert(&value, depth + 1)?,
                    Plain::Struct(found) => {
                        let lower = self.rules == Rules::Yaml;
                        let name = |name: Vec<u8>| if lower { name.to_ascii_lowercase() } else { name };
                        self.fields(found.into_iter().map(|(key, value)| (name(key), value)), depth)?
                    }
                }
            }
            Value::Complex(_) | Value::Function(_) => {
                return Err(Error::new(format!(
                    "json: unsupported type: {}",
                    value.type_name()
                )));
            }
        })
    }

    /// What go-yaml v3 knows of objects.
    fn scalar_of(&self, value: &Value) -> Option<Tree> {
        if self.rules == Rules::Json {
            return None;
        }
        if let Some(length) = value.downcast::<DurationValue>() {
            return Some(Tree::Text(length.0.to_string()));
        }
        let moment = value.downcast::<MomentValue>()?;
        let text = moment.0.format(b"2006-01-02T15:04:05.999999999Z07:00");
        Some(Tree::Moment(String::from_utf8_lossy(&text).into_owned()))
    }

    /// A nil list or map: null in JSON, empty to go-yaml.
    fn nil(&self, empty: Tree) -> Tree {
        if self.rules == Rules::Json {
            Tree::Null
        } else {
            empty
        }
    }

    fn fields<K: AsRef<[u8]>>(
        &mut self,
        fields: impl Iterator<Item = (K, Value)>,
        depth: usize,
    ) -> Result<Tree, Error> {
        let mut entries = Vec::new();
        for (name, value) in fields {
            let name = text(name.as_ref(), self.budget)?;
            entries.push((name, self.convert(&value, depth + 1)?));
        }
        Ok(Tree::Map(entries))
    }
}

/// Base64 in lines, when it is longer than one.
fn lines_of_base64(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let text = crate::crypto::encode_base64(bytes);
    if text.len() < LINE {
        return text;
    }
    let lines = text.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    lines.fold(String::new(), |text, line| text + &line + "\n")
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
pub fn from_json(tree: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match tree {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(from_json).collect()),
        Json::Object(entries) => Value::map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str(), from_json(value))),
        ),
    }
}
