//! `time.Time` in templates.

use std::any::Any;

use sluice_go_template::{Error, Function, IntKind, Kind, Object, Str, Type, UintKind, Value};

use super::{DurationValue, argument, getter, is_same};
use crate::time::{Moment, WEEK_DAYS, Zone};

/// A moment.
pub struct MomentValue(pub Moment);

/// `*time.Location`: that of UTC is nil, others are told by an address.
struct Location {
    is_utc: bool,
}

/// A number with a name: `time.Month`, `time.Weekday`.
pub struct NamedInt {
    kind: &'static str,
    number: i64,
    name: String,
}

impl MomentValue {
    /// The type's name in Go.
    pub const TYPE: &'static str = "time.Time";

    /// What `encoding/json` makes of it.
    ///
    /// # Errors
    /// The year has more than four digits.
    pub fn json(&self) -> Result<Value, Error> {
        if !(0..=9999).contains(&self.0.parts()[0]) {
            let reason = "Time.MarshalJSON: year outside of range [0,9999]";
            return Err(Error::new(format!(
                "json: error calling MarshalJSON for type time.Time: {reason}"
            )));
        }
        Ok(Value::from(self.0.format(b"2006-01-02T15:04:05.999999999Z07:00")))
    }

    fn number(&self, name: &[u8]) -> Option<(Type, Value)> {
        let [year, _, day, hour, minute, second, year_day, _] = self.0.parts();
        let (unix, nanos) = (self.0.unix, i64::from(self.0.nanos));
        let per_second = |count: i64| {
            Value::int64(
                unix.wrapping_mul(count)
                    .wrapping_add(nanos / (1_000_000_000 / count)),
            )
        };
        let int = |number: i64| (Type::INT, Value::int(number));
        Some(match name {
            b"Year" => int(year),
            b"Day" => int(day),
            b"Hour" => int(hour),
            b"Minute" => int(minute),
            b"Second" => int(second),
            b"Nanosecond" => int(nanos),
            b"YearDay" => int(year_day),
            b"Unix" => (Type::INT64, Value::int64(unix)),
            b"UnixMilli" => (Type::INT64, per_second(1_000)),
            b"UnixMicro" => (Type::INT64, per_second(1_000_000)),
            b"UnixNano" => (Type::INT64, per_second(1_000_000_000)),
            _ => return None,
        })
    }

    fn derived(&self, name: &[u8]) -> Option<Value> {
        let [_, month, _, _, _, _, _, week_day] = self.0.parts();
        let moment = |moment: Moment| Value::object(Self(moment));
        Some(match name {
            b"UTC" => moment(self.0.in_zone(Zone::Utc)),
            b"Local" => moment(self.0.in_zone(Zone::Local)),
            b"IsZero" => Value::Bool(self.0.unix == Moment::ZERO.unix && self.0.nanos == 0),
            b"String" => Value::from(self.0.go_string()),
            b"GoString" => Value::from(self.0.go_syntax()),
            b"Month" => Value::object(NamedInt {
                kind: "time.Month",
                number: month,
                name: self.0.month_name().to_owned(),
            }),
            b"Weekday" => Value::object(NamedInt {
                kind: "time.Weekday",
                number: week_day,
                name: WEEK_DAYS[usize::try_from(week_day).unwrap_or_default() % 7].to_owned(),
            }),
            _ => return None,
        })
    }
}

impl Object for MomentValue {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        Self::TYPE
    }

    /// Go's own, which verbs print that mean nothing for a time (`%d`).
    fn fields(&self) -> Vec<(&str, Value)> {
        let is_utc = self.0.zone == Zone::Utc;
        vec![
            ("wall", Value::Uint(UintKind::Uint64, u64::from(self.0.nanos))),
            ("ext", Value::int64(self.0.unix.wrapping_sub(Moment::ZERO.unix))),
            ("loc", Value::object(Location { is_utc })),
        ]
    }

    fn string(&self) -> Option<Str> {
        Some(Str::from(self.0.go_string()))
    }

    fn go_string(&self) -> Option<Str> {
        Some(Str::from(self.0.go_syntax()))
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        if let Some((kind, value)) = self.number(name) {
            return Some(getter(kind, value));
        }
        if let Some(value) = self.derived(name) {
            return Some(getter(Type::Any, value));
        }
        let moment = self.0.clone();
        let time = Type::Struct(Self::TYPE);
        Some(match name {
            b"Format" => Function::new(&[Type::String], move |_, args| {
                Ok(Value::from(moment.format(args[0].as_bytes().unwrap_or_default())))
            })
            .returning(Type::String),
            b"Add" => Function::new(&[Type::Struct(DurationValue::TYPE)], move |_, args| {
                let length = argument::<DurationValue>(args, 0)?.0;
                Ok(Value::object(Self(moment.add(length))))
            })
            .returning(time),
            b"AddDate" => Function::new(&[Type::INT; 3], move |_, args| {
                let part = |at: usize| args[at].as_int().unwrap_or_default();
                Ok(Value::object(Self(moment.add_date(part(0), part(1), part(2)))))
            })
            .returning(time),
            b"Sub" => Function::new(&[time], move |_, args| {
                let earlier = &argument::<Self>(args, 0)?.0;
                Ok(Value::object(DurationValue(moment.since(earlier))))
            })
            .returning(Type::Struct(DurationValue::TYPE)),
            b"Before" | b"After" | b"Equal" => {
                let wanted = match name {
                    b"Before" => std::cmp::Ordering::Less,
                    b"After" => std::cmp::Ordering::Greater,
                    _ => std::cmp::Ordering::Equal,
                };
                Function::new(&[time], move |_, args| {
                    let other = &argument::<Self>(args, 0)?.0;
                    let order = (moment.unix, moment.nanos).cmp(&(other.unix, other.nanos));
                    Ok(Value::Bool(order == wanted))
                })
                .returning(Type::Bool)
            }
            _ => return None,
        })
    }

    fn equals(&self, other: &dyn Object) -> Option<bool> {
        is_same(other, |other: &Self| other.0 == self.0)
    }
}

impl Object for Location {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        "*time.Location"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn is_nil(&self) -> bool {
        self.is_utc
    }
}

impl Object for NamedInt {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        self.kind
    }

    fn kind(&self) -> Kind {
        Kind::Int(IntKind::Int)
    }

    fn basic(&self) -> Option<Value> {
        Some(Value::int(self.number))
    }

    fn string(&self) -> Option<Str> {
        Some(Str::from(self.name.as_str()))
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        (name == b"String").then(|| getter(Type::String, Value::from(self.name.as_str())))
    }

    fn equals(&self, other: &dyn Object) -> Option<bool> {
        is_same(other, |other: &Self| {
            other.kind == self.kind && other.number == self.number
        })
    }
}
