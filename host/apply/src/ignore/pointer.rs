//! JSON pointers (RFC 6901) into objects and into the field sets of managedFields (FieldsV1).

use serde_json::Value;

use super::IgnoreError;

/// A pointer to something within an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    pub(super) fn parse(text: &str) -> Result<Self, IgnoreError> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(IgnoreError {
                field: "paths",
                text: text.to_owned(),
                reason: "a JSON pointer begins with a slash".to_owned(),
            });
        };
        Ok(Self(
            path.split('/')
                .map(|part| part.replace("~1", "/").replace("~0", "~"))
                .collect(),
        ))
    }

    pub(super) fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, part| child(value, part))
    }

    /// Nothing happens where the path does not lead.
    pub(super) fn remove(&self, value: &mut Value) {
        let Some((last, parents)) = self.0.split_last() else {
            return;
        };
        match parents
            .iter()
            .try_fold(value, |value, part| child_mut(value, part))
        {
            Some(Value::Object(map)) => {
                map.shift_remove(last);
            }
            Some(Value::Array(list)) => {
                if let Some(at) = last.parse().ok().filter(|at| *at < list.len()) {
                    list.remove(at);
                }
            }
            _ => {}
        }
    }

    /// Only where there is something to replace.
    pub(super) fn replace(&self, value: &mut Value, new: &Value) {
        if let Some(old) = self
            .0
            .iter()
            .try_fold(value, |value, part| child_mut(value, part))
        {
            *old = new.clone();
        }
    }

    /// Whether a field set holds this path. Items of lists stand in it under the values of their keys.
    pub(super) fn is_in(&self, fields: &Value, object: &Value) -> bool {
        let (mut fields, mut value) = (fields, Some(object));
        for part in &self.0 {
            let next = match value {
                Some(Value::Array(list)) => item(fields, list, part),
                _ => fields.get(format!("f:{part}")),
            };
            let Some(next) = next else { return false };
            fields = next;
            value = value.and_then(|value| child(value, part));
        }
        true
    }
}

fn item<'a>(fields: &'a Value, list: &[Value], part: &str) -> Option<&'a Value> {
    let item = list.get(part.parse::<usize>().ok()?)?;
    let keyed = fields.as_object()?.iter().find(|(key, _)| {
        let keys = key
            .strip_prefix("k:")
            .and_then(|keys| serde_json::from_str::<Value>(keys).ok());
        let keys = keys.as_ref().and_then(Value::as_object);
        keys.is_some_and(|keys| keys.iter().all(|(name, value)| item.get(name) == Some(value)))
    });
    keyed.map(|(_, fields)| fields)
}

fn child<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(part),
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => None,
    }
}

fn child_mut<'a>(value: &'a mut Value, part: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(map) => map.get_mut(part),
        Value::Array(list) => list.get_mut(part.parse::<usize>().ok()?),
        _ => None,
    }
}
