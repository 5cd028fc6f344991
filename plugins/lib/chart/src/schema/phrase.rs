//! Violations in the words of the library that helm uses. Values of strings are left out: they may be secret.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::number::{count, number};

/// What one keyword finds wrong; more than one violation are names that one `required` misses.
pub(super) fn phrase(violations: &[&ValidationError<'_>]) -> String {
    let name = |violation: &&ValidationError<'_>| match violation.kind() {
        Kind::Required { property } => Some(display(property)),
        _ => None,
    };
    let names: Vec<String> = violations.iter().filter_map(name).collect();
    let Some(violation) = violations.first() else {
        return String::new();
    };
    match names.as_slice() {
        [] => of_one(violation),
        [name] => format!("missing property {name}"),
        names => format!("missing properties {}", names.join(", ")),
    }
}

fn of_one(violation: &ValidationError<'_>) -> String {
    let got = violation.instance();
    match violation.kind() {
        Kind::Type { kind } => format!("got {}, want {}", type_name(got), wanted(kind)),
        Kind::AdditionalProperties { unexpected } => {
            format!("additional properties {} not allowed", quoted(unexpected))
        }
        Kind::Enum { options } => match options.as_array().map(Vec::as_slice) {
            Some(options) if options.iter().any(is_compound) => "'enum' failed".into(),
            Some([only]) => format!("value must be {}", display(only)),
            Some(options) => {
                let options: Vec<String> = options.iter().map(display).collect();
                format!("value must be one of {}", options.join(", "))
            }
            None => "'enum' failed".into(),
        },
        Kind::Constant { expected_value } if is_compound(expected_value) => "'const' failed".into(),
        Kind::Constant { expected_value } => format!("value must be {}", display(expected_value)),
        Kind::Minimum { limit } => bound("minimum", got, limit),
        Kind::Maximum { limit } => bound("maximum", got, limit),
        Kind::ExclusiveMinimum { limit } => bound("exclusiveMinimum", got, limit),
        Kind::ExclusiveMaximum { limit } => bound("exclusiveMaximum", got, limit),
        Kind::MinLength { limit } => size("minLength", got, *limit),
        Kind::MaxLength { limit } => size("maxLength", got, *limit),
        Kind::MinItems { limit } => size("minItems", got, *limit),
        Kind::MaxItems { limit } => size("maxItems", got, *limit),
        Kind::MinProperties { limit } => size("minProperties", got, *limit),
        Kind::MaxProperties { limit } => size("maxProperties", got, *limit),
        Kind::Pattern { pattern } => format!("the value does not match pattern {}", quote(pattern)),
        Kind::Format { format } => format!("the value is not valid {format}"),
        Kind::AnyOf { .. } => "'anyOf' failed".into(),
        Kind::OneOfNotValid { .. } => "'oneOf' failed, none matched".into(),
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().enumerate().filter(|(_, faults)| faults.is_empty());
            let matched: Vec<String> = matched.take(2).map(|(at, _)| count(at as u64)).collect();
            format!("'oneOf' failed, subschemas {} matched", matched.join(", "))
        }
        Kind::MultipleOf { multiple_of } => bound("multipleOf", got, &Value::from(*multiple_of)),
        Kind::AdditionalItems { limit } => {
            let more = got
                .as_array()
                .map_or(0, |items| items.len().saturating_sub(*limit));
            format!("last {} additionalItem(s) not allowed", count(more as u64))
        }
        Kind::UniqueItems => equal_items(got).unwrap_or_else(|| violation.masked().to_string()),
        Kind::Contains => "no items match contains schema".into(),
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            format!("invalid propertyName {}", quote(name))
        }
        Kind::Not { .. } => "'not' failed".into(),
        Kind::FalseSchema => "false schema".into(),
        _ => violation.masked().to_string(),
    }
}

fn bound(keyword: &str, got: &Value, limit: &Value) -> String {
    let shown = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), number);
    format!("{keyword}: got {}, want {}", shown(got), shown(limit))
}

fn size(keyword: &str, got: &Value, limit: u64) -> String {
    let got = match got {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        Value::String(text) => text.chars().count(),
        _ => 0,
    };
    format!("{keyword}: got {}, want {}", count(got as u64), count(limit))
}

/// Which items are equal: the first one that was there before.
fn equal_items(list: &Value) -> Option<String> {
    let items = list.as_array()?;
    let before = |at: usize| items.iter().take(at).position(|item| Some(item) == items.get(at));
    let (first, second) = (1..items.len()).find_map(|at| Some((before(at)?, at)))?;
    Some(format!(
        "items at {} and {} are equal",
        count(first as u64),
        count(second as u64)
    ))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The types that fit, in the library's order.
fn wanted(kind: &TypeKind) -> String {
    const ORDER: [&str; 7] = [
        "null", "boolean", "number", "integer", "string", "array", "object",
    ];
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            let mut kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
            kinds.sort_by_key(|kind| ORDER.iter().position(|known| known == kind));
            kinds.join(" or ")
        }
    }
}

/// What a schema says, so that nothing of it is secret.
fn display(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Null => "<nil>".into(),
        other => other.to_string(),
    }
}

fn is_compound(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
    names.join(", ")
}

/// Go's quotes, but single ones.
pub(super) fn quote(text: &str) -> String {
    let quoted = sluice_go_template::format::quote(text.as_bytes());
    let quoted = String::from_utf8_lossy(&quoted);
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}
