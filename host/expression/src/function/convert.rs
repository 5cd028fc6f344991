//! Conversions between types.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use super::{Outcome, time};
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::Value;

pub(super) fn call(function: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    let [value] = args else { return Ok(None) };
    match function {
        "int" => int(value),
        "uint" => uint(value),
        "double" => double(value),
        "string" => string(value, budget),
        "bytes" => bytes(value, budget),
        "bool" => boolean(value),
        "duration" => duration(value),
        "timestamp" => timestamp(value),
        "type" => Ok(Some(Value::Type(value.type_name().into()))),
        "dyn" => Ok(Some(value.clone())),
        _ => Ok(None),
    }
}

fn refused(function: &'static str, reason: &str) -> EvaluationError {
    EvaluationError::function(function, reason)
}

fn int(value: &Value) -> Outcome {
    let range = || refused("int", "integer overflow");
    let number = match value {
        Value::Int(number) => *number,
        Value::Uint(number) => i64::try_from(*number).map_err(|_| range())?,
        Value::Double(number) => {
            // both bounds are excluded, as cel-go does
            let bound = 9_223_372_036_854_775_808.0;
            if !(*number > -bound && *number < bound) {
                return Err(range());
            }
            *number as i64
        }
        Value::String(text) => text
            .parse()
            .map_err(|_| refused("int", "the text is no integer"))?,
        Value::Timestamp(moment) => moment.as_second(),
        Value::Duration(span) => i64::try_from(span.as_nanos()).map_err(|_| range())?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Int(number)))
}

fn uint(value: &Value) -> Outcome {
    let range = || refused("uint", "unsigned integer overflow");
    let number = match value {
        Value::Uint(number) => *number,
        Value::Int(number) => u64::try_from(*number).map_err(|_| range())?,
        Value::Double(number) => {
            if !(*number >= 0.0 && *number < 18_446_744_073_709_551_616.0) {
                return Err(range());
            }
            *number as u64
        }
        Value::String(text) => text
            .parse()
            .map_err(|_| refused("uint", "the text is no unsigned integer"))?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Uint(number)))
}

fn double(value: &Value) -> Outcome {
    let number = match value {
        Value::Double(number) => *number,
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        Value::String(text) => text
            .parse()
            .map_err(|_| refused("double", "the text is no number"))?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Double(number)))
}

fn string(value: &Value, budget: &mut Budget) -> Outcome {
    let text = match value {
        Value::String(_) => return Ok(Some(value.clone())),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => shortest(*number),
        Value::Bytes(bytes) => {
            budget.text(bytes.len())?;
            let text = std::str::from_utf8(bytes);
            text.map_err(|_| refused("string", "the bytes are no UTF-8"))?
                .to_owned()
        }
        Value::Timestamp(moment) => moment.to_string(),
        Value::Duration(span) => seconds(*span),
        _ => return Ok(None),
    };
    Ok(Some(Value::text(text)))
}

/// The shortest text that reads as this number: with an exponent below 1e-4 and from 1e6 on, as Go's `%g`.
fn shortest(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{number}")
}

/// A span as seconds with their fraction, `1.5s`.
pub(super) fn seconds(span: SignedDuration) -> String {
    format!("{}s", span.as_secs_f64())
}

fn bytes(value: &Value, budget: &mut Budget) -> Outcome {
    Ok(match value {
        Value::Bytes(_) => Some(value.clone()),
        Value::String(text) => {
            budget.text(text.len())?;
            Some(Value::Bytes(text.as_bytes().into()))
        }
        _ => None,
    })
}

fn boolean(value: &Value) -> Outcome {
    Ok(match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
            _ => return Err(refused("bool", "the text is no boolean")),
        },
        _ => None,
    })
}

fn duration(value: &Value) -> Outcome {
    match value {
        Value::Duration(_) => Ok(Some(value.clone())),
        Value::String(text) => match time::span(text) {
            Some(span) => Ok(Some(Value::Duration(span))),
            None => Err(refused("duration", "the text is no duration")),
        },
        _ => Ok(None),
    }
}

fn timestamp(value: &Value) -> Outcome {
    let moment = match value {
        Value::Timestamp(_) => return Ok(Some(value.clone())),
        Value::Int(number) => Timestamp::from_second(*number).ok(),
        Value::String(text) => time::moment(text),
        _ => return Ok(None),
    };
    moment
        .filter(|moment| time::is_valid(*moment))
        .map(|moment| Some(Value::Timestamp(moment)))
        .ok_or_else(|| refused("timestamp", "no time of the years 1 to 9999"))
}

pub(super) fn encode(bytes: &[u8], budget: &mut Budget) -> Result<Value, EvaluationError> {
    budget.text(bytes.len() * 2)?;
    Ok(Value::text(STANDARD.encode(bytes)))
}

/// With or without padding.
pub(super) fn decode(text: &str, budget: &mut Budget) -> Result<Value, EvaluationError> {
    budget.text(text.len())?;
    let text = text.replace(['\r', '\n'], "");
    STANDARD
        .decode(&text)
        .or_else(|_| STANDARD_NO_PAD.decode(&text))
        .map(|bytes| Value::Bytes(bytes.into()))
        .map_err(|_| refused("base64.decode", "the text is no base64"))
}
