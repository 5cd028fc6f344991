//! Violations in the words of the library that helm uses. Values of strings are left out: they may be secret.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// How deep groups and alternatives are told.
const MAX_DEPTH: usize = 6;

/// Writes violations, and below each why its alternatives failed. What one `required` misses is told in one line.
pub(super) fn write(violations: &[ValidationError<'_>], told: &mut String) {
    let all: Vec<&ValidationError<'_>> = violations.iter().collect();
    tell(&all, "", 0, false, told);
}

/// Writes what is wrong at a place and below it. Where more than one thing is, and the place is not that of the whole, they
/// stand below a line of its own, as the errors of one schema do in the library.
fn tell(violations: &[&ValidationError<'_>], place: &str, depth: usize, is_group: bool, told: &mut String) {
    let (own, below): (Vec<_>, Vec<_>) = violations
        .iter()
        .copied()
        .partition(|violation| violation.instance_path().as_str().len() <= place.len());
    let own: Vec<_> = own
        .chunk_by(|one, other| are_of_one_required(one, other))
        .collect();
    let children = children(&below, place);
    if let ([], [(place, below)]) = (own.as_slice(), children.as_slice()) {
        return tell(below, place, depth, is_group, told);
    }
    let mut depth = depth;
    if is_group && own.len() + children.len() > 1 {
        let _ = writeln!(
            told,
            "{}- at {}: validation failed",
            "  ".repeat(depth),
            quote(place)
        );
        depth += 1;
    }
    if depth > MAX_DEPTH {
        return;
    }
    for together in own {
        tell_one(together, depth, told);
    }
    for (place, below) in children {
        tell(&below, place, depth, true, told);
    }
}

/// The violations by the next step from a place, in the order of their first ones.
fn children<'v, 'e>(
    below: &[&'v ValidationError<'e>],
    place: &str,
) -> Vec<(&'v str, Vec<&'v ValidationError<'e>>)> {
    let mut children: Vec<(&str, Vec<&ValidationError<'e>>)> = Vec::new();
    for violation in below {
        let path = violation.instance_path().as_str();
        let rest = path.get(place.len() + 1..).unwrap_or_default();
        let end = rest.find('/').map_or(path.len(), |at| place.len() + 1 + at);
        let step = path.get(..end).unwrap_or(path);
        match children.iter_mut().find(|(known, _)| *known == step) {
            Some((_, found)) => found.push(violation),
            None => children.push((step, vec![violation])),
        }
    }
    children
}

fn tell_one(together: &[&ValidationError<'_>], depth: usize, told: &mut String) {
    let Some(violation) = together.first() else {
        return;
    };
    let phrase = if together.len() > 1 {
        missing(together)
    } else {
        phrase(violation)
    };
    let place = violation.instance_path().as_str();
    let _ = writeln!(told, "{}- at {}: {phrase}", "  ".repeat(depth), quote(place));
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = violation.kind() {
        for alternative in context {
            let alternative: Vec<&ValidationError<'_>> = alternative.iter().collect();
            tell(&alternative, place, depth + 1, true, told);
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

fn missing(violations: &[&ValidationError<'_>]) -> String {
    let name = |violation: &&ValidationError<'_>| match violation.kind() {
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
        Kind::Pattern { pattern } => format!("the value does not match pattern {}", quote(pattern)),
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
fn quote(text: &str) -> String {
    let quoted = sluice_go_template::format::quote(text.as_bytes());
    let quoted = String::from_utf8_lossy(&quoted);
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}
