//! Violations in the words of the library that helm uses. Values of strings are left out: they may be secret.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// How deep alternatives are told.
const MAX_DEPTH: usize = 4;

/// Writes violations, and below each why its alternatives failed. What one `required` misses is told in one line.
pub(super) fn write(violations: &[ValidationError<'_>], depth: usize, told: &mut String) {
    let indent = "  ".repeat(depth);
    for together in violations.chunk_by(are_of_one_required) {
        let Some(violation) = together.first() else {
            continue;
        };
        let phrase = if together.len() > 1 {
            missing(together)
        } else {
            phrase(violation)
        };
        let _ = writeln!(told, "{indent}- at '{}': {phrase}", violation.instance_path());
        let (Kind::AnyOf { context } | Kind::OneOfNotValid { context }) = violation.kind() else {
            continue;
        };
        if depth < MAX_DEPTH {
            for alternative in context {
                write(alternative, depth + 1, told);
            }
        }
    }
}

fn are_of_one_required(one: &ValidationError<'_>, other: &ValidationError<'_>) -> bool {
    matches!(
        (one.kind(), other.kind()),
        (Kind::Required { .. }, Kind::Required { .. })
    ) && one.instance_path() == other.instance_path()
        && one.schema_path() == other.schema_path()
}

fn missing(violations: &[ValidationError<'_>]) -> String {
    let name = |violation: &ValidationError<'_>| match violation.kind() {
        Kind::Required { property } => Some(display(property)),
        _ => None,
    };
    let names: Vec<String> = violations.iter().filter_map(name).collect();
    format!("missing properties {}", names.join(", "))
}

fn phrase(violation: &ValidationError<'_>) -> String {
    let got = violation.instance();
    let count = || match got.as_ref() {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        Value::String(text) => text.chars().count(),
        _ => 0,
    };
    match violation.kind() {
        Kind::Type { kind } => format!("got {}, want {}", type_name(got), wanted(kind)),
        Kind::Required { property } => format!("missing property {}", display(property)),
        Kind::AdditionalProperties { unexpected } => {
            format!("additional properties {} not allowed", quoted(unexpected))
        }
        Kind::Enum { options } => match options.as_array().map(Vec::as_slice) {
            Some([only]) => format!("value must be {}", display(only)),
            Some(options) => {
                let options: Vec<String> = options.iter().map(display).collect();
                format!("value must be one of {}", options.join(", "))
            }
            None => "'enum' failed".into(),
        },
        Kind::Constant { expected_value } => format!("value must be {}", display(expected_value)),
        Kind::Minimum { limit } => format!("minimum: got {got}, want {limit}"),
        Kind::Maximum { limit } => format!("maximum: got {got}, want {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("exclusiveMinimum: got {got}, want {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("exclusiveMaximum: got {got}, want {limit}"),
        Kind::MinLength { limit } => format!("minLength: got {}, want {limit}", count()),
        Kind::MaxLength { limit } => format!("maxLength: got {}, want {limit}", count()),
        Kind::MinItems { limit } => format!("minItems: got {}, want {limit}", count()),
        Kind::MaxItems { limit } => format!("maxItems: got {}, want {limit}", count()),
        Kind::MinProperties { limit } => format!("minProperties: got {}, want {limit}", count()),
        Kind::MaxProperties { limit } => format!("maxProperties: got {}, want {limit}", count()),
        Kind::Pattern { pattern } => format!("the value does not match pattern '{pattern}'"),
        Kind::Format { format } => format!("the value is not valid {format}"),
        Kind::AnyOf { .. } => "'anyOf' failed".into(),
        Kind::OneOfNotValid { .. } => "'oneOf' failed, none matched".into(),
        Kind::OneOfMultipleValid { .. } => "'oneOf' failed, more than one subschema matched".into(),
        Kind::Not { .. } => "'not' failed".into(),
        Kind::FalseSchema => "false schema".into(),
        _ => violation.masked().to_string(),
    }
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

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
            kinds.join(" or ")
        }
    }
}

/// What a schema says, so that nothing of it is secret.
fn display(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    names.join(", ")
}
