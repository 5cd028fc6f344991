//! Rust values as Go values.

use std::rc::Rc;

use super::{List, Map, Str, Value};
use crate::function::Function;

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Str::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(Str::from(text))
    }
}

/// A `string`; for `[]byte` see [`Value::bytes`].
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::String(Str::from(bytes))
    }
}

/// A `string`; for `[]byte` see [`Value::bytes`].
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::String(Str::from(bytes))
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Self::String(text)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Function> for Value {
    fn from(function: Function) -> Self {
        Self::Function(Rc::new(function))
    }
}
