//! Fields, elements and keys.

use std::sync::Arc;

use super::{Evaluation, Result, TYPES, overload};
use crate::ast::{Access, Expr, Node};
use crate::error::EvaluationError;
use crate::value::{Key, Value};

/// What stands at a key; the keys of data are not told, as they may be values of a secret object.
pub(crate) enum Found {
    Value(Value),
    /// Missing, with the error of a plain access.
    Missing(EvaluationError),
}

impl Evaluation<'_> {
    pub(super) fn select(&mut self, whole: &Expr, of: &Expr, field: &Arc<str>, how: Access) -> Result<Value> {
        if how == Access::Plain
            && let Some(name) = self.type_named(whole)
        {
            return Ok(Value::Type(name.into()));
        }
        let value = self.eval(of)?;
        let key = Value::String(field.clone());
        let field_of = |value: &Value| match value {
            Value::Map(map) => Ok(match map.get(&Key::String(field.clone())) {
                Some(value) => Found::Value(value.clone()),
                None => Found::Missing(EvaluationError::NoSuchKey(field.to_string())),
            }),
            other => Err(overload("_._", &[other, &key])),
        };
        match how {
            Access::Test => match &value {
                Value::Optional(None) => Ok(Value::Bool(false)),
                Value::Optional(Some(inner)) => {
                    Ok(Value::Bool(matches!(field_of(inner), Ok(Found::Value(_)))))
                }
                value => Ok(Value::Bool(matches!(field_of(value)?, Found::Value(_)))),
            },
            Access::Optional => chained(&value, true, field_of),
            Access::Plain => chained(&value, false, field_of),
        }
    }

    /// The type that a dotted name stands for, unless its first part is a variable.
    fn type_named(&self, whole: &Expr) -> Option<String> {
        let mut root = whole;
        while let Node::Select { of, .. } = &root.node {
            root = of;
        }
        let Node::Ident(first) = &root.node else {
            return None;
        };
        if first.as_ref() != "google" || self.is_value(first) {
            return None;
        }
        whole.dotted().filter(|name| TYPES.contains(&name.as_str()))
    }

    pub(super) fn index(&mut self, of: &Expr, key: &Expr, optional: bool) -> Result<Value> {
        let is_literal = matches!(key.node, Node::Literal(_));
        let (value, key) = (self.eval(of)?, self.eval(key)?);
        chained(&value, optional, |value| element(value, &key, is_literal))
    }
}

/// An access through an optional value gives an optional value.
fn chained(value: &Value, optional: bool, access: impl Fn(&Value) -> Result<Found>) -> Result<Value> {
    let (inner, optional) = match value {
        Value::Optional(None) => return Ok(Value::NONE),
        Value::Optional(Some(inner)) => (inner.as_ref(), true),
        value => (value, optional),
    };
    match (access(inner), optional) {
        (Ok(Found::Value(value)), true) => Ok(Value::some(value)),
        (Ok(Found::Value(value)), false) => Ok(value),
        (_, true) => Ok(Value::NONE),
        (Ok(Found::Missing(error)) | Err(error), false) => Err(error),
    }
}

fn element(value: &Value, key: &Value, is_literal: bool) -> Result<Found> {
    let missing = |shown: String| {
        if is_literal {
            shown
        } else {
            "a computed key".to_owned()
        }
    };
    match value {
        Value::Map(map) => {
            let known = Key::of(key).and_then(|key| map.get(&key));
            Ok(match (known, key) {
                (Some(value), _) => Found::Value(value.clone()),
                (None, Value::String(text)) => {
                    Found::Missing(EvaluationError::NoSuchKey(missing(text.to_string())))
                }
                (None, Value::Int(number)) => {
                    Found::Missing(EvaluationError::NoSuchKey(missing(number.to_string())))
                }
                (None, _) => Found::Missing(EvaluationError::NoSuchKey(missing(key.type_name().into()))),
            })
        }
        Value::List(items) => {
            let Some(Key::Number(number)) = Key::of(key) else {
                return Err(overload("_[_]", &[value, key]));
            };
            let found = usize::try_from(number).ok().and_then(|number| items.get(number));
            Ok(match found {
                Some(value) => Found::Value(value.clone()),
                None => Found::Missing(EvaluationError::OutOfBounds(missing(number.to_string()))),
            })
        }
        other => Err(overload("_[_]", &[other, key])),
    }
}
