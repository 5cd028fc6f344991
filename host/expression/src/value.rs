//! Values of the language. Text, lists and maps are shared, never copied.

use std::cmp::Ordering;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use crate::budget::Budget;
use crate::error::EvaluationError;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number, `1u`.
    Uint(u64),
    /// A number with a fraction.
    Double(f64),
    /// Text.
    String(Arc<str>),
    /// Bytes, `b'...'`.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A map.
    Map(Arc<IndexMap<Key, Value>>),
    /// A span of time.
    Duration(SignedDuration),
    /// A moment.
    Timestamp(Timestamp),
    /// A type, by its name.
    Type(Arc<str>),
    /// A value that may be missing.
    Optional(Option<Arc<Value>>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `true`, `false`
    Bool(bool),
    /// Any number that is an integer; `1`, `1u` and `1.0` are one key.
    Number(i128),
    /// Text.
    String(Arc<str>),
}

impl Key {
    /// The key that a value stands for; none for types that are no keys and numbers that are no integers.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Int(number) => Some(Self::Number(i128::from(*number))),
            Value::Uint(number) => Some(Self::Number(i128::from(*number))),
            Value::Double(number) => integral(*number).map(Self::Number),
            Value::String(text) => Some(Self::String(text.clone())),
            _ => None,
        }
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::String(text) => Value::String(text.clone()),
            Self::Number(number) => match i64::try_from(*number) {
                Ok(number) => Value::Int(number),
                Err(_) => Value::Uint(u64::try_from(*number).unwrap_or(u64::MAX)),
            },
        }
    }
}

/// A double that is exactly an integer within the range of both integer types.
pub(crate) fn integral(number: f64) -> Option<i128> {
    let in_range = (-9_223_372_036_854_775_808.0..18_446_744_073_709_551_616.0).contains(&number);
    (in_range && number.fract() == 0.0).then_some(number as i128)
}

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self::List(Arc::new(items))
    }

    pub(crate) fn some(value: Value) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    pub(crate) const NONE: Self = Self::Optional(None);

    /// The name of the value's type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
        }
    }

    /// Whether this is the zero of its type (`optional.ofNonZeroValue`).
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(number) => *number == 0,
            Self::Uint(number) => *number == 0,
            Self::Double(number) => *number == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Duration(span) => span.is_zero(),
            Self::Timestamp(moment) => *moment == Timestamp::UNIX_EPOCH,
            Self::Type(_) => false,
            Self::Optional(value) => value.is_none(),
        }
    }

    /// `==`: numbers compare by value whatever their type, other types are never equal to each other.
    pub(crate) fn equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, EvaluationError> {
        budget.spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) => {
                budget.text(a.len().min(b.len()))?;
                a == b
            }
            (Self::Bytes(a), Self::Bytes(b)) => {
                budget.text(a.len().min(b.len()))?;
                a == b
            }
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Type(a), Self::Type(b)) => a == b,
            (Self::Optional(None), Self::Optional(None)) => true,
            (Self::Optional(Some(a)), Self::Optional(Some(b))) => a.equals(b, budget)?,
            (Self::List(a), Self::List(b)) => a.len() == b.len() && all_equal(a, b, budget)?,
            (Self::Map(a), Self::Map(b)) => a.len() == b.len() && maps_equal(a, b, budget)?,
            _ => compare_numbers(self, other).is_some_and(|order| order == Some(Ordering::Equal)),
        })
    }

    /// The order of two values: none when their types have none, an inner none for NaN.
    pub(crate) fn order(&self, other: &Self) -> Option<Option<Ordering>> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(Some(a.cmp(b))),
            (Self::String(a), Self::String(b)) => Some(Some(a.cmp(b))),
            (Self::Bytes(a), Self::Bytes(b)) => Some(Some(a.cmp(b))),
            (Self::Duration(a), Self::Duration(b)) => Some(Some(a.cmp(b))),
            (Self::Timestamp(a), Self::Timestamp(b)) => Some(Some(a.cmp(b))),
            _ => compare_numbers(self, other),
        }
    }
}

fn all_equal(a: &[Value], b: &[Value], budget: &mut Budget) -> Result<bool, EvaluationError> {
    for (a, b) in a.iter().zip(b) {
        if !a.equals(b, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(
    a: &IndexMap<Key, Value>,
    b: &IndexMap<Key, Value>,
    budget: &mut Budget,
) -> Result<bool, EvaluationError> {
    for (key, a) in a {
        match b.get(key) {
            Some(b) if a.equals(b, budget)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn compare_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    let whole = |value: &Value| match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        _ => None,
    };
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => Some(a.partial_cmp(b)),
        (Value::Double(a), b) => Some(compare_mixed(*a, whole(b)?)),
        (a, Value::Double(b)) => Some(compare_mixed(*b, whole(a)?).map(Ordering::reverse)),
        (a, b) => Some(Some(whole(a)?.cmp(&whole(b)?))),
    }
}

/// As doubles, as cel-go does: an integer beyond 2^53 is rounded.
fn compare_mixed(double: f64, whole: i128) -> Option<Ordering> {
    double.partial_cmp(&(whole as f64))
}
