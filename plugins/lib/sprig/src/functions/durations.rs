//! Helm's functions on durations.

use sluice_go_template::{Error, Type, Value, format};

use super::Table;
use super::args::any;
use super::cast::{float_to_int, parse_float};
use crate::objects::DurationValue;
use crate::text::words::trim_space;
use crate::time::Duration;

const A: Type = Type::Any;
const SECOND: i64 = 1_000_000_000;
const D: Type = Type::Struct(DurationValue::TYPE);

pub(super) fn register(table: &mut Table) {
    table.add("mustToDuration", &[A], D, |_, args| {
        duration(any(args, 0))
            .map(|length| DurationValue::value(length.0))
            .map_err(Error::new)
    });
    table.add("durationSeconds", &[A], Type::Float, |_, args| {
        Ok(float(args, SECOND, 1.0))
    });
    table.add("durationMinutes", &[A], Type::Float, |_, args| {
        Ok(float(args, 60 * SECOND, 1.0))
    });
    table.add("durationHours", &[A], Type::Float, |_, args| {
        Ok(float(args, 3_600 * SECOND, 1.0))
    });
    table.add("durationDays", &[A], Type::Float, |_, args| {
        Ok(float(args, 3_600 * SECOND, 24.0))
    });
    table.add("durationWeeks", &[A], Type::Float, |_, args| {
        let hours = in_units(args, 3_600 * SECOND);
        Ok(Value::Float(hours / 24.0 / 7.0))
    });
    table.add("durationMilliseconds", &[A], Type::INT64, |_, args| {
        Ok(whole(args, 1_000_000))
    });
    table.add("durationMicroseconds", &[A], Type::INT64, |_, args| {
        Ok(whole(args, 1_000))
    });
    table.add("durationNanoseconds", &[A], Type::INT64, |_, args| {
        Ok(whole(args, 1))
    });
    table.add("durationRoundTo", &[A, A], D, |_, args| {
        Ok(adjusted(args, Duration::round))
    });
    table.add("durationTruncateTo", &[A, A], D, |_, args| {
        Ok(adjusted(args, Duration::truncate))
    });
}

fn in_units(args: &[Value], unit: i64) -> f64 {
    duration(any(args, 0)).map_or(0.0, |length| length.in_units(unit))
}

fn float(args: &[Value], unit: i64, divisor: f64) -> Value {
    Value::Float(in_units(args, unit) / divisor)
}

fn whole(args: &[Value], unit: i64) -> Value {
    Value::int64(duration(any(args, 0)).map_or(0, |length| length.0 / unit))
}

/// 0 when the duration is none; unchanged when the multiple is none.
fn adjusted(args: &[Value], adjust: fn(Duration, Duration) -> Duration) -> Value {
    let length = duration(any(args, 0)).unwrap_or(Duration(0));
    let found = duration(any(args, 1)).map_or(length, |multiple| adjust(length, multiple));
    DurationValue::value(found.0)
}

/// A duration of text (`1h30m`, or seconds), or of seconds.
fn duration(value: &Value) -> Result<Duration, String> {
    match value {
        Value::Nil => Err("invalid duration".to_owned()),
        Value::String(text) => {
            let trimmed = trim_space(text);
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(length) = Duration::parse(trimmed) {
                return Ok(length);
            }
            match parse_float(trimmed) {
                Some(seconds) => of_float(seconds),
                None => {
                    let shown = format::quote(text);
                    Err(format!(
                        "could not parse duration {}",
                        String::from_utf8_lossy(&shown)
                    ))
                }
            }
        }
        Value::Int(_, seconds) => of_int(i128::from(*seconds)),
        Value::Uint(_, seconds) => of_int(i128::from(*seconds)),
        Value::Float(seconds) => of_float(*seconds),
        Value::Object(object) => {
            if let Some(length) = value.downcast::<DurationValue>() {
                return Ok(length.0);
            }
            match object.basic() {
                Some(basic @ (Value::Int(..) | Value::Uint(..) | Value::Float(_))) => duration(&basic),
                _ => Err(format!("unsupported duration type {}", value.type_name())),
            }
        }
        _ => Err(format!("unsupported duration type {}", value.type_name())),
    }
}

fn of_int(seconds: i128) -> Result<Duration, String> {
    let nanos = i64::try_from(seconds * i128::from(SECOND));
    nanos
        .map(Duration)
        .map_err(|_| format!("duration seconds overflow: {seconds}"))
}

fn of_float(seconds: f64) -> Result<Duration, String> {
    const BOUND: f64 = 9_223_372_036_854_775_807.0;
    let shown = || match (seconds.is_nan(), seconds.is_infinite()) {
        (true, _) => "NaN".to_owned(),
        (_, true) => if seconds > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        _ => format::format_float(seconds),
    };
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    let limit = BOUND / SECOND as f64;
    if seconds > limit || seconds < -limit {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok(Duration(float_to_int(seconds * SECOND as f64)))
}
