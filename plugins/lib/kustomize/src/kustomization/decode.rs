//! Reads JSON values into records the way Go's encoding/json does: names regardless of case, null as nothing.

use std::collections::BTreeMap;

use serde_json::{Number, Value};
use sluice_yaml::{FloatPrecision, format_float};

/// Where in a file a value stands, and how strict the file is read.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The record that the file holds, for messages.
    pub root: &'static str,
    /// Unknown fields are errors.
    pub strict: bool,
    /// Numbers and bools are taken for text where text is wanted.
    pub lenient: bool,
    /// The field above.
    pub above: Option<&'a Place<'a>>,
    /// Name of the field, or empty at the root.
    pub name: &'a str,
}

/// A field with a value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeError {
    /// Dotted path.
    pub field: String,
    /// In Go's words.
    pub reason: String,
}

impl<'a> Place<'a> {
    pub fn root(root: &'static str, strict: bool) -> Self {
        Self {
            root,
            strict,
            lenient: false,
            above: None,
            name: "",
        }
    }

    /// As `sigs.k8s.io/yaml` reads into a type in Go: numbers and bools become text where the type wants it.
    pub fn lenient(self) -> Self {
        Self {
            lenient: true,
            ..self
        }
    }

    pub fn field(&'a self, name: &'a str) -> Place<'a> {
        Place {
            root: self.root,
            strict: self.strict,
            lenient: self.lenient,
            above: Some(self),
            name,
        }
    }

    fn path(&self) -> String {
        match self.above {
            Some(above) if !above.path().is_empty() => format!("{}.{}", above.path(), self.name),
            _ => self.name.to_owned(),
        }
    }

    pub fn mismatch(&self, value: &Value, wanted: &str) -> DecodeError {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let field = self.path();
        let reason = if field.is_empty() {
            format!("json: cannot unmarshal {found} into Go value of type {wanted}")
        } else {
            format!(
                "json: cannot unmarshal {found} into Go struct field {}.{field} of type {wanted}",
                self.root
            )
        };
        DecodeError { field, reason }
    }

    pub fn unknown(&self, name: &str) -> DecodeError {
        let path = self.path();
        let field = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        };
        DecodeError {
            field,
            reason: format!("json: unknown field \"{name}\""),
        }
    }
}

/// A type that a JSON value can be read into. Null leaves the default.
pub(crate) trait Decode: Sized + Default {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError>;
}

impl Decode for String {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) if place.lenient => Ok(number_text(number)),
            Value::Bool(value) if place.lenient => Ok(value.to_string()),
            other => Err(place.mismatch(other, "string")),
        }
    }
}

/// Go prints floats with the precision of 32 bits here.
fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() => format_float(value, FloatPrecision::Single),
        _ => number.to_string(),
    }
}

impl Decode for bool {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(false),
            Value::Bool(value) => Ok(*value),
            other => Err(place.mismatch(other, "bool")),
        }
    }
}

impl Decode for i64 {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(0),
            Value::Number(number) => number.as_i64().ok_or_else(|| place.mismatch(value, "int64")),
            other => Err(place.mismatch(other, "int64")),
        }
    }
}

impl Decode for Value {
    fn decode(value: &Value, _place: &Place<'_>) -> Result<Self, DecodeError> {
        Ok(value.clone())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        if value.is_null() {
            Ok(None)
        } else {
            T::decode(value, place).map(Some)
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => items.iter().map(|item| T::decode(item, place)).collect(),
            other => Err(place.mismatch(other, "[]")),
        }
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(BTreeMap::new()),
            Value::Object(map) => map
                .iter()
                .map(|(key, item)| Ok((key.clone(), T::decode(item, place)?)))
                .collect(),
            other => Err(place.mismatch(other, "map[string]string")),
        }
    }
}

/// Position of a field's name among the known ones: exact, or regardless of case.
pub(crate) fn field_position(name: &str, known: &[&str]) -> Option<usize> {
    known
        .iter()
        .position(|field| *field == name)
        .or_else(|| known.iter().position(|field| field.eq_ignore_ascii_case(name)))
}

/// Defines a record and reads it from an object. Fields are written `rust_name: Type = "jsonName"`. Fields that Go embeds
/// from another type are named behind `embeds`: those are never read leniently.
macro_rules! record {
    (
        $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal),* $(,)? }
        $(embeds [$($embedded:literal),*])?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::kustomization::decode::Decode for $name {
            fn decode(
                value: &serde_json::Value,
                place: &$crate::kustomization::decode::Place<'_>,
            ) -> Result<Self, $crate::kustomization::decode::DecodeError> {
                use $crate::kustomization::decode::{Decode, field_position};
                let mut out = Self::default();
                let map = match value {
                    serde_json::Value::Null => return Ok(out),
                    serde_json::Value::Object(map) => map,
                    other => return Err(place.mismatch(other, concat!("types.", stringify!($name)))),
                };
                const KEYS: &[&str] = &[$($key),*];
                for (name, item) in map {
                    let Some(at) = field_position(name, KEYS) else {
                        if place.strict {
                            return Err(place.unknown(name));
                        }
                        continue;
                    };
                    #[allow(unused_mut)]
                    let mut inner = place.field(KEYS[at]);
                    $(inner.lenient &= !matches!(KEYS[at], $($embedded)|*);)?
                    $(if KEYS[at] == $key {
                        if !item.is_null() {
                            out.$field = Decode::decode(item, &inner)?;
                        }
                        continue;
                    })*
                }
                Ok(out)
            }
        }
    };
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    record!(
        /// Inner.
        Inner {
            /// Count.
            count: i64 = "count",
        }
    );
    record!(
        /// Lenient.
        Lenient {
            /// Text.
            text: String = "text",
            /// Texts.
            texts: BTreeMap<String, String> = "texts",
            /// Embedded.
            kind: String = "kind",
        }
        embeds ["kind"]
    );
    record!(
        /// Outer.
        Outer {
            /// Name.
            name: String = "name",
            /// List.
            list: Vec<Inner> = "theList",
        }
    );

    #[test]
    fn reads_names_regardless_of_case() {
        let place = Place::root("Outer", true);
        let outer =
            Outer::decode(&json!({"NAME": "x", "thelist": [{"count": 2}, null]}), &place).expect("fits");
        assert_eq!(outer.name, "x");
        assert_eq!(outer.list, [Inner { count: 2 }, Inner { count: 0 }]);
    }

    #[test]
    fn numbers_are_text_where_that_is_wanted() {
        let strict = Place::root("Lenient", true);
        let value = json!({"text": 0.1, "texts": {"a": true, "b": 1e21, "c": 7}});
        assert!(Lenient::decode(&value, &strict).is_err());
        let read = Lenient::decode(&value, &strict.lenient()).expect("text");
        assert_eq!(read.text, "0.1");
        assert_eq!(
            read.texts.into_values().collect::<Vec<_>>(),
            ["true", "1e+21", "7"]
        );
        assert!(Lenient::decode(&json!({"kind": 1}), &strict.lenient()).is_err());
    }

    #[test]
    fn names_what_does_not_fit() {
        let place = Place::root("Outer", true);
        let error = Outer::decode(&json!({"theList": [{"count": "x"}]}), &place).expect_err("a string");
        assert_eq!(
            error.reason,
            "json: cannot unmarshal string into Go struct field Outer.theList.count of type int64"
        );
        let error = Outer::decode(&json!({"nope": 1}), &place).expect_err("unknown");
        assert_eq!(error.reason, "json: unknown field \"nope\"");
        assert!(Outer::decode(&json!({"nope": 1}), &Place::root("Outer", false)).is_ok());
    }
}
