//! Reads fields as Kubernetes' unstructured helpers do: strict where kstatus is strict, lenient where it is lenient.

use serde_json::Value;
use sluice_model::Object;

use super::StatusError;

pub(super) fn error(field: impl Into<String>, found: &Value, wanted: &'static str) -> StatusError {
    StatusError {
        field: field.into(),
        found: found.to_string().chars().take(64).collect(),
        wanted,
    }
}

/// The value at a path through maps.
pub(super) fn at<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(object.0.get(*first)?, |value, key| value.as_object()?.get(*key))
}

/// A field of `metadata` or `status`; none when either is missing.
pub(super) fn strict<'a>(
    object: &'a Object,
    parent: &str,
    key: &str,
) -> Result<Option<&'a Value>, StatusError> {
    match object.0.get(parent) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(map.get(key)),
        Some(other) => Err(error(parent, other, "a map")),
    }
}

/// An integer, or none when the field is missing.
pub(super) fn int(object: &Object, parent: &str, key: &str) -> Result<Option<i64>, StatusError> {
    let Some(value) = strict(object, parent, key)? else {
        return Ok(None);
    };
    value
        .as_i64()
        .map(Some)
        .ok_or_else(|| error(format!("{parent}.{key}"), value, "an integer"))
}

/// Whether a text is there and not empty.
pub(super) fn is_set(object: &Object, parent: &str, key: &str) -> Result<bool, StatusError> {
    let Some(value) = strict(object, parent, key)? else {
        return Ok(false);
    };
    let text = value
        .as_str()
        .ok_or_else(|| error(format!("{parent}.{key}"), value, "a string"))?;
    Ok(!text.is_empty())
}

pub(super) fn int_or(object: &Object, path: &[&str], default: i64) -> i64 {
    at(object, path).and_then(Value::as_i64).unwrap_or(default)
}

pub(super) fn text_or<'a>(object: &'a Object, path: &[&str], default: &'a str) -> &'a str {
    at(object, path).and_then(Value::as_str).unwrap_or(default)
}
