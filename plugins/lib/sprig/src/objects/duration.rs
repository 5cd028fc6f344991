//! `time.Duration` in templates.

use std::any::Any;

use sluice_go_template::{Function, IntKind, Kind, Object, Str, Type, Value};

use super::{argument, getter, is_same};
use crate::time::Duration;

/// A duration.
pub struct DurationValue(pub Duration);

impl DurationValue {
    /// The type's name in Go.
    pub const TYPE: &'static str = "time.Duration";

    /// A value of a length in nanoseconds.
    pub fn value(nanos: i64) -> Value {
        Value::object(Self(Duration(nanos)))
    }
}

const SECOND: i64 = 1_000_000_000;

impl Object for DurationValue {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        Self::TYPE
    }

    fn kind(&self) -> Kind {
        Kind::Int(IntKind::Int64)
    }

    fn basic(&self) -> Option<Value> {
        Some(Value::int64(self.0.0))
    }

    fn string(&self) -> Option<Str> {
        Some(Str::from(self.0.to_string()))
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        let length = self.0;
        let float = |unit: i64| getter(Type::Float, Value::Float(length.in_units(unit)));
        let int = |unit: i64| getter(Type::INT64, Value::int64(length.0 / unit));
        Some(match name {
            b"Hours" => float(3_600 * SECOND),
            b"Minutes" => float(60 * SECOND),
            b"Seconds" => float(SECOND),
            b"Milliseconds" => int(1_000_000),
            b"Microseconds" => int(1_000),
            b"Nanoseconds" => int(1),
            b"String" => getter(Type::String, Value::from(length.to_string())),
            b"Abs" => getter(Type::Struct(Self::TYPE), Self::value(length.0.saturating_abs())),
            b"Round" | b"Truncate" => {
                let rounds = name == b"Round";
                Function::new(&[Type::Struct(Self::TYPE)], move |_, args| {
                    let multiple = argument::<Self>(args, 0)?.0;
                    let found = if rounds {
                        length.round(multiple)
                    } else {
                        length.truncate(multiple)
                    };
                    Ok(Value::object(Self(found)))
                })
                .returning(Type::Struct(Self::TYPE))
            }
            _ => return None,
        })
    }

    fn equals(&self, other: &dyn Object) -> Option<bool> {
        is_same(other, |other: &Self| other.0 == self.0)
    }
}
