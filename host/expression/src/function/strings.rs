//! Text. Positions count characters.

use regex::RegexBuilder;

use super::{Outcome, format};
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::value::Value;

/// Largest compiled pattern in bytes, so that `(a{1000}){1000}` is refused.
const PATTERN_SIZE: usize = 1 << 18;

pub(super) fn member(function: &str, text: &str, args: &[Value], budget: &mut Budget) -> Outcome {
    budget.text(text.len())?;
    match (function, args) {
        ("size", []) => Ok(Some(int(text.chars().count()))),
        ("contains", [Value::String(part)]) => Ok(Some(Value::Bool(text.contains(part.as_ref())))),
        ("startsWith", [Value::String(part)]) => Ok(Some(Value::Bool(text.starts_with(part.as_ref())))),
        ("endsWith", [Value::String(part)]) => Ok(Some(Value::Bool(text.ends_with(part.as_ref())))),
        ("matches", [Value::String(pattern)]) => matches(text, pattern, budget).map(Some),
        ("charAt", [Value::Int(at)]) => char_at(text, *at).map(Some),
        ("indexOf", [Value::String(part)]) => index_of(text, part, 0, budget).map(Some),
        ("indexOf", [Value::String(part), Value::Int(from)]) => index_of(text, part, *from, budget).map(Some),
        ("lastIndexOf", [Value::String(part)]) => last_index_of(text, part, None, budget).map(Some),
        ("lastIndexOf", [Value::String(part), Value::Int(from)]) => {
            last_index_of(text, part, Some(*from), budget).map(Some)
        }
        ("lowerAscii", []) => Ok(Some(Value::text(text.to_ascii_lowercase()))),
        ("upperAscii", []) => Ok(Some(Value::text(text.to_ascii_uppercase()))),
        ("trim", []) => Ok(Some(Value::text(text.trim()))),
        ("reverse", []) => Ok(Some(Value::text(text.chars().rev().collect::<String>()))),
        ("replace", [Value::String(old), Value::String(new)]) => {
            replace(text, old, new, -1, budget).map(Some)
        }
        ("replace", [Value::String(old), Value::String(new), Value::Int(count)]) => {
            replace(text, old, new, *count, budget).map(Some)
        }
        ("split", [Value::String(separator)]) => split(text, separator, -1, budget).map(Some),
        ("split", [Value::String(separator), Value::Int(count)]) => {
            split(text, separator, *count, budget).map(Some)
        }
        ("substring", [Value::Int(start)]) => substring(text, *start, None).map(Some),
        ("substring", [Value::Int(start), Value::Int(end)]) => substring(text, *start, Some(*end)).map(Some),
        ("format", [Value::List(args)]) => format::format(text, args, budget).map(Some),
        _ => Ok(None),
    }
}

fn int(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn out_of_range(function: &'static str, at: i64) -> EvaluationError {
    EvaluationError::function(function, format!("index out of range: {at}"))
}

/// RE2's syntax, linear in the text.
pub(super) fn matches(text: &str, pattern: &str, budget: &mut Budget) -> Result<Value, EvaluationError> {
    // compiling costs by the pattern, matching at worst by both
    budget.spend(pattern.len() as u64 * 8)?;
    budget.spend((text.len() as u64 / 64) * (1 + pattern.len() as u64 / 16))?;
    let regex = RegexBuilder::new(pattern)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => EvaluationError::function("matches", "pattern too large"),
            _ => EvaluationError::function("matches", "invalid pattern"),
        })?;
    Ok(Value::Bool(regex.is_match(text)))
}

fn char_at(text: &str, at: i64) -> Result<Value, EvaluationError> {
    let position = usize::try_from(at).map_err(|_| out_of_range("charAt", at))?;
    let mut chars = text.chars().skip(position);
    match chars.next() {
        Some(c) => Ok(Value::text(c.to_string())),
        None if position == text.chars().count() => Ok(Value::text("")),
        None => Err(out_of_range("charAt", at)),
    }
}

/// Searching compares the part at every position.
fn search_cost(text: &[char], part: &[char], budget: &mut Budget) -> Result<(), EvaluationError> {
    budget.spend((text.len() as u64 / 16) * (1 + part.len() as u64 / 16))
}

fn index_of(text: &str, part: &str, from: i64, budget: &mut Budget) -> Result<Value, EvaluationError> {
    if part.is_empty() {
        return Ok(Value::Int(from));
    }
    let start = usize::try_from(from).map_err(|_| out_of_range("indexOf", from))?;
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    search_cost(&text, &part, budget)?;
    let rest = text.get(start..).unwrap_or_default();
    let found = rest.windows(part.len()).position(|window| window == part);
    Ok(found.map_or(Value::Int(-1), |found| int(found + start)))
}

fn last_index_of(
    text: &str,
    part: &str,
    from: Option<i64>,
    budget: &mut Budget,
) -> Result<Value, EvaluationError> {
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    if part.is_empty() {
        return Ok(from.map_or_else(|| int(text.len()), Value::Int));
    }
    let last = match from {
        None => text.len().saturating_sub(1),
        Some(from) => usize::try_from(from).map_err(|_| out_of_range("lastIndexOf", from))?,
    };
    if last >= text.len() {
        return Ok(Value::Int(-1));
    }
    search_cost(&text, &part, budget)?;
    let found = text
        .windows(part.len())
        .take(last + 1)
        .rposition(|window| window == part);
    Ok(found.map_or(Value::Int(-1), int))
}

fn replace(
    text: &str,
    old: &str,
    new: &str,
    count: i64,
    budget: &mut Budget,
) -> Result<Value, EvaluationError> {
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let places = if old.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(old).count()
    };
    budget.text(
        text.len()
            .saturating_add(places.min(limit).saturating_mul(new.len())),
    )?;
    Ok(Value::text(text.replacen(old, new, limit)))
}

fn split(text: &str, separator: &str, count: i64, budget: &mut Budget) -> Result<Value, EvaluationError> {
    let limit = match count {
        0 => return Ok(Value::list(Vec::new())),
        count => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let mut parts: Vec<&str> = Vec::new();
    if separator.is_empty() {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if parts.len() + 1 == limit {
                break;
            }
            parts.push(&rest[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
    } else {
        parts.extend(text.splitn(limit, separator));
    }
    budget.elements(parts.len())?;
    Ok(Value::list(parts.into_iter().map(Value::text).collect()))
}

fn substring(text: &str, start: i64, end: Option<i64>) -> Result<Value, EvaluationError> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Some(end) = end.filter(|end| start > *end) {
        let reason = format!("invalid substring range. start: {start}, end: {end}");
        return Err(EvaluationError::function("substring", reason));
    }
    let end = end.unwrap_or(length);
    for at in [start, end] {
        if at < 0 || at > length {
            return Err(out_of_range("substring", at));
        }
    }
    let (start, end) = (
        usize::try_from(start).unwrap_or(0),
        usize::try_from(end).unwrap_or(0),
    );
    let cut: String = text.chars().skip(start).take(end - start).collect();
    Ok(Value::text(cut))
}

/// A literal that reads as this text.
pub(super) fn quote(text: &str, budget: &mut Budget) -> Result<Value, EvaluationError> {
    budget.text(text.len() * 2)?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(Value::text(quoted))
}
