//! `"...".format([...])`.

use super::convert;
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::Value;

/// Digits behind the point when a clause names none.
const PRECISION: usize = 6;
/// Most digits behind the point.
const MAX_PRECISION: usize = 1_000;

fn failed(reason: impl Into<String>) -> EvaluationError {
    EvaluationError::function("format", reason)
}

/// Fills the clauses of a template.
pub(super) fn format(template: &str, args: &[Value], budget: &mut Budget) -> Result<Value, EvaluationError> {
    let mut out = String::new();
    let mut args = args.iter().enumerate();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (clause, precision, after) = clause(rest)?;
        let (_, arg) = args.next().ok_or_else(|| failed("more clauses than arguments"))?;
        let text = written(clause, precision, arg, budget)?;
        budget.text(text.len())?;
        out.push_str(&text);
        rest = after;
    }
    out.push_str(rest);
    Ok(Value::text(out))
}

/// The letter and precision of a clause, and what follows it.
fn clause(text: &str) -> Result<(char, usize, &str), EvaluationError> {
    let mut precision = PRECISION;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix('.') {
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| failed("could not find end of precision specifier"))?;
        precision = after[..end]
            .parse()
            .ok()
            .filter(|precision| *precision <= MAX_PRECISION)
            .ok_or_else(|| failed(format!("precision must be a number up to {MAX_PRECISION}")))?;
        rest = &after[end..];
    }
    let letter = rest
        .chars()
        .next()
        .ok_or_else(|| failed("unexpected end of string"))?;
    Ok((letter, precision, &rest[letter.len_utf8()..]))
}

fn written(
    clause: char,
    precision: usize,
    arg: &Value,
    budget: &mut Budget,
) -> Result<String, EvaluationError> {
    let refuse = || {
        Err(failed(format!(
            "clause %{clause} does not take {}",
            arg.type_name()
        )))
    };
    match (clause, arg) {
        ('s', arg) => shown(arg, budget),
        ('d', Value::Int(_) | Value::Uint(_) | Value::Double(_)) => shown(arg, budget),
        ('f', Value::Double(number)) => {
            Ok(special(*number).unwrap_or_else(|| format!("{number:.precision$}")))
        }
        ('e', Value::Double(number)) => {
            Ok(special(*number).unwrap_or_else(|| scientific(*number, precision)))
        }
        // cel-go prints Go's complaint about the verb here, which helps nobody
        ('f', Value::Int(number)) => Ok(format!("{:.precision$}", *number as f64)),
        ('f', Value::Uint(number)) => Ok(format!("{:.precision$}", *number as f64)),
        ('e', Value::Int(number)) => Ok(scientific(*number as f64, precision)),
        ('e', Value::Uint(number)) => Ok(scientific(*number as f64, precision)),
        ('b', Value::Bool(value)) => Ok(u8::from(*value).to_string()),
        ('b', Value::Int(number)) => Ok(format!("{}{:b}", sign(*number), number.unsigned_abs())),
        ('b', Value::Uint(number)) => Ok(format!("{number:b}")),
        ('o', Value::Int(number)) => Ok(format!("{}{:o}", sign(*number), number.unsigned_abs())),
        ('o', Value::Uint(number)) => Ok(format!("{number:o}")),
        ('x', Value::Int(number)) => Ok(format!("{}{:x}", sign(*number), number.unsigned_abs())),
        ('X', Value::Int(number)) => Ok(format!("{}{:X}", sign(*number), number.unsigned_abs())),
        ('x', Value::Uint(number)) => Ok(format!("{number:x}")),
        ('X', Value::Uint(number)) => Ok(format!("{number:X}")),
        ('x' | 'X', Value::String(text)) => hex(text.as_bytes(), clause, budget),
        ('x' | 'X', Value::Bytes(bytes)) => hex(bytes, clause, budget),
        ('d' | 'f' | 'e' | 'b' | 'o' | 'x' | 'X', _) => refuse(),
        _ => Err(failed(format!("unrecognized formatting clause \"{clause}\""))),
    }
}

fn sign(number: i64) -> &'static str {
    if number < 0 { "-" } else { "" }
}

fn hex(bytes: &[u8], clause: char, budget: &mut Budget) -> Result<String, EvaluationError> {
    budget.text(bytes.len() * 2)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(if clause == 'X' {
        text.to_ascii_uppercase()
    } else {
        text
    })
}

fn special(number: f64) -> Option<String> {
    if number.is_nan() {
        return Some("NaN".into());
    }
    number
        .is_infinite()
        .then(|| if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
}

/// With at least two digits of exponent.
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// `%s`: any value, lists and maps with their elements.
fn shown(value: &Value, budget: &mut Budget) -> Result<String, EvaluationError> {
    budget.spend(1)?;
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => special(*number).unwrap_or_else(|| number.to_string()),
        Value::String(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Duration(span) => convert::seconds(*span),
        Value::Timestamp(moment) => moment.to_string(),
        Value::Type(name) => name.to_string(),
        Value::List(items) => {
            let items: Result<Vec<String>, EvaluationError> =
                items.iter().map(|item| shown(item, budget)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let entries: Result<Vec<(String, String)>, EvaluationError> = map
                .iter()
                .map(|(key, item)| Ok((shown(&key.value(), budget)?, shown(item, budget)?)))
                .collect();
            let mut entries = entries?;
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, item)| format!("{key}: {item}"))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Optional(_) => {
            return Err(failed(format!("clause %s does not take {}", value.type_name())));
        }
    };
    budget.text(text.len())?;
    Ok(text)
}
